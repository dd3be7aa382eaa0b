import { differenceOf, withMarks, type DeviceIdentity } from '../../protocol/device-identity';
import type { DeviceInformation } from '../../protocol/device-information';
import type { Operation } from '../../protocol/maintenance';
import { OtherDeviceAnswers, type DeviceAccess, type PastAlert } from './device-access';
import type { KnownIdentities } from './known-identities';
import type { KnownSetting, NewSettings, SettingRefusals } from './known-setting';
import type { Readiness } from './readiness';

/**
 * A device that is compared with the one that its agent knows, at each answer and before each operation: after a change of
 * addresses, another device may be at its address.
 */
export class IdentifiedDevice implements DeviceAccess {
  private isFollowed = false;
  alertHistory: readonly PastAlert[] = [];

  constructor(
    private inner: DeviceAccess & { readonly identity: DeviceIdentity },
    private readonly device: { readonly id: string; readonly serialNumber: string },
    private readonly known: KnownIdentities,
  ) {}

  /** It is at another address from now on. @param isFollowed another one than that of the configuration */
  moveTo(inner: DeviceAccess & { readonly identity: DeviceIdentity }, isFollowed: boolean): void {
    this.inner = inner;
    this.isFollowed = isFollowed;
  }

  get operations(): readonly Operation[] {
    return this.inner.operations;
  }
  get readiness(): Readiness {
    return this.inner.readiness;
  }

  /** Also throws OtherDeviceAnswers, as do all others. */
  async information(signal?: AbortSignal): Promise<DeviceInformation> {
    return (await this.verified(signal)).information;
  }
  async identify(signal?: AbortSignal): Promise<void> {
    await (await this.verified(signal)).device.identify(signal);
  }
  async printTestPage(title: string, signal?: AbortSignal): Promise<void> {
    await (await this.verified(signal)).device.printTestPage(title, signal);
  }
  async restart(signal?: AbortSignal): Promise<void> {
    await (await this.verified(signal)).device.restart(signal);
  }
  async sendFirmware(file: string, onSent: (bytes: number) => void, signal?: AbortSignal): Promise<void> {
    await (await this.verified(signal)).device.sendFirmware(file, onSent, signal);
  }
  async settings(signal?: AbortSignal): Promise<readonly KnownSetting[]> {
    return (await this.verified(signal)).device.settings(signal);
  }
  async setSettings(wanted: NewSettings, signal?: AbortSignal): Promise<SettingRefusals> {
    return (await this.verified(signal)).device.setSettings(wanted, signal);
  }

  /** `device`: the one that was compared, even if this one is moved meanwhile. */
  private async verified(signal?: AbortSignal): Promise<{ device: DeviceAccess; information: DeviceInformation }> {
    const { inner: device, isFollowed } = this;
    this.alertHistory = [];
    const information = await device.information(signal);
    const identity = await this.check(device.identity);
    this.alertHistory = device.alertHistory ?? [];
    return { device, information: { ...information, identity, ...(isFollowed && { followed: true as const }) } };
  }

  /** @returns the marks of the device: those that were found, and those that only an earlier answer had */
  private async check(found: DeviceIdentity): Promise<DeviceIdentity> {
    let { expected, difference } = await this.compared(found);
    if (difference !== undefined) {
      this.known.reload();
      ({ expected, difference } = await this.compared(found));
    }
    if (difference !== undefined) throw await this.otherDevice(difference, expected, found);
    await this.known.learn(this.device.id, found);
    return withMarks(found, expected) ?? found;
  }

  /** The serial number in the configuration outweighs what was learnt. */
  private async compared(found: DeviceIdentity): Promise<{ expected: DeviceIdentity; difference: string | undefined }> {
    const { id, serialNumber } = this.device;
    const learnt = await this.known.of(id);
    const expected = { ...learnt, serialNumber: serialNumber || learnt.serialNumber };
    return { expected, difference: differenceOf(expected, found, learnt) };
  }

  private async otherDevice(
    difference: string,
    expected: DeviceIdentity,
    found: DeviceIdentity,
  ): Promise<OtherDeviceAnswers> {
    const deviceId = await this.known.otherWith(found, this.device.id);
    return new OtherDeviceAnswers(difference, { expected, found, ...(deviceId !== undefined && { deviceId }) });
  }
}
