import { randomUUID } from 'node:crypto';
import type { Journal } from '../../journal/journal';
import { LIMITS } from '../../protocol/limits';
import { toInstant } from '../../protocol/names';
import { RELAY_PATHS } from '../../protocol/relay-messages';
import type { Params, RelayedSession, RelayMethods, RelayStanding, Result } from '../../protocol/relay-rpc';
import type { Ending, Half } from '../../protocol/remote-session';
import { RpcRefused } from '../../tunnel/json-rpc.errors';
import { secretHash } from '../../tunnel/sha256';
import type { PlacedLink } from '../pair-rpc';
import type { Links } from './links';
import type { Resources } from './load-meter';
import { CANDIDATE, DRAINING, FULL, NO_PAIR } from './rpc-refusals';
import type { SessionIds } from './session-ids';
import type { SessionLog } from './session-log';
import type { SupervisedPair } from './supervised-pair';

type ConnectionInfo = Params<RelayMethods, 'connection-info'>;

/** S63: creates links, assigns each to a pair, and queries the pairs for the control plane. */
export class Master {
  standing: RelayStanding = 'candidate';
  #draining = false;
  #stopping = false;

  /** @param urlOf returns the address that peers dial for a pair, without path */
  constructor(
    private readonly sessionIds: SessionIds,
    private readonly sessionLog: SessionLog,
    private readonly links: Links,
    private readonly pairs: readonly SupervisedPair[],
    private readonly urlOf: (pair: SupervisedPair) => string,
    private readonly journal: Journal,
  ) {}

  /** S145-S147. @throws RpcRefused */
  async connectionInfo(request: ConnectionInfo): Promise<Result<RelayMethods, 'connection-info'>> {
    this.#admit(request);
    const { remoteSessionId, deviceId, connectBefore, trial } = request;
    const pair = this.#leastBusy(trial !== undefined);
    const base = trial === 'local' ? `ws://127.0.0.1:${pair.trialPort}` : this.urlOf(pair);
    const linkId = randomUUID();
    const ids = { device: this.sessionIds.next(), terminal: this.sessionIds.next() };
    const sessionIdHashes = { device: secretHash(ids.device), terminal: secretHash(ids.terminal) };
    this.journal.step('S146', remoteSessionId);
    const link = { linkId, remoteSessionId, connectBefore, sessionIdHashes };
    // Added before the first `await`, so that concurrent requests are spread over the pairs.
    this.links.add({ pair, trial: trial !== undefined, deviceId, lastReport: unreported(linkId, remoteSessionId) });
    try {
      await this.#place(pair, { ...link, trial: trial !== undefined });
    } catch (error) {
      this.links.delete(linkId);
      throw error;
    }
    this.journal.step('S147', remoteSessionId);
    const at = (half: Half) => ({ sessionId: ids[half], url: base + RELAY_PATHS[half] });
    return { linkId, device: at('device'), terminal: at('terminal') };
  }

  /** S331. @returns whether there is such a half that has not ended */
  async endHalf(linkId: string, half: Half, ending: Ending): Promise<boolean> {
    const pair = this.links.get(linkId)?.pair;
    return pair ? (await pair.call('end-half', { linkId, half, ending }).catch(unanswered)).known : false;
  }

