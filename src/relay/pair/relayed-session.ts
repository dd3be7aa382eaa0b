import type { ByteCounts } from '../../protocol/relay-rpc';
import { toInstant } from '../../protocol/names';
import type { RelayMessage } from '../../protocol/relay-messages';
import type { HalfLog, RelayedSession as RelayedSessionWire } from '../../protocol/relay-rpc';
import { HALVES, type Half, type HalfState } from '../../protocol/remote-session';
import type { Journal } from '../../journal/journal';
import type { HalfResumption } from './half-resumption';
import type { PeerSocket } from './peer-socket';
import { Link } from './link';

export type Established = Extract<RelayMessage, { type: 'established' }>;
export type Terminated = Extract<RelayMessage, { type: 'terminated' }>;
/** Who requested the end of a half; other endings have no numbered steps. */
export type EndedBy = 'requested' | 'control-plane' | 'other';

/** Sends messages to the peer of a half: the Cloud Hub or, for the terminal, the Web Agent. */
export interface HalfOwner {
  /** Has the peer served from now on. */
  serveEstablished(session: RelayedSession, peer: PeerSocket): void;
  established(peer: PeerSocket, message: Established): void;
  terminated(peer: PeerSocket, message: Terminated, by: EndedBy, remoteSessionId: string): void;
}

/** The relay's view of one half. `ending`: its end log is being written and reported. */
export interface HalfRecord {
  state: 'waiting' | 'connecting' | 'connected' | 'ending' | 'ended';
  tokenHash: string | null;
  /** Of a half that is not connected yet: reused when it has to try again. */
  startLog: HalfLog | undefined;
  /** The start log is stored. */
  started: boolean;
  peer: PeerSocket | undefined;
  owner: HalfOwner | undefined;
  /** Set when both halves are joined, if both are resumable. */
  resumption: HalfResumption | undefined;
  /** Set in state `ending`; resolves when the half has ended and its peer is notified. */
  ended: Promise<void> | undefined;
}

const newHalf = (): HalfRecord => ({
  state: 'waiting',
  tokenHash: null,
  startLog: undefined,
  started: false,
  peer: undefined,
  owner: undefined,
  resumption: undefined,
  ended: undefined,
});

const WIRE_STATE: Record<HalfRecord['state'], HalfState> = {
  waiting: 'waiting',
  connecting: 'waiting',
  connected: 'connected',
  ending: 'connected',
  ended: 'ended',
};

/** The relay's view of one remote session: two halves and the link between them. */
export class RelayedSession {
  readonly halves: Record<Half, HalfRecord> = { device: newHalf(), terminal: newHalf() };
  readonly link: Link;
  /** When the token expires, milliseconds since 1970; known after the first authentication. */
  validUntil: number | undefined;
  /** How many times a half has resumed. */
  renewals = 0;
  #bytesSeen = 0;

  constructor(
    readonly linkId: string,
    readonly remoteSessionId: string,
    /** Milliseconds since 1970. */
    readonly connectBefore: number,
    readonly trial: boolean,
    journal: Journal,
  ) {
    this.link = new Link((from) => {
      for (const step of from === 'terminal' ? (['S233', 'S234'] as const) : (['S242', 'S243'] as const))
        journal.step(step, remoteSessionId);
    });
  }

  /** Whether bytes were counted since the last call. */
  hasNewBytes(): boolean {
    const { device, terminal } = this.link.counters;
    const bytes = device.received + terminal.received;
    if (bytes === this.#bytesSeen) return false;
    this.#bytesSeen = bytes;
    return true;
  }

  byteCounts(): ByteCounts {
    const { device, terminal } = this.link.counters;
    return { linkId: this.linkId, bytesFromDevice: device.received, bytesFromTerminal: terminal.received };
  }

  get over(): boolean {
    return HALVES.every((half) => this.halves[half].state === 'ended');
  }

  describe(): RelayedSessionWire {
    const { device, terminal } = this.halves;
    return {
      ...this.byteCounts(),
      remoteSessionId: this.remoteSessionId,
      device: WIRE_STATE[device.state],
      terminal: WIRE_STATE[terminal.state],
      lastActiveAt: toInstant(this.link.lastActiveAt),
    };
  }
}
