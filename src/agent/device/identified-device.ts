import type { DeviceInformation } from '../../protocol/device-information';
import type { Operation } from '../../protocol/maintenance';
import { DeviceRefused, type DeviceAccess } from './device-access';
import { differenceOf, type DeviceIdentity } from './identity';
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

  /** Also throws DeviceRefused with the problem `other-device`, as do all others. */
  async information(signal?: AbortSignal): Promise<DeviceInformation> {
    const information = await this.inner.information(signal);
    await this.check(this.inner.identity);
    return information;
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

  private async check(found: DeviceIdentity): Promise<void> {
    let difference = await this.difference(found);
    if (difference !== undefined) {
      this.known.reload();
      difference = await this.difference(found);
    }
    if (difference !== undefined) throw new DeviceRefused(difference, { problem: 'other-device' });
    await this.known.learn(this.device.id, found);
  }

  /** The serial number in the configuration outweighs what was learnt. */
  private async difference(found: DeviceIdentity): Promise<string | undefined> {
    const { id, serialNumber } = this.device;
    const learnt = await this.known.of(id);
    return differenceOf({ ...learnt, serialNumber: serialNumber || learnt.serialNumber }, found, learnt);
  }
}
