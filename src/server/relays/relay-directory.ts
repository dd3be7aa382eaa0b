import { EventEmitter, once } from 'node:events';
import { Injectable } from '@nestjs/common';
import { LIMITS } from '../../protocol/limits';
import { secondsUntil } from '../../protocol/names';
import type { Ending, Half } from '../../protocol/remote-session';
import type {
  ControlPlaneMethods,
  Params,
  RelayedSession,
  RelayMethods,
  RelayStanding,
} from '../../protocol/relay-rpc';
import type { RpcPeer } from '../../tunnel/json-rpc';
import { RelayPort, type Admission, type PreparedLink } from '../sessions/relay.port';
import { RelayUnavailable } from '../sessions/session.errors';
import { TrialLinks } from './trial-links';

/** One run of a relay whose RPC link is up, as it has announced itself. */
export interface ConnectedRelay {
  readonly id: string;
  readonly instance: string;
  readonly standing: RelayStanding;
  readonly version: string;
  readonly pairs: number;
  /** Set where peers must pin the relay's self-made certificate. */
  readonly pin?: string;
  readonly peer: RpcPeer<ControlPlaneMethods, RelayMethods>;
}

/** How many runs of one relay are distinguished by age. */
const REMEMBERED = 16;

/**
 * The relays whose RPC link is up, and what sessions ask of them. During a deployment several runs of a relay are
 * connected: candidates, which get trials only, the one that serves, and earlier ones, which still have halves to end
 * and logs to report, but get nothing new.
 */
@Injectable()
export class RelayDirectory extends RelayPort {
  private readonly relays = new Set<ConnectedRelay>();
  /** Per relay the runs that have served it, in order: an earlier one that reconnects stays an earlier one. */
  private readonly served = new Map<string, string[]>();
  /** Per draining relay, when new sessions may be asked for again. */
  private readonly draining = new Map<string, number>();
  private readonly changes = new EventEmitter().setMaxListeners(0);
  /** Per relay, when one of its runs has come, or has gone while another one stayed. */
  private readonly changedAt = new Map<string, number>();
  private turn = 0;

  constructor(private readonly trials: TrialLinks) {
    super();
  }

  /** As it announces itself, on a new link or once more on the same one. */
  add(relay: ConnectedRelay): void {
    for (const earlier of this.relays) {
      if (earlier.id !== relay.id || earlier.instance !== relay.instance) continue;
      this.relays.delete(earlier);
      if (earlier.peer !== relay.peer) earlier.peer.close();
    }
    this.relays.add(relay);
    if (relay.standing === 'serving') this.noteServed(relay);
    void relay.peer.closed.then(() => {
      if (this.relays.delete(relay)) this.gone(relay);
    });
    this.changes.emit('change');
    void this.tellDraining(relay);
  }

  /** Every run that is connected, the candidates too. */
  connected(): ConnectedRelay[] {
    return [...this.relays];
  }

  /** One relay per ID: those that new sessions go to. */
  allServing(): ConnectedRelay[] {
    return [...new Set(this.connected().map(({ id }) => id))].flatMap((id) => this.serving(id) ?? []);
  }

  /** The youngest of the connected runs that serve. */
  serving(relayId: string): ConnectedRelay | undefined {
    return this.runsOf(relayId)[0];
  }

  candidate(relayId: string, instance: string): ConnectedRelay | undefined {
    return this.connected().find(
      (relay) => relay.id === relayId && relay.instance === instance && relay.standing === 'candidate',
    );
  }

  /**
   * S311-S312: what the relay carries, its earlier runs included.
   * @throws RelayUnavailable
   */
  async sessionsAt(relayId: string): Promise<RelayedSession[]> {
    const runs = this.runsOf(relayId);
    if (runs.length === 0) throw new RelayUnavailable(`Relay ${relayId} is not connected.`);
    const lists = await Promise.all(runs.map((run) => this.asked(run, () => run.peer.call('list-sessions', {}))));
    return lists.flatMap(({ sessions }) => sessions).filter(({ linkId }) => !this.trials.find(relayId, linkId));
  }