  /**
   * S312, if a deployment asks: the devices in session. For a pair that does not answer in time, its last report is used.
   */
  async listSessions(deploymentId?: string): Promise<Result<RelayMethods, 'list-sessions'>> {
    const answered = await Promise.all(this.pairs.map((pair) => this.#listAt(pair)));
    const silentPairs = this.pairs.filter((_pair, index) => !answered[index]).map(({ number }) => number);
    const entries = this.pairs.flatMap((pair) => this.links.at(pair));
    const sessions = entries.map(({ lastReport, deviceId }) => ({ ...lastReport, deviceId }));
    if (deploymentId) this.journal.step('S312', undefined, { deploymentId, sessions: sessions.length });
    return { sessions, silentPairs };
  }

  async drain(draining: boolean, returnAfterSeconds: number): Promise<void> {
    if (draining !== this.#draining)
      this.journal.info(draining ? 'draining' : 'no longer draining', { links: this.links.size });
    this.#draining = draining;
    await Promise.all(this.pairs.map((pair) => pair.drain({ draining, returnAfterSeconds })));
  }

  /** Of all its processes. */
  async resources(): Promise<Resources> {
    const each = this.pairs.map((pair) =>
      pair.call('health', {}, LIMITS.RELAY_PAIR_ANSWER_MS).catch(() => ({ residentBytes: 0, cpuMicros: 0 })),
    );
    const { user, system } = process.cpuUsage();
    const all = [{ residentBytes: process.memoryUsage.rss(), cpuMicros: user + system }, ...(await Promise.all(each))];
    return {
      residentBytes: all.reduce((sum, { residentBytes }) => sum + residentBytes, 0),
      cpuMicros: all.reduce((sum, { cpuMicros }) => sum + cpuMicros, 0),
    };
  }

  /** Refuses new links, ends every half in order, then stops the pairs. */
  async stop(withinMs: number): Promise<void> {
    this.#stopping = true;
    await Promise.all(this.pairs.map((pair) => pair.stop('relay-stopped', withinMs)));
  }

  #admit({ trial }: ConnectionInfo): void {
    if (this.#stopping) throw new RpcRefused(DRAINING, 'the relay is stopping');
    if (this.links.size >= LIMITS.RELAY_LINKS)
      throw new RpcRefused(FULL, 'the relay has reached its maximum number of sessions');
    if (this.standing === 'candidate' && trial !== 'local')
      throw new RpcRefused(CANDIDATE, 'the relay is a candidate; it accepts trials on loopback only');
    if (this.#draining && !trial) throw new RpcRefused(DRAINING, 'the relay is draining');
  }

  /** Stores the link and has its pair take it, side by side: its session IDs are given away after both. */
  async #place(pair: SupervisedPair, link: PlacedLink): Promise<void> {
    const stored = this.sessionLog.addLink(link);
    const taken = pair.call('take', link).catch(unanswered);
    await Promise.allSettled([stored, taken]);
    try {
      await stored;
    } catch (error) {
      await pair.call('forget', { linkId: link.linkId }).catch(() => undefined); // then the pair has ended, or will
      throw error;
    }
    await taken;
  }

  /** Trials are counted separately, so that one trial per pair reaches every pair. */
  #leastBusy(trial: boolean): SupervisedPair {
    const load = (pair: SupervisedPair) => this.links.at(pair).filter((link) => !trial || link.trial).length;
    const up = this.pairs.filter((pair) => pair.isUp).map((pair) => ({ pair, load: load(pair) }));
    if (up.length === 0) throw new RpcRefused(NO_PAIR, 'no pair is running at the moment');
    return up.reduce((least, each) => (each.load < least.load ? each : least)).pair;
  }

  /** @returns false if the pair did not answer */
  async #listAt(pair: SupervisedPair): Promise<boolean> {
    if (this.links.at(pair).length === 0) return true;
    if (!pair.isUp) return false;
    try {
      const { sessions } = await pair.call('list', {}, LIMITS.RELAY_PAIR_ANSWER_MS);
      for (const session of sessions) {
        const link = this.links.get(session.linkId);
        if (link) link.lastReport = session;
      }
      return true;
    } catch (error) {
      this.journal.warn('a pair did not list its sessions', { pair: pair.number, detail: (error as Error).message });
      return false;
    }
  }
}

/** A pair may fail at any time; the control plane retries. */
function unanswered(error: Error): never {
  throw new RpcRefused(NO_PAIR, error.message);
}

const unreported = (linkId: string, remoteSessionId: string): RelayedSession => ({
  linkId,
  remoteSessionId,
  device: 'waiting',
  terminal: 'waiting',
  bytesFromDevice: 0,
  bytesFromTerminal: 0,
  lastActiveAt: toInstant(Date.now()),
});
