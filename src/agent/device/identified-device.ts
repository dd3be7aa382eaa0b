import { differenceOf, withMarks, type DeviceIdentity } from '../../protocol/device-identity';
import type { DeviceInformation } from '../../protocol/device-information';
import type { Operation } from '../../protocol/maintenance';
import { OtherDeviceAnswers, type DeviceAccess } from './device-access';
import type { KnownIdentities } from './known-identities';
import type { Readiness } from './readiness';

/**
 * A device that is compared with the one that its agent knows, at each answer and before each operation: after a change of
 * addresses, another device may be at its address.
 */
export class IdentifiedDevice implements DeviceAccess {
  constructor(
    private readonly inner: DeviceAccess & { readonly identity: DeviceIdentity },
    private readonly device: { readonly id: string; readonly serialNumber: string },
    private readonly known: KnownIdentities,
  ) {}

  get operations(): readonly Operation[] {
    return this.inner.operations;
  }
  get readiness(): Readiness {
    return this.inner.readiness;
  }

  /** Also throws OtherDeviceAnswers, as do all others. */
  async information(signal?: AbortSignal): Promise<DeviceInformation> {
    const information = await this.inner.information(signal);
    return { ...information, identity: await this.check(this.inner.identity) };
  }
  async identify(signal?: AbortSignal): Promise<void> {
    await this.information(signal);
    await this.inner.identify(signal);
  }
  async printTestPage(title: string, signal?: AbortSignal): Promise<void> {
    await this.information(signal);
    await this.inner.printTestPage(title, signal);
  }
  async restart(signal?: AbortSignal): Promise<void> {
    await this.information(signal);
    await this.inner.restart(signal);
  }
  async sendFirmware(file: string, onSent: (bytes: number) => void, signal?: AbortSignal): Promise<void> {
    await this.information(signal);
    await this.inner.sendFirmware(file, onSent, signal);
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
    const text = deviceId === undefined ? difference : `${difference}; it is the device ${deviceId} of this agent`;
    return new OtherDeviceAnswers(text, { expected, found, ...(deviceId !== undefined && { deviceId }) });
  }
}
