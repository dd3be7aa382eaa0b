import { toInstant } from '../../protocol/names';
import type { RelayMessage } from '../../protocol/relay-messages';
import type { HalfLog, RelayedSession as RelayedSessionWire } from '../../protocol/relay-rpc';
import { HALVES, type Half, type HalfState } from '../../protocol/remote-session';
import type { Journal } from '../../journal/journal';
import type { PeerSocket } from './peer-socket';
import { Link } from './link';

export type Established = Extract<RelayMessage, { type: 'established' }>;
export type Terminated = Extract<RelayMessage, { type: 'terminated' }>;
/** By whose wish a half ends in order; other endings have no numbered steps. */
export type EndedBy = 'requested' | 'control-plane' | 'other';

/** Who speaks with the peer of a half: the Cloud Hub itself, or the Web Agent for the terminal. */
export interface HalfOwner {
  established(peer: PeerSocket, message: Established): void;
  terminated(peer: PeerSocket, message: Terminated, by: EndedBy, remoteSessionId: string): void;
}

/** The relay's view of one half. `ending`: its end log is being written and reported. */
export interface HalfRecord {
  state: 'waiting' | 'connecting' | 'connected' | 'ending' | 'ended';
  tokenHash: string | null;
  /** A half has one, even if it must try twice. */
  startLog: HalfLog | undefined;
  /** The start log is stored. */
  started: boolean;
  peer: PeerSocket | undefined;
  owner: HalfOwner | undefined;
  /** Resolves when the half has ended and its peer is notified; set from `ending` on. */
  ended: Promise<void> | undefined;
}

const freshHalf = (): HalfRecord => ({
  state: 'waiting',
  tokenHash: null,
  startLog: undefined,
  started: false,
  peer: undefined,
  owner: undefined,
  ended: undefined,
});

const WIRE_STATE: Record<HalfRecord['state'], HalfState> = {
  waiting: 'waiting',
  connecting: 'waiting',
  connected: 'connected',
  ending: 'connected',
  ended: 'ended',
};

/** One remote session as the relay sees it: two halves and the link between them. */
export class RelayedSession {
  readonly halves: Record<Half, HalfRecord> = { device: freshHalf(), terminal: freshHalf() };
  readonly link: Link;
  /** The moment the token stops being valid; known from the first authentication on. */
  validUntil: Date | undefined;

  constructor(
    readonly linkId: string,
    readonly remoteSessionId: string,
    readonly connectBefore: Date,
    readonly trial: boolean,
    journal: Journal,
  ) {
    this.link = new Link((from) => {
      // The relay does not look into the bytes: it can name the first ones of each direction only.
      for (const step of from === 'terminal' ? (['S233', 'S234'] as const) : (['S242', 'S243'] as const))
        journal.step(step, remoteSessionId, { bytes: 'first' });
    });
  }

  get over(): boolean {
    return HALVES.every((half) => this.halves[half].state === 'ended');
  }

  describe(): RelayedSessionWire {
    const { device, terminal } = this.halves;
    return {
      linkId: this.linkId,
      remoteSessionId: this.remoteSessionId,
      device: WIRE_STATE[device.state],
      terminal: WIRE_STATE[terminal.state],
      bytesFromDevice: this.link.counters.device.received,
      bytesFromTerminal: this.link.counters.terminal.received,
      lastActiveAt: toInstant(this.link.lastActiveAt),
    };
  }
}
