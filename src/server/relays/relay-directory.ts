import { EventEmitter, once } from 'node:events';
import { Injectable } from '@nestjs/common';
import type { RelayAnswer } from '../../protocol/deployment';
import { LIMITS } from '../../protocol/limits';
import type { RelayPreference } from '../../protocol/relay-choice';
import { secondsUntil } from '../../protocol/names';
import type { Ending, Half } from '../../protocol/remote-session';
import type {
  ControlPlaneMethods,
  Params,
  RelayedSession,
  RelayLoad,
  RelayMethods,
  RelayStanding,
  Result,
} from '../../protocol/relay-rpc';
import type { RpcPeer } from '../../tunnel/json-rpc';
import { RelayPort, type Admission, type PreparedLink } from '../sessions/relay.port';
import { NoRelayInRegion, RelaysDrained, RelayUnavailable } from '../sessions/session.errors';
import { chooseRelay, obstacleOf, type Candidate } from './choose-relay';
import { KnownRelays } from './known-relays';
import { PlacedSessions } from './placed-sessions';
import { RelayLoads } from './relay-loads';
import { TrialLinks } from './trial-links';

/** One connected run of a relay, with the values of its `announce` message. */
export interface ConnectedRelay {
  readonly id: string;
  readonly instance: string;
  readonly standing: RelayStanding;
  readonly version: string;
  readonly pairs: number;
  /** Set where peers must pin the relay's self-made certificate. */
  readonly pin?: string;
  /** Set where a private authority signed its certificate. */
  readonly authority?: string;
  /** As its own settings name it. */
  readonly region?: string;
  readonly peer: RpcPeer<ControlPlaneMethods, RelayMethods>;
}

/** Number of earlier runs of one relay whose order is remembered. */
const REMEMBERED = 16;

/**
 * The connected relays, and the requests that sessions make to them. During a deployment several runs of one relay are
 * connected: candidates get trials only; the serving run gets new sessions; earlier runs end their halves and report
 * their logs.
 */
@Injectable()
export class RelayDirectory extends RelayPort {
  private readonly relays = new Set<ConnectedRelay>();
  /** Serving runs per relay, oldest first. An earlier run that reconnects keeps its position. */
  private readonly served = new Map<string, string[]>();
  /** Per draining relay, the time when new sessions may be requested again. */
  private readonly draining = new Map<string, number>();
  private readonly changes = new EventEmitter().setMaxListeners(0);
  /** Per relay, the time when a run connected, or disconnected while another run remained. */
  private readonly changedAt = new Map<string, number>();

  constructor(
    private readonly trials: TrialLinks,
    private readonly known: KnownRelays,
    private readonly placed: PlacedSessions,
    private readonly loads: RelayLoads,
  ) {
    super();
  }

  /** Adds an announced run; a repeated announcement replaces the earlier entry. */
  add(relay: ConnectedRelay): void {
    for (const earlier of this.relays) {
      if (earlier.id !== relay.id || earlier.instance !== relay.instance) continue;
      this.relays.delete(earlier);
      if (earlier.peer !== relay.peer) earlier.peer.close();
    }
    this.relays.add(relay);
    if (relay.standing === 'serving') {
      this.known.noteSeen(relay.id, relay.region ?? null);
      this.noteServed(relay);
    }
    void relay.peer.closed.then(() => {
      if (this.relays.delete(relay)) this.noteDisconnected(relay);
    });
    this.changes.emit('change');
    void this.sendDrainState(relay);
  }

  /** All connected runs, including candidates. */
  connected(): ConnectedRelay[] {
    return [...this.relays];
  }

  /** The serving run of each relay: where new sessions go. */
  allServing(): ConnectedRelay[] {
    return [...new Set(this.connected().map(({ id }) => id))].flatMap((id) => this.serving(id) ?? []);
  }

  /** The newest connected run that serves or has served. */
  serving(relayId: string): ConnectedRelay | undefined {
    return this.runsOf(relayId)[0];
  }

  candidate(relayId: string, instance: string): ConnectedRelay | undefined {
    return this.connected().find(
      (relay) => relay.id === relayId && relay.instance === instance && relay.standing === 'candidate',
    );
  }

  /**
   * S311-S312: the sessions that the relay carries, including those of its earlier runs, within RELAY_RPC_TIMEOUT_MS.
   * @param deploymentId the deployment whose device list is made
   */
  async sessionsAt(
    relayId: string,
    deploymentId?: string,
  ): Promise<{ answer: RelayAnswer; sessions: RelayedSession[] }> {
    const runs = this.runsOf(relayId);
    if (runs.length === 0) return { answer: 'not-connected', sessions: [] };
    const lists = await Promise.all(
      runs.map((run) => run.peer.call('list-sessions', { deploymentId }).catch(() => undefined)),
    );
    const answered = lists.filter((list) => list !== undefined);
    const sessions = answered.flatMap((list) => list.sessions);
    return {
      answer: answerOf(lists),
      sessions: sessions.filter(({ linkId }) => !this.trials.isTrial(linkId)),
    };
  }

