import { join } from 'node:path';
import { z } from 'zod';
import type { Journal } from '../../journal/journal';
import { deviceIdentity, isSameDevice, withMarks, type DeviceIdentity } from '../../protocol/device-identity';
import { newDevice, type NewDevice } from '../../protocol/found-device';
import { LIMITS } from '../../protocol/limits';
import { instant, toInstant } from '../../protocol/names';
import { parseJson } from '../../protocol/parse-json';
import { ProblemError } from '../../protocol/problems';
import { announcementExcess } from '../channel/announcement';
import type { Device, DiscoverySettings } from '../configuration/configuration';
import type { DeviceList } from '../configuration/device-list';
import type { KnownIdentities } from '../device/known-identities';
import { readState, replaceDurably } from '../durable-file';
import { deviceAt } from './device-at';
import type { FoundDevices, StoredFound } from './found-devices';
import { foundServices, type Sighting } from './sighting';

const FILE = 'taken-in-devices.json';
const storedDevice = newDevice.extend({
  foundId: z.uuid(),
  address: z.ipv4(),
  services: foundServices,
  identity: deviceIdentity,
  model: z.string().max(200),
  takenInAt: instant,
});
export type TakenInDevice = z.infer<typeof storedDevice>;
const stored = z.object({ version: z.literal(1), devices: z.array(storedDevice).max(LIMITS.DEVICES_PER_AGENT) });

export interface TakenInDevicesOptions {
  readonly devices: DeviceList;
  readonly found: FoundDevices;
  readonly known: KnownIdentities;
  /** undefined: the owner permits nothing. */
  readonly settings: DiscoverySettings | undefined;
  /** Whether the owner lets this agent contact an address. */
  readonly mayContact: (address: string) => boolean;
  /** What answers at an address now. */
  readonly probe: (address: string, services: Sighting['services']) => Promise<Sighting | undefined>;
  readonly onAdded: (device: Device) => void;
  readonly onRemoved: (deviceId: string) => void;
  /** The agent's state folder. */
  readonly folder: string;
  readonly journal: Journal;
}

/**
 * Found devices that an administrator of the server has made devices of this agent, in the state folder. The configuration
 * bounds them: what it does not permit (any more) is not served. Nothing is served before it is on disk.
 */
