import { EventEmitter, once } from 'node:events';
import { Injectable } from '@nestjs/common';
import type { RelayAnswer } from '../../protocol/deployment';
import { LIMITS } from '../../protocol/limits';
import { secondsUntil } from '../../protocol/names';
import type { Ending, Half } from '../../protocol/remote-session';
import type {
  ControlPlaneMethods,
  Params,
  RelayedSession,
  RelayMethods,
  RelayStanding,
  Result,
} from '../../protocol/relay-rpc';
import type { RpcPeer } from '../../tunnel/json-rpc';
import { RelayPort, type Admission, type PreparedLink } from '../sessions/relay.port';
import { RelayUnavailable } from '../sessions/session.errors';
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
  private requestCount = 0;

  constructor(private readonly trials: TrialLinks) {
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
    if (relay.standing === 'serving') this.noteServed(relay);
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

  /** Closed while a relay is draining and no other relay accepts sessions. */
  admission(): Admission {
    const isOpen = this.draining.size === 0 || this.allServing().some(({ id }) => !this.draining.has(id));
    if (isOpen) return { open: true };
    return { open: false, returnAfterSeconds: secondsUntil(Math.min(...this.draining.values())) };
  }

  async admitted(withinMs: number): Promise<boolean> {
    return (await this.waitFor(() => this.admission().open || undefined, withinMs)) ?? false;
  }

  async serves(withinMs: number): Promise<boolean> {
    return (await this.waitFor(() => this.allServing().length > 0 || undefined, withinMs)) ?? false;
  }

  async change(withinMs: number): Promise<void> {
    await once(this.changes, 'change', { signal: AbortSignal.timeout(Math.ceil(withinMs)) }).catch(() => undefined);
  }

  /** Round robin over the serving relays; draining relays, and relays that do not answer, are skipped. */
  async connectionInfo(request: Params<RelayMethods, 'connection-info'>): Promise<PreparedLink> {
    const relays = this.allServing().filter(({ id }) => !this.draining.has(id));
    const first = this.requestCount++ % (relays.length || 1);
    let failure = new RelayUnavailable('No relay that accepts new sessions is connected to this server.');
    for (const relay of [...relays.slice(first), ...relays.slice(0, first)]) {
      try {
        const link = await this.request(relay, () => relay.peer.call('connection-info', request));
        return { ...link, relayId: relay.id, pin: relay.pin, authority: relay.authority };
      } catch (error) {
        if (!(error instanceof RelayUnavailable)) throw error;
        failure = error;
      }
    }
    throw failure;
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

  private noteDisconnected({ id }: ConnectedRelay): void {
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

/** @param lists of each run, newest first; undefined: it did not answer in time */
function answerOf(lists: (Result<RelayMethods, 'list-sessions'> | undefined)[]): RelayAnswer {
  if (!lists[0]) return 'no-answer';
  if (lists.includes(undefined)) return 'run-silent';
  return lists.some((list) => list?.silentPairs?.length) ? 'pair-silent' : 'complete';
}