  /**
   * Makes the relay refuse new sessions, or accept them again. The state is held in memory and sent again whenever the
   * relay announces itself. A relay that does not answer is disconnected. Never rejects.
   */
  async drain(relayId: string, draining: boolean, returnAfterSeconds: number): Promise<void> {
    if (draining) this.draining.set(relayId, Date.now() + returnAfterSeconds * 1000);
    else this.draining.delete(relayId);
    this.changes.emit('change');
    await Promise.all(this.runsOf(relayId).map((run) => this.sendDrainState(run)));
  }

  isDraining(relayId: string): boolean {
    return this.draining.has(relayId);
  }

  /** Something has changed that decides which relay a session gets. */
  noteChange(): void {
    this.changes.emit('change');
  }

  /** Cuts the links of a removed relay to this server. */
  disconnect(relayId: string): void {
    for (const { id, peer } of this.relays) if (id === relayId) peer.close();
  }

  /** What the serving run of a relay reports about itself. */
  noteLoad(relayId: string, instance: string, load: RelayLoad): void {
    if (this.serving(relayId)?.instance !== instance) return;
    const wasSilent = this.loads.isSilent(relayId, instance);
    if (this.loads.note(relayId, instance, load) && wasSilent) this.changes.emit('change');
  }

  /** Whether a run has answered a request. */
  noteAnswer(instance: string, answered: boolean): void {
    if (this.loads.noteAnswer(instance, answered)) this.changes.emit('change');
  }

  /** All relays that are known or connected, as they are now; removed ones only if they are connected. */
  candidates(): Candidate[] {
    const known = this.known.all().filter(({ removedAt }) => removedAt === null);
    const ids = [...known, ...this.allServing()].map(({ id }) => id);
    return [...new Set([...ids, ...this.draining.keys()])].map((id) => this.candidateOf(id));
  }

  candidateOf(relayId: string): Candidate {
    const run = this.serving(relayId);
    const known = this.known.find(relayId);
    const load = run && this.loads.lastOf(relayId, run.instance);
    const limits = [LIMITS.RELAY_LINKS, known?.sessionLimit ?? LIMITS.RELAY_LINKS, load?.limit ?? LIMITS.RELAY_LINKS];
    return {
      relayId,
      region: known?.region ?? run?.region ?? known?.ownRegion ?? null,
      // a relay that reports fewer than it has gains nothing
      sessions: Math.max(this.placed.at(relayId), load?.sessions ?? 0),
      limit: Math.min(...limits),
      obstacle: this.obstacleTo(relayId, run),
      failedLately: this.placed.hasFailedLately(relayId),
    };
  }

  /** Closed while a relay is being deployed and no other relay that may carry the session accepts sessions. */
  admission(preferred: RelayPreference | null = null): Admission {
    if (this.draining.size === 0) return { open: true };
    const relevant = this.candidates().filter(({ region }) => !preferred?.only || region === preferred.region);
    const isOpen = relevant.some(({ obstacle }) => obstacle === null);
    const deployed = relevant.filter(({ obstacle }) => obstacle === 'deployment');
    const until = deployed.flatMap(({ relayId }) => this.draining.get(relayId) ?? []);
    if (isOpen || until.length === 0) return { open: true };
    return { open: false, returnAfterSeconds: secondsUntil(Math.min(...until)) };
  }

  async admitted(withinMs: number, preferred: RelayPreference | null = null): Promise<boolean> {
    return (await this.waitFor(() => this.admission(preferred).open || undefined, withinMs)) ?? false;
  }

  async unserved(withinMs: number, preferred: RelayPreference | null): Promise<RelayUnavailable | undefined> {
    const isServed = () => this.candidates().some((each) => mayServe(each, preferred));
    if (await this.waitFor(() => isServed() || undefined, withinMs)) return undefined;
    return this.refusal(preferred);
  }

  async change(withinMs: number): Promise<void> {
    await once(this.changes, 'change', { signal: AbortSignal.timeout(Math.ceil(withinMs)) }).catch(() => undefined);
  }

  /** Asks the relay that `chooseRelay` chooses; if it fails, the next one, until all have been asked. */
  async connectionInfo(
    request: Params<RelayMethods, 'connection-info'>,
    preferred: RelayPreference | null = null,
  ): Promise<PreparedLink> {
    const { remoteSessionId } = request;
    const failed = new Set<string>();
    let failure: RelayUnavailable | undefined;
    for (;;) {
      const now = this.candidates().map((each) =>
        failed.has(each.relayId) ? { ...each, obstacle: 'failed' as const } : each,
      );
      const choice = chooseRelay(now, preferred);
      if (choice.relayId === null) throw failure ?? this.refusal(preferred);
      const relay = this.serving(choice.relayId)!;
      this.placed.add(remoteSessionId, relay.id);
      try {
        const link = await this.request(relay, () => relay.peer.call('connection-info', request));
        return { ...link, relayId: relay.id, pin: relay.pin, authority: relay.authority, choice };
      } catch (error) {
        this.placed.remove(remoteSessionId);
        if (!(error instanceof RelayUnavailable)) throw error;
        this.placed.noteFailure(relay.id);
        failed.add(relay.id);
        failure = error;
      }
    }
  }

