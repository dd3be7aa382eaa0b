import { differenceOf, UNIDENTIFIED, withMarks, type DeviceIdentity } from '../../protocol/device-identity';
import {
  PROTOCOLS,
  type DeviceInformation,
  type DeviceProblem,
  type DeviceProtocol,
} from '../../protocol/device-information';
import type { SettingName } from '../../protocol/device-settings';
import type { Operation } from '../../protocol/maintenance';
import {
  DeviceRefused,
  DeviceUnreachable,
  OperationUnsupported,
  type DeviceAccess,
  type PastAlert,
} from './device-access';
import {
  mergedSettings,
  type KnownSetting,
  type NewSettings,
  type SettingRefusals,
  type SettingsAccess,
} from './known-setting';
import { mergeReadings, type Reading } from './information-precedence';
import { UNREPORTED, type Readiness } from './readiness';

/** One protocol in which a device is read. */
export interface InformationAccess {
  /** From the latest answer. */
  readonly identity: DeviceIdentity;
  /** Of the latest answer: counters from the objects of the vendor. */
  readonly vendorCounters?: ReadonlySet<string>;
  readonly alertHistory?: readonly PastAlert[];
  /** @throws DeviceUnreachable, DeviceRefused */
  information(signal?: AbortSignal): Promise<DeviceInformation>;
}

export interface DeviceSources {
  readonly ipp?: DeviceAccess & InformationAccess;
  readonly snmp?: InformationAccess & SettingsAccess;
  /** Both have the same address, so they are of one device, whatever serial numbers they report. */
  readonly shareAddress?: boolean;
}

type Answer =
  (Reading & { readonly identity: DeviceIdentity }) | { readonly source: DeviceProtocol; readonly failure: Error };
type Read = Exclude<Answer, { readonly failure: Error }>;

/** A device that is read in IPP, SNMP or both. Everything but its information needs IPP. */
export class MergedDevice implements DeviceAccess {
  identity: DeviceIdentity = UNIDENTIFIED;
  /** Protocols that gave the latest information: those that another device answers in are not among them. */
  private answered: readonly DeviceProtocol[] = [];

  /** @param operations that the configuration permits */
  constructor(
    private readonly sources: DeviceSources,
    readonly operations: readonly Operation[],
  ) {}

  get readiness(): Readiness {
    return this.sources.ipp?.readiness ?? UNREPORTED;
  }

  get alertHistory(): readonly PastAlert[] {
    return (this.answered.includes('snmp') && this.sources.snmp?.alertHistory) || [];
  }

  /**
   * Reads both protocols at the same time; one that fails is named in `unanswered`.
   * @throws DeviceUnreachable, DeviceRefused: that of IPP, if neither can be used
   */
  async information(signal?: AbortSignal): Promise<DeviceInformation> {
    const { ipp, snmp } = this.sources;
    this.answered = [];
    const [byIpp, bySnmp] = await Promise.all([
      ipp && answerOf('ipp', ipp, signal),
      snmp && answerOf('snmp', snmp, signal),
    ]);
    if (byIpp && bySnmp) return this.together(byIpp, bySnmp);
    const only = byIpp ?? bySnmp;
    if (!only) throw new OperationUnsupported('the configuration has neither "ipp" nor "snmp" for the device');
    if (isFailed(only)) throw only.failure;
    this.identity = only.identity;
    return this.merged([only]);
  }

  private together(byIpp: Answer, bySnmp: Answer): DeviceInformation {
    if (isFailed(byIpp)) {
      // without a mark, it could be another device that answers
      if (isFailed(bySnmp) || !(bySnmp.identity.serialNumber || bySnmp.identity.mac)) throw byIpp.failure;
      this.identity = bySnmp.identity;
      return { ...this.merged([bySnmp]), unanswered: { protocol: 'ipp', ...problemOf(byIpp.failure) } };
    }
    const other = isFailed(bySnmp) ? bySnmp : this.ofOneDevice(byIpp, bySnmp);
    if (isFailed(other)) {
      this.identity = byIpp.identity;
      return { ...this.merged([byIpp]), unanswered: { protocol: 'snmp', ...problemOf(other.failure) } };
    }
    this.identity = withMarks(byIpp.identity, other.identity) ?? byIpp.identity;
    return this.merged([byIpp, other]);
  }

  private merged(readings: readonly Read[]): DeviceInformation {
    this.answered = readings.map(({ source }) => source);
    return mergeReadings(readings);
  }

  /** In the protocols of the latest information, because in another one another device may answer. */
  async settings(signal?: AbortSignal): Promise<readonly KnownSetting[]> {
    const [byIpp, bySnmp] = await Promise.all(
      PROTOCOLS.map(async (each) => (await this.answering(each)?.settings(signal)) ?? []),
    );
    return mergedSettings(byIpp!, bySnmp!);
  }

  /** Each in the protocol in which it is known. */
  async setSettings(wanted: NewSettings, signal?: AbortSignal): Promise<SettingRefusals> {
    const known = new Map((await this.settings(signal)).map(({ name, source }) => [name, source]));
    const refusals: [SettingName, string][] = [];
    for (const protocol of PROTOCOLS) {
      const own = wanted.filter(([name]) => known.get(name) === protocol);
      const refused = own.length > 0 ? await this.answering(protocol)?.setSettings(own, signal) : undefined;
      refusals.push(...(refused ?? []));
    }
    return new Map(refusals);
  }

  private answering(protocol: DeviceProtocol): SettingsAccess | undefined {
    return this.answered.includes(protocol) ? this.sources[protocol] : undefined;
  }

  /** Two addresses may belong to two devices, whose counters must not be mixed. */
  private ofOneDevice(byIpp: Read, bySnmp: Read): Answer {
    const isOne = this.sources.shareAddress === true;
    const difference = isOne ? undefined : differenceOf(byIpp.identity, bySnmp.identity, UNIDENTIFIED);
    if (difference === undefined) return bySnmp;
    return { source: 'snmp', failure: new DeviceRefused(`SNMP: ${difference}`, { problem: 'other-device' }) };
  }

  async identify(signal?: AbortSignal): Promise<void> {
    await this.ipp('identify').identify(signal);
  }
  async printTestPage(title: string, signal?: AbortSignal): Promise<void> {
    await this.ipp('test-page').printTestPage(title, signal);
  }
  async restart(signal?: AbortSignal): Promise<void> {
    await this.ipp('restart').restart(signal);
  }
  async sendFirmware(file: string, onSent: (bytes: number) => void, signal?: AbortSignal): Promise<void> {
    await this.ipp('firmware-install').sendFirmware(file, onSent, signal);
  }

  private ipp(operation: Operation): DeviceAccess {
    if (this.sources.ipp) return this.sources.ipp;
    throw new OperationUnsupported(`${operation} requires "ipp" in the configuration of the device`);
  }
}

const isFailed = (answer: Answer): answer is Exclude<Answer, Read> => 'failure' in answer;

async function answerOf(source: DeviceProtocol, access: InformationAccess, signal?: AbortSignal): Promise<Answer> {
  try {
    const information = await access.information(signal);
    return { source, information, identity: access.identity, vendorCounters: access.vendorCounters };
  } catch (error) {
    if (signal?.aborted) throw error;
    if (!(error instanceof DeviceUnreachable || error instanceof DeviceRefused)) throw error;
    return { source, failure: error };
  }
}

/** As `unanswered` has it. */
const problemOf = (failure: Error): { code: DeviceProblem; detail: string } => ({
  code: failure instanceof DeviceRefused ? failure.problem : 'unreachable',
  detail: failure.message.slice(0, 500),
});
