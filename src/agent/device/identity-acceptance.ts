import type { Journal } from '../../journal/journal';
import { acceptIdentity } from '../../protocol/control-channel';
import { hasSameMarks, isSameDevice, UNIDENTIFIED, type DeviceIdentity } from '../../protocol/device-identity';
import { ProblemError } from '../../protocol/problems';
import type { ControlChannel } from '../channel/control-channel';
import type { Device } from '../configuration/configuration';
import type { DevicePoller } from '../information/device-poller';
import type { KnownIdentities } from './known-identities';

export interface IdentityAcceptanceOptions {
  readonly devices: readonly Pick<Device, 'id' | 'serialNumber'>[];
  readonly known: KnownIdentities;
  readonly poller: Pick<DevicePoller, 'known' | 'poll'>;
  readonly channel: Pick<ControlChannel, 'handle'>;
  readonly journal: Journal;
}

/**
 * An administrator of the server has decided that what answers at the address of a device is this device from now on. It has
 * to be what this agent has found there, and the serial number in the configuration stays with the owner.
 */
export class IdentityAcceptance {
  constructor(private readonly options: IdentityAcceptanceOptions) {
    options.channel.handle(acceptIdentity, ({ deviceId, identity }) => this.#accept(deviceId, identity));
  }

  async #accept(deviceId: string, identity: DeviceIdentity): Promise<Record<string, never>> {
    const { devices, known, poller, journal } = this.options;
    const device = devices.find(({ id }) => id === deviceId);
    if (!device) throw new ProblemError('unknown-device', 'this agent does not have the device');
    await poller.poll(deviceId);
    const { reached, problem, identity: present = UNIDENTIFIED } = poller.known(deviceId);
    // the owner may have accepted it here before
    if (reached && isSameDevice(present, identity)) return {};
    const found = problem?.otherDevice?.found;
    if (!found || !hasSameMarks(found, identity))
      throw new ProblemError('wrong-state', 'another device than that one answers now, or none');
    if (device.serialNumber !== '')
      throw new ProblemError(
        'wrong-state',
        `the configuration of the agent expects the serial number "${device.serialNumber}": its owner has to correct "serialNumber" there`,
      );
    await known.replace(deviceId, found);
    journal.warn('another device is accepted by an administrator of the server', { deviceId, ...found });
    await poller.poll(deviceId);
    return {};
  }
}