  /**
   * Makes the relay refuse new sessions, or accept them again. Kept in memory, and sent again whenever the relay
   * announces itself; one that does not answer has to reconnect. Never rejects.
   */
  async drain(relayId: string, draining: boolean, returnAfterSeconds: number): Promise<void> {
    if (draining) this.draining.set(relayId, Date.now() + returnAfterSeconds * 1000);
    else this.draining.delete(relayId);
    this.changes.emit('change');
    await Promise.all(this.runsOf(relayId).map((run) => this.tellDraining(run)));
  }

  isDraining(relayId: string): boolean {
    return this.draining.has(relayId);
  }

  /** Closed while relays are draining and no other one serves. */
  admission(): Admission {
    const isOpen = this.draining.size === 0 || this.allServing().some(({ id }) => !this.draining.has(id));
    if (isOpen) return { open: true };
    return { open: false, returnAfterSeconds: secondsUntil(Math.min(...this.draining.values())) };
  }

  async admitted(withinMs: number): Promise<boolean> {
    return (await this.seen(() => this.admission().open || undefined, withinMs)) ?? false;
  }

  /** From one relay after the other; one that does not answer, or is draining, is skipped. */
  async connectionInfo(request: Params<RelayMethods, 'connection-info'>): Promise<PreparedLink> {
    const relays = this.allServing().filter(({ id }) => !this.draining.has(id));
    const first = this.turn++ % (relays.length || 1);
    let failure = new RelayUnavailable('No relay that takes new sessions is connected to this server.');
    for (const relay of [...relays.slice(first), ...relays.slice(0, first)]) {
      try {
        const link = await this.asked(relay, () => relay.peer.call('connection-info', request));
        return { ...link, relayId: relay.id, pin: relay.pin };
      } catch (error) {
        if (!(error instanceof RelayUnavailable)) throw error;
        failure = error;
      }
    }
    throw failure;
  }

  /** By the run that carries the link. */
  async endHalf(relayId: string, linkId: string, half: Half, ending: Ending): Promise<boolean> {
    let failure = this.serving(relayId) ? undefined : new RelayUnavailable(`Relay ${relayId} is not connected.`);
    for (const run of this.runsOf(relayId)) {
      try {
        const { known } = await this.asked(run, () => run.peer.call('end-session', { linkId, half, ending }));
        if (known) return true;
      } catch (error) {
        if (!(error instanceof RelayUnavailable)) throw error;
        failure = error;
      }
    }
    if (failure) throw failure;
    return false;
  }

  /** The connected runs of a relay that serve or have served, the youngest first. */
  runsOf(relayId: string): ConnectedRelay[] {
    const order = this.served.get(relayId) ?? [];
    const runs = this.connected().filter(({ id, standing }) => id === relayId && standing === 'serving');
    return runs.sort((one, other) => order.indexOf(other.instance) - order.indexOf(one.instance));
  }

  /** Whether a link that none of the runs knows is lost, and not about to be handed on from one run to the next. */
  isSettled(relayId: string): boolean {
    return Date.now() - (this.changedAt.get(relayId) ?? 0) >= LIMITS.RELAY_SETTLE_MS;
  }

  private noteServed({ id, instance }: ConnectedRelay): void {
    const order = this.served.get(id) ?? [];
    if (order.includes(instance)) return;
    this.served.set(id, [...order, instance].slice(-REMEMBERED));
    this.changedAt.set(id, Date.now());
  }

  private gone({ id }: ConnectedRelay): void {
    if (this.serving(id)) this.changedAt.set(id, Date.now());
    this.changes.emit('change');
  }

  private async tellDraining({ id, standing, peer }: ConnectedRelay): Promise<void> {
    if (standing !== 'serving') return;
    const until = this.draining.get(id);
    const decision = {
      draining: until !== undefined,
      returnAfterSeconds: until === undefined ? 0 : secondsUntil(until),
    };
    await peer.call('drain', decision).catch(() => peer.close());
  }

  private async seen<T>(look: () => T | undefined, ms: number): Promise<T | undefined> {
    const signal = AbortSignal.timeout(ms);
    for (;;) {
      const found = look();
      if (found !== undefined || signal.aborted) return found;
      await once(this.changes, 'change', { signal }).catch(() => undefined);
    }
  }

  private async asked<T>(relay: ConnectedRelay, call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new RelayUnavailable(`Relay ${relay.id} did not answer as it should: ${why}`);
    }
  }
}
