import type { XmppLimits } from '../xmpp-limits';

/** One admitted login. It counts as a failure until it is reported otherwise. */
export interface Attempt {
  succeeded(): void;
  /** The peer disconnected before its guess. */
  abandoned(): void;
}

interface Watched {
  readonly since: number;
  total: number;
  readonly byNetwork: Map<string, number>;
}

/**
 * Limits guesses at passwords. An account is refused to a network after XMPP_AUTH_TRIES_PER_ACCOUNT failures from it;
 * after XMPP_AUTH_TRIES_FROM_ALL_NETWORKS failures, to every network that has failed at all. An attacker therefore never
 * locks out an agent elsewhere that knows its password, and refusals do not prolong a lock: it ends with the window.
 * Attempts count from admission, so that parallel guesses are counted, too.
 */
export class AccountGuard {
  private readonly watched = new Map<string, Watched>();

  constructor(
    private readonly limits: XmppLimits,
    private readonly now: () => number = () => Date.now(),
  ) {}

  /** Undefined: refused for now. */
  admit(account: string, network: string): Attempt | undefined {
    const entry = this.entryOf(account);
    const tries = entry.byNetwork.get(network) ?? 0;
    if (tries >= this.limits.XMPP_AUTH_TRIES_PER_ACCOUNT) return undefined;
    if (tries > 0 && entry.total >= this.limits.XMPP_AUTH_TRIES_FROM_ALL_NETWORKS) return undefined;
    entry.total += 1;
    entry.byNetwork.delete(network);
    entry.byNetwork.set(network, tries + 1);
    dropOldest(entry.byNetwork, this.limits.XMPP_AUTH_WATCHED_NETWORKS);
    return {
      succeeded: () => this.forgive(account, entry, network, Infinity),
      abandoned: () => this.forgive(account, entry, network, 1),
    };
  }

  private entryOf(account: string): Watched {
    const known = this.watched.get(account);
    if (known && this.now() - known.since < this.limits.XMPP_AUTH_WINDOW_MS) return known;
    const fresh: Watched = { since: this.now(), total: 0, byNetwork: new Map() };
    this.watched.delete(account);
    this.watched.set(account, fresh);
    dropOldest(this.watched, this.limits.XMPP_AUTH_WATCHED_ACCOUNTS);
    return fresh;
  }

  private forgive(account: string, entry: Watched, network: string, count: number): void {
    const tries = entry.byNetwork.get(network) ?? 0;
    const forgiven = Math.min(tries, count);
    entry.total -= forgiven;
    if (tries > forgiven) entry.byNetwork.set(network, tries - forgiven);
    else entry.byNetwork.delete(network);
    if (entry.total === 0 && this.watched.get(account) === entry) this.watched.delete(account);
  }
}

/** Maps keep the order of insertion. */
function dropOldest(map: Map<string, unknown>, bound: number): void {
  for (const key of map.keys()) {
    if (map.size <= bound) return;
    map.delete(key);
  }
}
