import { randomUUID } from 'node:crypto';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Journal } from '../../journal/journal';
import { accessCondition, type AccessCondition, type NewAccessCondition } from '../../protocol/access-conditions';
import { reportConditions } from '../../protocol/control-channel';
import { LIMITS } from '../../protocol/limits';
import { toInstant } from '../../protocol/names';
import { ProblemError } from '../../protocol/problems';
import { momentOf, type Moment } from '../../protocol/weekly-hours';
import { containerExcess } from '../channel/json-container';
import { readState, replaceDurably } from '../durable-file';
import { decideAccess, type AccessDecision, type AccessRequest } from './access-decision';

const FILE = 'access-conditions.json';
const DAMAGED = 'access-conditions.damaged.json';
/** A condition that has expired is still shown for this long. */
const EXPIRED_KEPT_MS = 24 * 60 * 60_000;
/** A report of all conditions of a device has to fit into one stanza. Room for their counts as they grow. */
const COUNTS_BYTES = LIMITS.CONDITIONS_PER_DEVICE * 2 * String(Number.MAX_SAFE_INTEGER).length;

const storedConditions = z.object({ version: z.literal(1), conditions: z.array(accessCondition) });

/** A condition was set or revoked, or something was counted. */
export type ConditionChange = 'change' | 'use';

export interface ConditionStoreOptions {
  readonly folder: string;
  readonly journal: Journal;
  /** Epoch milliseconds; the conditions name times of day, so they depend on this clock. */
  readonly timeOfDay?: () => number;
  /** IANA name; by default the time zone of this computer. */
  readonly timeZone?: string;
}

/**
 * The access conditions of this agent's devices, with what has been used of them, in the state folder. What is permitted
 * and used is on disk before anything happens: a crash can cost a use that was counted and not made, never the reverse.
 */
export class ConditionStore {
  readonly #file: string;
  /** In the order in which they were set. */
  #conditions: readonly AccessCondition[] = [];
  /** Conditions that are being stored; they permit nothing until they are. */
  readonly #unstored = new Set<AccessCondition>();
  readonly #listeners = new Set<(deviceId: string, change: ConditionChange) => void>();
  #writing: Promise<void> = Promise.resolve();
  #queued: Promise<void> | undefined;

  constructor(private readonly options: ConditionStoreOptions) {
    this.#file = join(options.folder, FILE);
  }

