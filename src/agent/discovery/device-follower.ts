import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Journal } from '../../journal/journal';
import { isSameDevice, type DeviceIdentity } from '../../protocol/device-identity';
import type { DeviceInformation } from '../../protocol/device-information';
import { LIMITS } from '../../protocol/limits';
import { deviceId } from '../../protocol/names';
import { parseJson } from '../../protocol/parse-json';
import type { Device } from '../configuration/configuration';
import type { DeviceList } from '../configuration/device-list';
import { answerInTime } from '../device/device-answer';
import type { KnownIdentities } from '../device/known-identities';
import type { InformationAccess } from '../device/merged-device';
import { replaceDurably } from '../durable-file';
import type { DevicePoller } from '../information/device-poller';
import type { AddressRanges } from '../configuration/address-ranges';
import { hostOf, mayBeFollowed, movedTo } from './moved-device';

const FILE = 'device-addresses.json';
const stored = z.object({ devices: z.record(deviceId, z.object({ configured: z.string(), host: z.ipv4() })) });
type Addresses = z.infer<typeof stored>['devices'];

export interface DeviceFollowerOptions {
  readonly devices: DeviceList;
  readonly ranges: AddressRanges;
  readonly known: KnownIdentities;
  readonly poller: Pick<DevicePoller, 'onInformation' | 'poll'>;
  /** Reads what is at the addresses of a device, whichever device that is. */
  readonly read: (device: Device) => InformationAccess;
  /** `isFollowed`: to another address than that of the configuration. */
  readonly onMoved: (device: Device, isFollowed: boolean) => void;
  /** The agent's state folder. */
  readonly folder: string;
  readonly journal: Journal;
  /** Time between two attempts for a device; shorter in tests. */
  readonly pauseMs?: number;
}

/**
 * Follows a device to another address, within the ranges that the owner allows: where the poll of another device has found it,
 * or where it was discovered. It has to answer there with its marks, and no longer at its address.
 */
export class DeviceFollower {
  /** Hosts in the configuration. */
  readonly #configured: Map<string, string | undefined>;
  /** Where a device may be; one for each, the latest. */
  readonly #candidates = new Map<string, string>();
  /** When a device was not found where it was expected. */
  readonly #failed = new Map<string, number>();
  readonly #stopping = new AbortController();
  /** The device that is being looked for. */
  #following: string | undefined;
  /** The last write of the addresses. */
  #saving: Promise<void> = Promise.resolve();

  constructor(private readonly options: DeviceFollowerOptions) {
    const { devices, poller, ranges } = options;
    this.#configured = new Map(devices.all.map((device) => [device.id, hostOf(device)]));
    if (!ranges.isEmpty) poller.onInformation((id, information) => this.#onInformation(id, information));
  }

  /** Moves the devices to where they were when the agent was stopped, if the configuration still allows it. */
  async load(): Promise<void> {
    const text = await readFile(join(this.options.folder, FILE), 'utf8').catch(() => '');
    const { devices = {} } = stored.safeParse(parseJson(text)).data ?? {};
    for (const [id, { configured, host }] of Object.entries(devices)) {
      const device = this.#followable(id, host);
      if (device && this.#configured.get(id) === configured) this.#move(movedTo(device, host));
    }
  }

  /** A device that was added to the list. */
  add(device: Device): void {
    this.#configured.set(device.id, hostOf(device));
  }

  /** A device that was removed from the list. */
  remove(deviceId: string): void {
    this.#configured.delete(deviceId);
    this.#candidates.delete(deviceId);
  }

  /** Resolves when what was followed is stored. */
  stop(): Promise<void> {
    this.#stopping.abort();
    return this.#saving;
  }

  /** A device with these marks answers at this address. */
  async discovered(marks: DeviceIdentity, address: string): Promise<void> {
    for (const { id } of this.options.devices.all)
      if (isSameDevice(await this.options.known.of(id), marks)) this.#consider(id, address);
  }

  #onInformation(id: string, { problem }: DeviceInformation): void {
    if (!problem) this.#candidates.delete(id);
    const device = this.options.devices.find(id);
    const host = device && hostOf(device);
    const other = problem?.otherDevice?.deviceId;
    if (other !== undefined && host !== undefined) this.#consider(other, host);
    if (id === this.#following) return;
    // it may have returned to its first address
    const first = this.#configured.get(id);
    if (problem && first !== undefined && first !== host && !this.#candidates.has(id)) this.#consider(id, first);
    if (this.#candidates.has(id)) this.#run();
  }

  #consider(id: string, address: string): void {
    if (!this.#followable(id, address)) return;
    this.#candidates.set(id, address);
    this.#run();
  }

  #followable(id: string, address: string): Device | undefined {
    const { devices, ranges } = this.options;
    const device = devices.find(id);
    const host = device && hostOf(device);
    const allowed = host !== undefined && host !== address && ranges.includes(host) && ranges.includes(address);
    return allowed && mayBeFollowed(device!) ? device : undefined;
  }

  /** Tries the candidates, one after the other; those that were tried a moment ago wait for a later poll. */
  #run(): void {
    if (this.#following === undefined) void this.#tryAll();
  }

  async #tryAll(): Promise<void> {
    const { pauseMs = LIMITS.FOLLOW_PAUSE_MS } = this.options;
    for (const [id, address] of this.#candidates) {
      if (this.#stopping.signal.aborted) break;
      if (performance.now() < (this.#failed.get(id) ?? -Infinity) + pauseMs) continue;
      this.#candidates.delete(id);
      this.#following = id;
      const isFound = await this.#follow(id, address).catch((error: Error) => {
        this.options.journal.info('a device cannot be followed', { deviceId: id, detail: error.message });
        return false;
      });
      if (isFound) this.#failed.delete(id);
      else this.#failed.set(id, performance.now());
    }
    this.#following = undefined;
  }

  /** @returns whether the device is where it was looked for, or at its address after all */
  async #follow(id: string, address: string): Promise<boolean> {
    const { known, poller, read, journal } = this.options;
    if ((await poller.poll(id)).reached) return true;
    const device = this.#followable(id, address);
    if (!device) return false;
    const moved = movedTo(device, address);
    const there = read(moved);
    await answerInTime(2 * LIMITS.DEVICE_ANSWER_MS, this.#stopping.signal, (signal) => there.information(signal));
    const learnt = await known.of(id);
    const expected = { ...learnt, serialNumber: device.serialNumber || learnt.serialNumber };
    if (!isSameDevice(expected, there.identity) || this.#stopping.signal.aborted) return false;
    this.#move(moved);
    journal.warn('a device has another address now, and is followed', { deviceId: id });
    this.#saving = this.#save();
    await this.#saving;
    await poller.poll(id);
    return true;
  }

  #move(device: Device): void {
    this.options.devices.replace(device);
    this.options.onMoved(device, hostOf(device) !== this.#configured.get(device.id));
  }

  async #save(): Promise<void> {
    const { devices, folder, journal } = this.options;
    const moved = devices.all.flatMap((device): [string, Addresses[string]][] => {
      const [configured, host] = [this.#configured.get(device.id), hostOf(device)];
      return configured !== undefined && host !== undefined && host !== configured
        ? [[device.id, { configured, host }]]
        : [];
    });
    try {
      await mkdir(folder, { recursive: true });
      await replaceDurably(join(folder, FILE), JSON.stringify({ devices: Object.fromEntries(moved) }, undefined, 2));
    } catch (error) {
      journal.error('the address of a device cannot be stored', { detail: (error as Error).message });
    }
  }
}
