import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Journal } from '../../journal/journal';
import {
  deviceIdentity,
  isSameDevice,
  UNIDENTIFIED,
  withMarks,
  type DeviceIdentity,
} from '../../protocol/device-identity';
import { deviceId } from '../../protocol/names';
import { parseJson } from '../../protocol/parse-json';
import { replaceDurably } from '../durable-file';
import { DeviceRefused } from './device-access';

const FILE = 'device-identities.json';
const UNREADABLE =
  'device-identities.json in the state folder of the agent cannot be read: remove it to have the devices learnt again';
const stored = z.object({ devices: z.record(deviceId, deviceIdentity) });
type Identities = z.infer<typeof stored>['devices'];

/**
 * What the devices of this agent reported of themselves when they were reached first. The owner changes it by
 * `platen agent accept-device` while the agent runs, so it is read again before a device is refused.
 */
export class KnownIdentities {
  readonly #file: string;
  #known: Identities | undefined;
  /** One access to the file after the other. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly folder: string,
    private readonly journal?: Pick<Journal, 'error'>,
  ) {
    this.#file = join(folder, FILE);
  }

  /** @throws DeviceRefused if the file cannot be read */
  of(device: string): Promise<DeviceIdentity> {
    return this.#queued(async () => (await this.#load())[device] ?? UNIDENTIFIED);
  }

  /** The next `of` reads the file. */
  reload(): void {
    this.#known = undefined;
  }

  /** The other device of this agent that has these marks. */
  otherWith(marks: DeviceIdentity, device: string): Promise<string | undefined> {
    return this.#queued(async () => {
      const others = Object.entries(await this.#load()).filter(([id]) => id !== device);
      return others.find(([, identity]) => isSameDevice(identity, marks))?.[0];
    });
  }

  /** Adds what was not known of a device; if it cannot be stored, until the agent is restarted. */
  learn(device: string, found: DeviceIdentity): Promise<void> {
    return this.#queued(async () => {
      if (!withMarks((await this.#load())[device], found)) return;
      this.reload(); // the owner may have changed another device meanwhile
      const all = await this.#load();
      const learnt = withMarks(all[device], found);
      if (!learnt) return;
      await this.#save({ ...all, [device]: learnt }).catch((error: Error) =>
        this.journal?.error('the identity of a device cannot be stored', { deviceId: device, detail: error.message }),
      );
    });
  }

  /** Expects these marks from now on. @throws Error of the file */
  replace(device: string, identity: DeviceIdentity): Promise<void> {
    return this.#queued(async () => {
      this.reload();
      await this.#save({ ...(await this.#load()), [device]: identity });
    });
  }

  /** Forgets a device, so that the next one at its address is learnt. @returns what it was @throws Error of the file */
  forget(device: string): Promise<DeviceIdentity> {
    return this.#queued(async () => {
      const { [device]: before = UNIDENTIFIED, ...others } = await this.#load();
      await this.#save(others);
      return before;
    });
  }

  async #load(): Promise<Identities> {
    if (this.#known) return this.#known;
    const text = await readFile(this.#file, 'utf8').catch((error: NodeJS.ErrnoException) =>
      error.code === 'ENOENT' ? '{"devices":{}}' : '',
    );
    const read = stored.safeParse(parseJson(text)).data;
    // without it, any device would be taken
    if (!read) throw new DeviceRefused(UNREADABLE, { problem: 'other-device' });
    return (this.#known = read.devices);
  }

  async #save(devices: Identities): Promise<void> {
    this.#known = devices;
    await mkdir(this.folder, { recursive: true });
    await replaceDurably(this.#file, JSON.stringify({ devices }, undefined, 2));
  }

  #queued<T>(run: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(run);
    this.#turn = done.catch(() => undefined);
    return done;
  }
}
