import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Journal } from '../../journal/journal';
import { LIMITS } from '../../protocol/limits';
import { toInstant } from '../../protocol/names';
import { HALVES } from '../../protocol/remote-session';
import type { ConnectedRelay } from './relay-directory';
import { TrialFailed } from './relay-trial.errors';
import { TrialBound } from './trial-bound';
import { TrialLink, TrialLinks } from './trial-links';
import { TrialSession } from './trial-session';

/** `local`: the loopback address; `public`: the address that peers dial. */
export type TrialAddresses = 'local' | 'public';

/**
 * Proves a relay with complete synthetic sessions, one per pair, concurrently: connection information, both halves
 * established with tokens, LIMITS.TRIAL_BYTES of random bytes each way, termination, and the content of every log.
 */
@Injectable()
export class RelayTrial {
  /** Of the bound; a test decides itself when the time is over. */
  startTimer: (expire: () => void, ms: number) => NodeJS.Timeout = setTimeout;

  constructor(
    private readonly links: TrialLinks,
    private readonly journal: Journal,
  ) {}

  /**
   * @param relay a candidate, or the serving relay
   * @throws TrialFailed, within LIMITS.TRIAL_MS
   */
  async run(relay: ConnectedRelay, addresses: TrialAddresses): Promise<void> {
    const bound = new TrialBound();
    const timer = this.startTimer(() => bound.end(`not within ${LIMITS.TRIAL_MS / 1000} s`), LIMITS.TRIAL_MS);
    void relay.peer.closed.then(() => bound.end('the relay is not connected any more'));
    const links: TrialLink[] = [];
    try {
      // Request all links first: a relay assigns each link to the pair that has the fewest.
      const made = Array.from({ length: relay.pairs }, () => this.makeLink(relay, addresses));
      links.push(...(await bound.step('connection information', Promise.all(made))));
      for (const link of links) this.links.add(link);
      const pairs = new Set(links.map(({ address }) => address)).size;
      if (pairs < relay.pairs) throw new TrialFailed(`only ${pairs} of ${relay.pairs} pairs accept sessions`);
      await Promise.all(links.map((link) => new TrialSession(link, bound).pass()));
      this.journal.info('a relay has passed its trial', { relayId: relay.id, instance: relay.instance });
    } catch (error) {
      for (const link of links) this.forceEnd(relay, link);
      throw error;
    } finally {
      clearTimeout(timer);
      bound.end('the trial is over');
      for (const link of links) this.links.remove(link);
    }
  }

  private async makeLink(relay: ConnectedRelay, trial: TrialAddresses): Promise<TrialLink> {
    const remoteSessionId = randomUUID();
    const until = toInstant(Date.now() + LIMITS.TRIAL_MS);
    const made = await relay.peer.call('connection-info', { remoteSessionId, connectBefore: until, trial });
    return new TrialLink(relay.id, remoteSessionId, until, made, relay);
  }

  private forceEnd(relay: ConnectedRelay, { linkId }: TrialLink): void {
    for (const half of HALVES)
      relay.peer.call('end-session', { linkId, half, ending: 'failed' }).catch(() => undefined); // the relay may not answer; its trial failed anyway
  }
}
