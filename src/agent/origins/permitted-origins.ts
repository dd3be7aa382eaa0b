import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { z } from 'zod';
import type { Journal } from '../../journal/journal';
import type { AnsweredBy } from '../../protocol/approval-record';
import type { PendingOrigin, PermittedOrigin } from '../../protocol/approval-screen';
import { LIMITS } from '../../protocol/limits';
import { applicationId, deviceId, instant, toInstant } from '../../protocol/names';
import { parseJson } from '../../protocol/parse-json';
import { ProblemError } from '../../protocol/problems';
import { shownLine } from '../../protocol/shown-text';
import { StreamRefused } from '../../tunnel/http2-tunnel.errors';
import { TokenBucket } from '../../tunnel/token-bucket';
import { placeOf } from '../conditions/access-control';
import { carrying, connectTarget } from '../cloud-hub/application-connection';
import type { Application } from '../configuration/application';
import { readState, replaceDurably } from '../durable-file';
import { leadsAstray, wantedTarget, type Reserved } from './wanted-origin';

const FILE = 'permitted-origins.json';

const storedOrigin = z.object({
  id: z.uuid(),
  deviceId,
  applicationId,
  origin: z.url(),
  permittedAt: instant,
  permittedBy: shownLine(100),
});
type StoredOrigin = z.infer<typeof storedOrigin>;
const stored = z.object({ version: z.literal(1), origins: z.array(storedOrigin) });

/** A session's wish for another origin of its application. */
export interface OriginWish {
  readonly deviceId: string;
  readonly application: Application;
  readonly userName: string;
  readonly origin: string;
}
type Proposal = OriginWish & { readonly id: string; readonly at: number };

export interface PermittedOriginsOptions extends Reserved {
  readonly state: string;
  readonly journal: Journal;
  /** Epoch milliseconds. */
  readonly timeOfDay?: () => number;
}

/**
 * Origins beside those of the configuration that the owner has permitted because a session asked for them, in the state
 * folder, and those that wait for an answer. Nothing is permitted before the answer is on disk.
 */
export class PermittedOrigins {
  #permitted: readonly StoredOrigin[] = [];
  #proposals: readonly Proposal[] = [];
  /** By device and origin: when it was declined. */
  readonly #declined = new Map<string, number>();
  /** By device. */
  readonly #rates = new Map<string, TokenBucket>();
  /** By ID of the permitted origin: what revoking it cuts. */
  readonly #connections = new Map<string, Set<Duplex>>();
  readonly #listeners = new Set<() => void>();
  #writing: Promise<void> = Promise.resolve();

  constructor(private readonly options: PermittedOriginsOptions) {}