  noteFailure(relayId: string): void {
    this.placed.noteFailure(relayId);
  }

  /** Ends the half at the run that carries the link. */
  async endHalf(relayId: string, linkId: string, half: Half, ending: Ending): Promise<boolean> {
    let failure = this.serving(relayId) ? undefined : new RelayUnavailable(`Relay ${relayId} is not connected.`);
    for (const run of this.runsOf(relayId)) {
      try {
        const { known } = await this.request(run, () => run.peer.call('end-session', { linkId, half, ending }));
        if (known) return true;
      } catch (error) {
        if (!(error instanceof RelayUnavailable)) throw error;
        failure = error;
      }
    }
    if (failure) throw failure;
    return false;
  }

  /** The connected runs of a relay that serve or have served, newest first. */
  runsOf(relayId: string): ConnectedRelay[] {
    const order = this.served.get(relayId) ?? [];
    const runs = this.connected().filter(({ id, standing }) => id === relayId && standing === 'serving');
    return runs.sort((one, other) => order.indexOf(other.instance) - order.indexOf(one.instance));
  }

  /** Whether a link that no run knows is lost. Shortly after a change its next run may still be taking over the log. */
  isSettled(relayId: string): boolean {
    return performance.now() - (this.changedAt.get(relayId) ?? -Infinity) >= LIMITS.RELAY_SETTLE_MS;
  }

  private noteServed({ id, instance }: ConnectedRelay): void {
    const order = this.served.get(id) ?? [];
    if (order.includes(instance)) return;
    this.served.set(id, [...order, instance].slice(-REMEMBERED));
    this.changedAt.set(id, performance.now());
  }

  /** Why no relay may carry a session. */
  private refusal(preferred: RelayPreference | null): RelayUnavailable {
    if (preferred?.only) return new NoRelayInRegion(preferred.region);
    const connected = this.allServing();
    if (connected.length === 0) return new RelayUnavailable('No relay is connected to this server.');
    if (connected.every(({ id }) => this.known.isDrained(id))) return new RelaysDrained();
    return new RelayUnavailable('No relay that accepts new sessions is connected to this server.');
  }

  private obstacleTo(relayId: string, run: ConnectedRelay | undefined): Candidate['obstacle'] {
    if (this.known.isDrained(relayId)) return 'drained';
    if (this.draining.has(relayId)) return 'deployment';
    if (!run) return 'not-connected';
    return this.loads.isSilent(relayId, run.instance) ? 'silent' : null;
  }

  private noteDisconnected({ id, instance, standing, region }: ConnectedRelay): void {
    this.loads.forget(id, instance);
    if (standing === 'serving') this.known.noteSeen(id, region ?? null);
    if (this.serving(id)) this.changedAt.set(id, performance.now());
    this.changes.emit('change');
  }

  private async sendDrainState({ id, standing, peer }: ConnectedRelay): Promise<void> {
    if (standing !== 'serving') return;
    const until = this.draining.get(id);
    const decision = {
      draining: until !== undefined,
      returnAfterSeconds: until === undefined ? 0 : secondsUntil(until),
    };
    await peer.call('drain', decision).catch(() => peer.close());
  }

  private async waitFor<T>(find: () => T | undefined, ms: number): Promise<T | undefined> {
    const signal = AbortSignal.timeout(ms);
    for (;;) {
      const found = find();
      if (found !== undefined || signal.aborted) return found;
      await once(this.changes, 'change', { signal }).catch(() => undefined);
    }
  }

  private async request<T>(relay: ConnectedRelay, call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new RelayUnavailable(`The request to relay ${relay.id} failed: ${why}`);
    }
  }
}

/** Now, or after its deployment. */
const mayServe = (candidate: Candidate, preferred: RelayPreference | null): boolean =>
  [null, 'deployment'].includes(obstacleOf(candidate)) && (!preferred?.only || candidate.region === preferred.region);

/** @param lists of each run, newest first; undefined: it did not answer in time */
function answerOf(lists: (Result<RelayMethods, 'list-sessions'> | undefined)[]): RelayAnswer {
  if (!lists[0]) return 'no-answer';
  if (lists.includes(undefined)) return 'run-silent';
  return lists.some((list) => list?.silentPairs?.length) ? 'pair-silent' : 'complete';
}