export class TakenInDevices {
  #all: readonly TakenInDevice[] = [];
  /** IDs in the configuration. */
  readonly #configured: ReadonlySet<string>;
  /** One change after the other. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(private readonly options: TakenInDevicesOptions) {
    this.#configured = new Set(options.devices.all.map(({ id }) => id));
  }

  /** Adds those that the configuration permits to the devices of the agent. @throws the error of the file system */
  async load(): Promise<void> {
    const { journal } = this.options;
    const text = await readState(this.#file);
    const { data } = stored.safeParse(parseJson(text ?? '{"version":1,"devices":[]}'));
    // not replaced: without it, devices would silently disappear
    if (!data)
      throw new Error(`${this.#file} cannot be read: repair it, or remove it to have the devices taken in again`);
    this.#all = data.devices;
    for (const each of data.devices) {
      const reason = this.refusalOf(each);
      if (reason === undefined) this.options.onAdded(this.#deviceOf(each));
      else journal.warn('a device that was taken in is not served', { deviceId: each.deviceId, detail: reason });
    }
  }

  get all(): readonly TakenInDevice[] {
    return this.#all;
  }

  /** Why the configuration does not permit a device; undefined: it does. */
  refusalOf({ deviceId, address }: Pick<TakenInDevice, 'deviceId' | 'address'>): string | undefined {
    const { settings, mayContact, devices } = this.options;
    if (!settings?.takeIn) return 'the owner does not permit that devices are taken in ("takeIn" in "discovery")';
    if (!mayContact(address)) return 'its address is not in the ranges of the owner, or is one of this computer';
    if (this.#configured.has(deviceId)) return `the configuration of this agent has a device ${deviceId}`;
    const others = devices.all.filter(({ id }) => id !== deviceId);
    if (others.some((each) => each.ipp?.host === address || each.snmp?.host === address))
      return 'a device of this agent has its address';
    if (others.length >= LIMITS.DEVICES_PER_AGENT) return `this agent has ${others.length} devices already`;
    return undefined;
  }

  /** @throws ProblemError not-found, wrong-state, conflict; the error of the file system */
  takeIn(wanted: NewDevice & { foundId: string }): Promise<void> {
    return this.#queued(() => this.#takeIn(wanted));
  }

  /** @returns false if there is no such device */
  remove(deviceId: string): Promise<boolean> {
    return this.#queued(async () => {
      const left = this.#all.filter((each) => each.deviceId !== deviceId);
      if (left.length === this.#all.length) return false;
      await this.#save(left);
      await this.options.known.forget(deviceId);
      this.options.onRemoved(deviceId);
      this.options.journal.info('a device that was taken in is removed', { deviceId });
      return true;
    });
  }

  async #takeIn({ foundId, ...wanted }: NewDevice & { foundId: string }): Promise<void> {
    const { found, known, journal, onAdded } = this.options;
    const { deviceId } = wanted;
    const before = this.#all.find((each) => each.foundId === foundId);
    if (before?.deviceId === deviceId) return; // repeated, because the answer was lost
    const device = found.find(foundId);
    if (before ?? !device) throw new ProblemError('not-found', 'this device was taken in, or is not found any more');
    if (this.#all.some((each) => each.deviceId === deviceId))
      throw new ProblemError('wrong-state', `this agent has taken in a device ${deviceId} already`);
    const reason = this.refusalOf({ deviceId, address: device.address });
    if (reason !== undefined) throw new ProblemError('wrong-state', reason);
    const seen = await this.#verified(device);
    const taken: TakenInDevice = {
      ...wanted,
      ...{ foundId, address: seen.address, services: seen.services, identity: seen.identity },
      ...{ model: seen.model || device.model, takenInAt: toInstant(Date.now()) },
    };
    const added = this.#deviceOf(taken);
    if (announcementExcess([...this.options.devices.all, added]) > 0)
      throw new ProblemError('too-large', 'the announcement of this agent would be too large: use a second agent');
    await known.replace(deviceId, seen.identity);
    await this.#save([...this.#all, taken]);
    onAdded(added);
    found.forget(({ id }) => id === foundId);
    await found
      .save()
      .catch((error: Error) => journal.error('the found devices cannot be stored', { detail: error.message }));
    journal.info('a found device is taken in', { deviceId, address: taken.address });
  }

  /** Reads the device at its address, which has to answer there with its marks. @throws ProblemError */
  async #verified(device: StoredFound): Promise<Sighting> {
    const { probe, devices, known } = this.options;
    const seen = await probe(device.address, device.services);
    if (!seen)
      throw new ProblemError('wrong-state', 'no printer answers at its address now; switch it on and try again');
    if (isOther(device.identity, seen.identity))
      throw new ProblemError('wrong-state', 'another device answers at its address now');
    const identity = withMarks(seen.identity, device.identity) ?? seen.identity;
    for (const { id, serialNumber } of devices.all) {
      const learnt = await known.of(id);
      if (isSameDevice({ ...learnt, serialNumber: serialNumber || learnt.serialNumber }, identity))
        throw new ProblemError('wrong-state', `it is the device ${id} of this agent`);
    }
    return { ...seen, identity };
  }

  #deviceOf({ deviceId: id, name, kind, location, model, identity, address, services }: TakenInDevice): Device {
    const { settings } = this.options;
    // not its serial number: as for other devices, an administrator can accept another one in its place
    const named = { id, name, kind, location, model: model || identity.model, serialNumber: '' };
    return deviceAt({ address, services }, named, settings!);
  }

  async #save(devices: readonly TakenInDevice[]): Promise<void> {
    await replaceDurably(this.#file, JSON.stringify({ version: 1, devices }, undefined, 2));
    this.#all = devices;
  }

  #queued<T>(run: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(run);
    this.#turn = done.catch(() => undefined);
    return done;
  }

  get #file(): string {
    return join(this.options.folder, FILE);
  }
}

/** Whether what answers is known to be another device than the found one. */
const isOther = (one: DeviceIdentity, other: DeviceIdentity): boolean =>
  (['serialNumber', 'uuid', 'mac'] as const).some((mark) => one[mark] !== '' && other[mark] !== '') &&
  !isSameDevice(one, other);
