import { attributesOf, type IppAttributes } from '../../ipp/ipp-message';
import { UNIDENTIFIED, type DeviceIdentity } from '../../protocol/device-identity';
import type { DeviceInformation } from '../../protocol/device-information';
import type { SettingName } from '../../protocol/device-settings';
import type { Operation } from '../../protocol/maintenance';
import type { Device } from '../configuration/configuration';
import { DeviceRefused, OperationUnsupported, type DeviceAccess } from './device-access';
import { cleanLine, stringsOf } from './attribute-text';
import { INFORMATION_ATTRIBUTES, informationOf } from './information';
import { IDENTITY_ATTRIBUTES, identityOf } from './identity';
import { HttpLogin } from './http-login';
import { IppClient } from './ipp-client';
import { ippAttributeFor, ippSettingsIn, SETTING_ATTRIBUTES } from './ipp-settings';
import type { KnownSetting, NewSettings, SettingRefusals } from './known-setting';
import { READINESS_ATTRIBUTES, readinessOf, UNREPORTED, type Readiness } from './readiness';
import { RASTER_TYPES } from './pwg-raster';
import { sendHttp, sendRaw } from './send-firmware';
import { TEST_PAGE_ATTRIBUTES, TEST_PAGE_FORMATS, testPageFor } from './test-page';

/** Maintenance access by IPP; firmware is sent to its configured address. */
export class IppDevice implements DeviceAccess {
  readonly operations: readonly Operation[];
  readiness: Readiness = UNREPORTED;
  /** From the latest answer to `information`. */
  identity: DeviceIdentity = UNIDENTIFIED;
  private readonly client: IppClient | undefined;
  private readonly login: HttpLogin | undefined;
  /** The device failed when it was asked for all information at once. */
  private failsAtAll = false;

  constructor(private readonly device: Device) {
    this.operations = device.operations;
    this.login = device.login && new HttpLogin(device.login);
    this.client = device.ipp && new IppClient(device.ipp, this.login);
  }

  /** Also throws OperationUnsupported if the configuration has no `ipp`. */
  async information(signal?: AbortSignal): Promise<DeviceInformation> {
    const parts = [...INFORMATION_ATTRIBUTES, IDENTITY_ATTRIBUTES, READINESS_ATTRIBUTES];
    const attributes = await this.inParts(parts, signal);
    this.readiness = readinessOf(attributes);
    const information = informationOf(attributes);
    this.identity = identityOf(attributes, information.serialNumber);
    return this.device.ipp?.weakTls ? { ...information, weakTls: true } : information;
  }

  /** Identify-Printer (PWG 5100.13), in the device's own way. */
  async identify(signal?: AbortSignal): Promise<void> {
    await this.printer().printer('Identify-Printer', {}, signal);
  }

  async printTestPage(title: string, signal?: AbortSignal): Promise<void> {
    const printer = await this.attributes(TEST_PAGE_ATTRIBUTES, signal);
    const page = testPageFor(printer, { title, device: this.device.name, at: new Date() });
    if (!page) throw new DeviceRefused(noFormat(printer));
    const attributes = [
      ['name', 'job-name', cleanLine(title, 100)],
      ['mimeMediaType', 'document-format', page.format],
    ] as const;
    await this.printer().printer('Print-Job', { attributes, data: page.data }, signal);
  }

  /** Restart-Printer (RFC 3998) or, if the printer does not support it, Restart-System (PWG 5100.22). */
  async restart(signal?: AbortSignal): Promise<void> {
    try {
      await this.printer().printer('Restart-Printer', {}, signal);
    } catch (error) {
      if (!(error instanceof OperationUnsupported) || !this.client) throw error;
      await this.client.system('Restart-System', signal);
    }
  }

  async sendFirmware(file: string, onSent: (bytes: number) => void, signal?: AbortSignal): Promise<void> {
    const { firmware } = this.device;
    if (!firmware) throw new OperationUnsupported('the configuration has no "firmware" for the device');
    await (firmware.kind === 'raw'
      ? sendRaw(firmware, file, onSent, signal)
      : sendHttp(firmware, file, onSent, signal, { login: this.login }));
  }

  async settings(signal?: AbortSignal): Promise<readonly KnownSetting[]> {
    return ippSettingsIn(await this.inParts(SETTING_ATTRIBUTES, signal));
  }

  /** Set-Printer-Attributes (RFC 3380), which sets all attributes of a request or none of them. */
  async setSettings(wanted: NewSettings, signal?: AbortSignal): Promise<SettingRefusals> {
    const refusals = new Map<SettingName, string>();
    for (const [name, value] of wanted) {
      try {
        const printer = [ippAttributeFor(name, value)];
        await this.printer().printer('Set-Printer-Attributes', { printer }, signal);
      } catch (error) {
        if (!(error instanceof DeviceRefused) || error.problem !== 'refused') throw error;
        refusals.set(name, error.message);
      }
    }
    return refusals;
  }

  /** Whether the device has asked for the login and accepted it. @throws LoginRefused, or as `information` */
  async checkLogin(): Promise<boolean> {
    await this.information();
    return this.login?.accepted === true;
  }

  /** Asks for all at once; if the device fails at that, part by part, without the parts that it fails at. */
  private async inParts(parts: readonly (readonly string[])[], signal?: AbortSignal): Promise<IppAttributes> {
    const failures: unknown[] = [];
    const tryFor = (names: readonly string[]) =>
      this.attributes(names, signal).catch((error: unknown) => {
        if (!(error instanceof DeviceRefused && error.mayAnswerLess)) throw error;
        failures.push(error);
        return undefined;
      });
    const all = this.failsAtAll ? undefined : await tryFor(parts.flat());
    if (all) return all;
    const answers: IppAttributes[] = [];
    for (const part of parts) answers.push((await tryFor(part)) ?? new Map());
    if (answers.every(({ size }) => size === 0) && failures.length > 0) throw failures[0];
    this.failsAtAll = true;
    return new Map(answers.flatMap((answer) => [...answer]));
  }

  private async attributes(names: readonly string[], signal?: AbortSignal): Promise<IppAttributes> {
    const attributes = [['keyword', 'requested-attributes', names]] as const;
    return attributesOf(await this.printer().printer('Get-Printer-Attributes', { attributes }, signal), 'printer');
  }

  private printer(): IppClient {
    if (this.client) return this.client;
    throw new OperationUnsupported('the configuration has no "ipp" for the device');
  }
}

function noFormat(printer: IppAttributes): string {
  const supported = ['document-format-supported', 'pwg-raster-document-type-supported'].flatMap((name) =>
    stringsOf(printer, name),
  );
  const formats = cleanLine(supported.join(', '), 200) || 'no formats';
  return `the device prints ${formats}, but a test page is ${TEST_PAGE_FORMATS.join(' or ')} (${RASTER_TYPES.join(', ')})`;
}