  /** Without a file that can be read, nothing is permitted. */
  async load(): Promise<void> {
    const { journal } = this.options;
    const text = await readState(this.#file).catch((error: Error) => error.message);
    if (text === undefined) return;
    const { data } = stored.safeParse(parseJson(text));
    if (!data) journal.error('the permitted origins cannot be read; permit them again', { file: this.#file });
    this.#permitted = data?.origins ?? [];
  }

  onChange(listener: () => void): void {
    this.#listeners.add(listener);
  }

  /** In the order in which they were permitted. */
  originsOf(deviceId: string, { id }: Application): string[] {
    return this.#of(deviceId, id).map(({ origin }) => origin);
  }

  /** @throws StreamRefused 403 if it is not permitted, or leads to this computer; 502, 504 */
  async open(deviceId: string, application: Application, origin: string, clientTls: boolean): Promise<Duplex> {
    const found = this.#of(deviceId, application.id).find((each) => each.origin === origin);
    if (!found) throw new StreamRefused(403, 'the owner of the device does not permit this origin');
    const target = carrying(this.#stillFit(origin, application), clientTls);
    const socket = await connectTarget(target);
    const isOwn = target.host === application.target.host;
    const isRevoked = !this.#permitted.includes(found);
    if (isRevoked || leadsAstray(socket, isOwn, this.options)) {
      socket.destroy();
      throw new StreamRefused(
        403,
        isRevoked ? 'the owner has revoked it' : 'its name does not lead to a page of a device',
      );
    }
    const open = this.#connections.get(found.id) ?? new Set();
    this.#connections.set(found.id, open.add(socket));
    socket.once('close', () => open.delete(socket));
    return socket;
  }

  /** Has the owner asked. @returns what the technician reads: a clause */
  propose(wish: OriginWish): string {
    try {
      this.#targetOf(wish.origin, wish.application);
    } catch (error) {
      if (error instanceof ProblemError) return `the owner is not asked for this address: ${error.detail}`;
      throw error;
    }
    const { deviceId, origin, application } = wish;
    const { journal } = this.options;
    const waiting = this.#waiting();
    const isSame = (each: Proposal): boolean =>
      each.deviceId === deviceId && each.origin === origin && each.application.id === application.id;
    if (waiting.some(isSame)) return 'the owner of the device has been asked and has not answered yet';
    if (this.#wasDeclined(deviceId, origin)) return 'the owner of the device has declined this address';
    if (
      waiting.filter((each) => each.deviceId === deviceId).length >= LIMITS.ORIGIN_PROPOSALS ||
      !this.#mayAsk(deviceId)
    )
      return 'the owner of the device has been asked for too many addresses; try again later';
    this.#proposals = [...waiting, { ...wish, id: randomUUID(), at: this.#now() }];
    journal.info('the owner is asked for another origin', { deviceId, applicationId: application.id, origin });
    this.#changed();
    return 'the owner of the device has been asked';
  }

  /** What waits for an answer, oldest first. */
  get asking(): PendingOrigin[] {
    return this.#waiting().map(({ id, origin, deviceId, application, userName }) => ({
      ...{ id, origin, deviceId, userName },
      ...this.#names(deviceId, application.id),
    }));
  }

  /** In the order in which they were permitted. */
  get permitted(): PermittedOrigin[] {
    return this.#permitted.map(({ id, origin, deviceId, applicationId, permittedAt, permittedBy }) => ({
      ...{ id, origin, deviceId, permittedAt, permittedBy },
      ...this.#names(deviceId, applicationId),
    }));
  }

  /** @throws ProblemError not-found, conflict (the application has too many); the error of the file system */
  async decide(id: string, decision: 'permitted' | 'declined', by: AnsweredBy): Promise<void> {
    const proposal = this.#waiting().find((each) => each.id === id);
    if (!proposal) throw new ProblemError('not-found', 'this address is not asked for any more');
    const { deviceId, application, origin } = proposal;
    const count = (application.origins?.length ?? 0) + this.#of(deviceId, application.id).length;
    if (decision === 'permitted' && count >= LIMITS.APPLICATION_ORIGINS)
      throw new ProblemError('conflict', `the application has ${count} further addresses; revoke one first`);
    this.#proposals = this.#proposals.filter((each) => each !== proposal);
    if (decision === 'declined') this.#declined.set(`${deviceId} ${origin}`, this.#now());
    else await this.#permit(proposal, placeOf(by));
    const { id: applicationId } = application;
    this.options.journal.info('another origin answered', { deviceId, applicationId, origin, decision, answeredBy: by });
    this.#changed();
  }

  async #permit(proposal: Proposal, permittedBy: string): Promise<void> {
    const { deviceId, application, origin } = proposal;
    const permittedAt = toInstant(this.#now());
    try {
      await this.#save({ id: randomUUID(), deviceId, applicationId: application.id, origin, permittedAt, permittedBy });
    } catch (error) {
      this.#proposals = [...this.#proposals, proposal];
      throw error;
    }
  }

  /** Applies at once, and cuts its connections. @throws ProblemError not-found; the error of the file system */
  async revoke(id: string): Promise<void> {
    const found = this.#permitted.find((each) => each.id === id);
    if (!found) throw new ProblemError('not-found', 'there is no such address');
    const { deviceId, origin } = found;
    this.#permitted = this.#permitted.filter((each) => each !== found);
    for (const connection of this.#connections.get(id) ?? []) connection.destroy();
    this.#connections.delete(id);
    this.options.journal.info('another origin revoked', { deviceId, origin });
    this.#changed();
    await this.#save();
  }

  /** The device that a proposal or a permitted origin is for. */
  deviceOf(id: string): string | undefined {
    return [...this.#waiting(), ...this.#permitted].find((each) => each.id === id)?.deviceId;
  }

  /** Resolves when everything is on disk. */
  async close(): Promise<void> {
    await this.#writing.catch(() => undefined);
  }

  get #file(): string {
    return join(this.options.state, FILE);
  }

  #now(): number {
    return this.options.timeOfDay?.() ?? Date.now();
  }

  #targetOf(origin: string, application: Application): ReturnType<typeof wantedTarget> {
    return wantedTarget(origin, application, this.options);
  }

  /** The configuration may have changed since the owner permitted it. @throws StreamRefused */
  #stillFit(origin: string, application: Application): ReturnType<typeof wantedTarget> {
    try {
      return this.#targetOf(origin, application);
    } catch (error) {
      throw new StreamRefused(403, (error as Error).message);
    }
  }

  #of(deviceId: string, applicationId: string): readonly StoredOrigin[] {
    return this.#permitted.filter((each) => each.deviceId === deviceId && each.applicationId === applicationId);
  }

  #waiting(): readonly Proposal[] {
    const since = this.#now() - LIMITS.ORIGIN_PROPOSAL_MS;
    return this.#proposals.filter(({ at }) => at > since);
  }

  #wasDeclined(deviceId: string, origin: string): boolean {
    const since = this.#now() - LIMITS.ORIGIN_DECLINED_MS;
    for (const [key, at] of this.#declined) if (at <= since) this.#declined.delete(key);
    return this.#declined.has(`${deviceId} ${origin}`);
  }

  #mayAsk(deviceId: string): boolean {
    const perHour = LIMITS.ORIGIN_PROPOSALS_PER_HOUR;
    const rate = this.#rates.get(deviceId) ?? new TokenBucket(perHour / 3600, perHour);
    this.#rates.set(deviceId, rate);
    return rate.take() === 0;
  }

  #names(id: string, applicationId: string) {
    const device = this.options.devices.find((each) => each.id === id);
    const application = device?.applications.find((each) => each.id === applicationId);
    return {
      deviceName: device?.name ?? id,
      location: device?.location ?? '',
      applicationTitle: application?.title ?? applicationId,
    };
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }

  /** One write at a time; `added` applies when it is on disk. */
  #save(added?: StoredOrigin): Promise<void> {
    const news = added ? [added] : [];
    this.#writing = this.#writing
      .catch(() => undefined)
      .then(async () => {
        await replaceDurably(this.#file, JSON.stringify({ version: 1, origins: [...this.#permitted, ...news] }));
        this.#permitted = [...this.#permitted, ...news];
      });
    return this.#writing;
  }
}