  /** Renames and logs a file that cannot be read; nothing is permitted then. */
  async load(): Promise<void> {
    try {
      const text = await readState(this.#file);
      if (text !== undefined) this.#conditions = storedConditions.parse(JSON.parse(text)).conditions;
    } catch (error) {
      await this.#setAside(error as Error);
    }
  }

  get all(): readonly AccessCondition[] {
    return this.#conditions;
  }

  of(deviceId: string): readonly AccessCondition[] {
    return this.#conditions.filter((each) => each.deviceId === deviceId);
  }

  /** Called after every change. */
  onChange(listener: (deviceId: string, change: ConditionChange) => void): void {
    this.#listeners.add(listener);
  }

  now(): Moment {
    return momentOf(this.options.timeOfDay?.() ?? Date.now(), this.options.timeZone);
  }

  /**
   * Applies from the moment when it is on disk.
   * @param setBy who has set it, and where
   * @param id of the condition; setting it again has no effect
   * @throws ProblemError invalid-request, conflict (the device has too many); the error of the file system
   */
  async set(
    deviceId: string,
    wanted: NewAccessCondition,
    setBy: string,
    id: string = randomUUID(),
  ): Promise<AccessCondition> {
    const same = this.find(id);
    if (same) return same;
    const { at } = this.now();
    refuseUnfit(wanted, at);
    this.#dropExpired(deviceId, at);
    const used = { times: 0, bytes: 0 };
    const condition = { ...wanted, id, deviceId, setAt: toInstant(at), setBy, used };
    const others = [...this.of(deviceId), ...[...this.#unstored].filter((each) => each.deviceId === deviceId)];
    if (others.length >= LIMITS.CONDITIONS_PER_DEVICE)
      throw new ProblemError('conflict', `the device has ${others.length} access conditions; revoke one first`);
    if (containerExcess(reportConditions, { deviceId, conditions: [...others, condition] }, COUNTS_BYTES) > 0)
      throw new ProblemError('conflict', 'the access conditions of the device are too long together; revoke one first');
    this.#unstored.add(condition);
    try {
      await this.#save();
    } catch (error) {
      this.#unstored.delete(condition);
      // A write for another change may have stored it.
      this.#save().catch((failure: Error) => this.#unstorable(failure));
      throw error;
    }
    this.#unstored.delete(condition);
    this.#conditions = [...this.#conditions, condition];
    this.#changed(deviceId);
    return condition;
  }

  /**
   * Applies at once, even if it cannot be stored.
   * @throws ProblemError not-found; the error of the file system: the condition applies again after a restart
   */
  async revoke(id: string): Promise<void> {
    const revoked = this.#conditions.find((each) => each.id === id);
    if (!revoked) throw new ProblemError('not-found', 'there is no such access condition');
    this.#conditions = this.#conditions.filter((each) => each.id !== id);
    this.#changed(revoked.deviceId);
    await this.#save();
  }

  decide(deviceId: string, request: AccessRequest): AccessDecision {
    return decideAccess(this.of(deviceId), request, this.now());
  }

  /**
   * Decides, and counts the use. Resolves when the use is on disk.
   * @throws the error of the file system; nothing was counted
   */
  async admit(deviceId: string, request: AccessRequest): Promise<AccessDecision> {
    const decision = this.decide(deviceId, request);
    if (!decision.permitted) return decision;
    const { id } = decision.condition;
    const bytes = request.access.kind === 'box' ? (request.access.bytes ?? 0) : 0;
    await this.#use(id, { times: 1, bytes });
    // It may have been revoked meanwhile.
    return this.find(id) ? decision : { permitted: false, reason: 'no-condition' };
  }

  /**
   * Counts bytes of a transfer whose length was unknown when it was admitted. Resolves when they are counted on disk.
   * @returns false if the condition does not have as many left, or was revoked
   * @throws the error of the file system; nothing was counted
   */
  async take(id: string, bytes: number): Promise<boolean> {
    const condition = this.find(id);
    if (!condition || bytes > bytesLeft(condition)) return false;
    await this.#use(id, { times: 0, bytes });
    return this.find(id) !== undefined;
  }

  /** Of `take`, what was not transferred. */
  giveBack(id: string, bytes: number): void {
    if (bytes === 0) return;
    this.#use(id, { times: 0, bytes: -bytes }).catch((error: Error) => this.#unstorable(error));
  }

  find(id: string): AccessCondition | undefined {
    return this.#conditions.find((each) => each.id === id);
  }

  /** Resolves when everything is on disk. */
  async close(): Promise<void> {
    await this.#writing.catch(() => undefined);
    await this.#queued?.catch(() => undefined);
  }

  async #use(id: string, use: AccessCondition['used']): Promise<void> {
    this.#count(id, use);
    try {
      await this.#save();
    } catch (error) {
      this.#count(id, { times: -use.times, bytes: -use.bytes });
      throw error;
    }
  }

  #count(id: string, { times, bytes }: AccessCondition['used']): void {
    const condition = this.find(id);
    if (!condition) return;
    const used = { times: condition.used.times + times, bytes: Math.max(0, condition.used.bytes + bytes) };
    this.#conditions = this.#conditions.map((each) => (each === condition ? { ...condition, used } : each));
    this.#changed(condition.deviceId, 'use');
  }

  #dropExpired(deviceId: string, at: number): void {
    const full = this.of(deviceId).length >= LIMITS.CONDITIONS_PER_DEVICE;
    const keptMs = full ? 0 : EXPIRED_KEPT_MS;
    this.#conditions = this.#conditions.filter(
      (each) => each.deviceId !== deviceId || each.until === null || Date.parse(each.until) + keptMs > at,
    );
  }

  #changed(deviceId: string, change: ConditionChange = 'change'): void {
    for (const listener of this.#listeners) listener(deviceId, change);
  }

  /** Resolves when the present conditions, or newer ones, are on disk. One write at a time; those that wait share one. */
  #save(): Promise<void> {
    this.#queued ??= this.#writing
      .catch(() => undefined)
      .then(() => {
        this.#queued = undefined;
        const conditions = [...this.#conditions, ...this.#unstored];
        this.#writing = replaceDurably(this.#file, JSON.stringify({ version: 1, conditions }));
        return this.#writing;
      });
    return this.#queued;
  }

  #unstorable(error: Error): void {
    this.options.journal.error('the access conditions could not be stored', { detail: error.message });
  }

  async #setAside(error: Error): Promise<void> {
    const { folder, journal } = this.options;
    const aside = join(folder, DAMAGED);
    const detail =
      error instanceof z.ZodError || error instanceof SyntaxError ? 'not a file of access conditions' : error.message;
    journal.error(
      'the access conditions cannot be read, so nothing is permitted; the file was renamed. Set them again',
      {
        file: aside,
        detail,
      },
    );
    await rename(this.#file, aside).catch((failure: Error) =>
      journal.error('the file of access conditions could not be renamed', { detail: failure.message }),
    );
  }
}

/** Bytes that a transfer may still have. */
export const bytesLeft = ({ bytes, used }: AccessCondition): number =>
  bytes === null ? Number.MAX_SAFE_INTEGER : Math.max(0, bytes - used.bytes);

function refuseUnfit({ access, from, until, bytes }: NewAccessCondition, now: number): void {
  const end = until === null ? Infinity : Date.parse(until);
  if (end <= now) throw new ProblemError('invalid-request', 'the end is in the past');
  if (from !== null && Date.parse(from) >= end)
    throw new ProblemError('invalid-request', 'the end is before the start');
  if (bytes !== null && access.kind === 'session')
    throw new ProblemError('invalid-request', 'bytes are counted for document boxes only');
}
