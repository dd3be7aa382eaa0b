import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import type { Journal } from '../../journal/journal';
import { isSameDevice, withMarks } from '../../protocol/device-identity';
import { foundBy, foundDevice } from '../../protocol/found-device';
import { LIMITS } from '../../protocol/limits';
import { toInstant } from '../../protocol/names';
import { parseJson } from '../../protocol/parse-json';
import { readState, replaceDurably } from '../durable-file';
import { foundServices, type Sighting } from './sighting';

const FILE = 'found-devices.json';
const storedDevice = foundDevice.extend({ services: foundServices });
export type StoredFound = z.infer<typeof storedDevice>;
const stored = z.object({ version: z.literal(1), devices: z.array(storedDevice).max(LIMITS.FOUND_DEVICES) });

/**
 * The devices that were found and that the agent does not have, in the state folder, so that each keeps its ID. At most
 * FOUND_DEVICES; one that was not found again for FOUND_DEVICE_MS is forgotten. If nothing else is new, the time at which a
 * device was found is kept for FOUND_AGAIN_MS, so that it is not stored and reported all the time.
 */
export class FoundDevices {
  #devices: readonly StoredFound[] = [];
  #isSaved = true;
  #isFull = false;
  #writing: Promise<void> = Promise.resolve();

  constructor(
    private readonly folder: string,
    private readonly journal: Pick<Journal, 'warn' | 'error'>,
    private readonly now: () => number = Date.now,
  ) {}

  /** A file that cannot be read is replaced: the devices are found again. */
  async load(): Promise<void> {
    const text = await readState(this.#file).catch((error: Error) => error.message);
    const { data } = stored.safeParse(parseJson(text ?? '{"version":1,"devices":[]}'));
    if (!data) this.journal.warn('the found devices cannot be read; they are looked for again', { file: this.#file });
    this.#devices = data?.devices ?? [];
  }

  get all(): readonly StoredFound[] {
    return this.#devices;
  }

  find(id: string): StoredFound | undefined {
    return this.#devices.find((each) => each.id === id);
  }

  /** Adds what was seen to what is known of the same device. `save` makes it durable. */
  see(seen: Sighting): void {
    const at = toInstant(this.now());
    const before = this.#devices.find((each) => isTheSame(each, seen));
    // another device has this address now
    const others = this.#devices.filter((each) => each !== before && each.address !== seen.address);
    if (!before && others.length >= LIMITS.FOUND_DEVICES) return this.#warnOfExcess();
    const identity = (before && withMarks(seen.identity, before.identity)) ?? seen.identity;
    const ways = foundBy.options.filter((way) => seen.foundBy.includes(way) || before?.foundBy.includes(way));
    const device = storedDevice.parse({
      ...{ id: before?.id ?? randomUUID(), address: seen.address, identity, foundBy: ways },
      model: seen.model || before?.model || identity.model,
      kind: seen.kind === 'printer' ? (before?.kind ?? seen.kind) : seen.kind,
      location: seen.location || (before?.location ?? ''),
      services: before?.address === seen.address ? { ...before.services, ...seen.services } : seen.services,
      ...{ firstFoundAt: before?.firstFoundAt ?? at, foundAt: at },
    });
    const isRecent = before && this.now() - Date.parse(before.foundAt) < LIMITS.FOUND_AGAIN_MS;
    if (isRecent && isDeepStrictEqual({ ...before, foundAt: at }, device)) return;
    this.#set([...others, device]);
  }

  /** Forgets those for which `isGone`, and those that were not found for long. */
  forget(isGone: (device: StoredFound) => boolean): void {
    const since = this.now() - LIMITS.FOUND_DEVICE_MS;
    const left = this.#devices.filter((each) => !isGone(each) && Date.parse(each.foundAt) > since);
    if (left.length < this.#devices.length) this.#set(left);
  }

  /** @returns whether anything has changed since the last time */
  async save(): Promise<boolean> {
    if (this.#isSaved) return false;
    this.#isSaved = true;
    const text = JSON.stringify({ version: 1, devices: this.#devices });
    this.#writing = this.#writing.then(() => replaceDurably(this.#file, text));
    try {
      await this.#writing;
    } catch (error) {
      this.#writing = Promise.resolve();
      this.#isSaved = false;
      throw error;
    }
    return true;
  }

  #set(devices: readonly StoredFound[]): void {
    this.#devices = devices;
    this.#isSaved = false;
  }

  #warnOfExcess(): void {
    if (!this.#isFull)
      this.journal.warn('more devices are found than are reported: take some in, or make "ranges" smaller', {
        limit: LIMITS.FOUND_DEVICES,
      });
    this.#isFull = true;
  }

  get #file(): string {
    return join(this.folder, FILE);
  }
}

/** Without a serial number, UUID or MAC address on one side, the address decides. */
function isTheSame(known: StoredFound, seen: Sighting): boolean {
  if (isSameDevice(known.identity, seen.identity)) return true;
  const isComparable = (['serialNumber', 'uuid', 'mac'] as const).some(
    (mark) => known.identity[mark] !== '' && seen.identity[mark] !== '',
  );
  return known.address === seen.address && !isComparable;
}
