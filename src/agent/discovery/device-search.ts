import type { Journal } from '../../journal/journal';
import { isSameDevice } from '../../protocol/device-identity';
import { LIMITS } from '../../protocol/limits';
import { jittered, timerMs } from '../../protocol/waits';
import type { AddressRanges } from '../configuration/address-ranges';
import type { DiscoverySettings } from '../configuration/configuration';
import type { DeviceList } from '../configuration/device-list';
import type { KnownIdentities } from '../device/known-identities';
import type { DeviceFollower } from './device-follower';
import type { FoundDevices } from './found-devices';
import { hostOf } from './moved-device';
import type { ProbeTimes } from './probe-times';
import type { Sighting } from './sighting';

/** Between two looks for addresses whose interval is over. */
const LOOK_MS = 60_000;

export interface DeviceSearchOptions {
  readonly settings: Pick<DiscoverySettings, 'probe' | 'dnsSd'>;
  readonly ranges: Pick<AddressRanges, 'addresses'>;
  readonly mayContact: (address: string) => boolean;
  readonly devices: DeviceList;
  readonly known: KnownIdentities;
  readonly follower: Pick<DeviceFollower, 'discovered'>;
  readonly found: FoundDevices;
  readonly times: ProbeTimes;
  readonly probe: (address: string) => Promise<Sighting | undefined>;
  readonly browse: () => Promise<Sighting[]>;
  readonly journal: Journal;
}

/**
 * Looks for devices that the agent does not have: listens for DNS-SD every DNS_SD_INTERVAL_MS, and probes each address of
 * the owner's ranges, PROBES_AT_ONCE at a time, when its interval is over. Addresses of the agent's devices are not probed.
 */
export class DeviceSearch {
  readonly #listeners: (() => void)[] = [];
  readonly #timers = new Map<'probe' | 'dnsSd', NodeJS.Timeout>();
  readonly #stopping = new AbortController();
  #isBrowsingRefused = false;

  constructor(private readonly options: DeviceSearchOptions) {}

  /** The listener is called when the found devices have changed, and are stored. */
  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** @param spread of the first looks; agents that start together must not all look at once */
  async start(spread = { least: 0, most: 1 }): Promise<void> {
    const { found, times, ranges, settings } = this.options;
    await found.load();
    await this.forgetKnown();
    await times.load(ranges.addresses);
    const firstMs = jittered(LOOK_MS / 2, spread);
    if (settings.dnsSd) this.#after('dnsSd', firstMs);
    if (settings.probe) this.#after('probe', firstMs);
  }

  stop(): void {
    this.#stopping.abort();
    for (const timer of this.#timers.values()) clearTimeout(timer);
  }

  /** What has become a device of this agent is no found one any more. */
  async forgetKnown(): Promise<void> {
    const { found } = this.options;
    const isKnown = new Map<string, boolean>();
    for (const each of found.all) isKnown.set(each.id, (await this.#ownerOf(each)) !== undefined);
    const { mayContact } = this.options;
    found.forget(({ id, address }) => isKnown.get(id) === true || !mayContact(address));
    await this.#saved();
  }

  #after(what: 'probe' | 'dnsSd', ms: number): void {
    if (this.#stopping.signal.aborted) return;
    const run = { probe: () => this.#probeDue(), dnsSd: () => this.#browse() }[what];
    const next = { probe: LOOK_MS, dnsSd: LIMITS.DNS_SD_INTERVAL_MS }[what];
    const timer = setTimeout(() => {
      void run()
        .catch((error: unknown) => {
          if (!this.#stopping.signal.aborted) this.options.journal.unexpected(error, 'looking for devices');
        })
        .finally(() => this.#after(what, jittered(next, { least: 0.75, most: 1.25 })));
    }, timerMs(ms));
    this.#timers.set(what, timer);
  }

  async #browse(): Promise<void> {
    const sightings = await this.options.browse().catch((error: NodeJS.ErrnoException) => {
      if (!this.#isBrowsingRefused)
        this.options.journal.warn('devices cannot be looked for by DNS-SD', { detail: error.code ?? error.message });
      this.#isBrowsingRefused = true;
      return [];
    });
    await this.#seen(sightings);
  }

  /** One batch after the other, each stored before it is probed. */
  async #probeDue(): Promise<void> {
    const { times, probe } = this.options;
    for (;;) {
      const batch = this.#due();
      if (batch.length === 0 || this.#stopping.signal.aborted) return;
      await times.start(batch);
      const seen = await Promise.all(batch.map((address) => probe(address)));
      await this.#seen(seen.filter((each) => each !== undefined));
    }
  }

  #due(): string[] {
    const { ranges, times, devices, mayContact } = this.options;
    const hosts = new Set(devices.all.map(hostOf));
    const due: string[] = [];
    for (const address of ranges.addresses) {
      if (times.waitMs(address) > 0 || hosts.has(address) || !mayContact(address)) continue;
      if (due.push(address) === LIMITS.PROBES_AT_ONCE) break;
    }
    return due;
  }

  async #seen(sightings: readonly Sighting[]): Promise<void> {
    const { found, follower } = this.options;
    for (const sighting of sightings) {
      const owner = await this.#ownerOf(sighting);
      if (owner === undefined) found.see(sighting);
      else if (owner.address !== sighting.address) await follower.discovered(sighting.identity, sighting.address);
    }
    await this.#saved();
  }

  /** The device of this agent that has these marks, or this address. */
  async #ownerOf({
    identity,
    address,
  }: Pick<Sighting, 'identity' | 'address'>): Promise<{ address?: string } | undefined> {
    const { devices, known } = this.options;
    for (const device of devices.all) {
      const learnt = await known.of(device.id);
      const expected = { ...learnt, serialNumber: device.serialNumber || learnt.serialNumber };
      if (isSameDevice(expected, identity)) return { address: hostOf(device) };
    }
    return devices.all.some((device) => hostOf(device) === address) ? { address } : undefined;
  }

  async #saved(): Promise<void> {
    if (await this.options.found.save()) for (const listener of this.#listeners) listener();
  }
}
