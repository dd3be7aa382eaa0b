import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import type { Journal } from '../../journal/journal';
import { LIMITS } from '../../protocol/limits';
import { lineContext, readChannelId, writeHello, type SubstituteChannelNames } from '../../protocol/wake';
import { SealedChannel } from '../../tunnel/sealed-channel';
import { unseal } from '../../tunnel/sealed-text';
import { LanLines } from './lan-lines';

export interface WakeListenerOptions {
  readonly agentId: string;
  /** The keys that the server may have. */
  readonly keys: () => readonly Buffer[];
  /** The server has proved the key: attach a peer. */
  readonly onChannel: (channel: SealedChannel) => void;
  readonly journal: Journal;
  readonly firstLineMs?: number;
}

/** A connection that has not proved the key. */
interface Pending {
  readonly lines: LanLines;
  readonly address: string;
}

const LOGGED_EVERY_MS = 60_000;

/**
 * Listens on the LAN for a substitute (protocol/wake.ts), always: an agent does not know when it loses its connection to the
 * server. The latest connection that proves the key is the substitute channel.
 */
export class WakeListener {
  readonly #server: Server;
  /** Oldest first. */
  readonly #pending = new Set<Pending>();
  #channel: SealedChannel | undefined;
  #lastLogged = -Infinity;

  constructor(private readonly options: WakeListenerOptions) {
    this.#server = createServer((socket) => this.#serve(socket));
    this.#server.on('error', (error) => options.journal.error('the wake listener failed', { detail: error.message }));
  }

  /** Rejects if the address is not available. */
  async listen(host: string, port: number): Promise<void> {
    this.#server.listen(port, host);
    await once(this.#server, 'listening');
  }

  async close(): Promise<void> {
    for (const { lines } of this.#pending) lines.cut();
    this.#channel?.close();
    if (!this.#server.listening) return;
    await once(this.#server.close(), 'close');
  }

  #serve(socket: Socket): void {
    const since = performance.now();
    const challenge = randomBytes(32).toString('base64url');
    let channelId: string | undefined;
    let channel: SealedChannel | undefined;
    const lines = new LanLines(socket, (line) => {
      if (channel) return void channel.receive(line);
      if (channelId === undefined) {
        channelId = readChannelId(line);
        return channelId === undefined ? this.#refuse(pending) : undefined;
      }
      const names = { agentId: this.options.agentId, channelId, challenge };
      const key = this.options.keys().find((each) => opens(each, names, line));
      if (!key) return this.#refuse(pending);
      clearTimeout(late);
      this.#pending.delete(pending);
      const send = (sealed: string) => lines.write(sealed);
      channel = new SealedChannel(key, { ...names, end: 'agent', since, send, close: () => lines.close() });
      this.#use(channel);
      channel.receive(line);
    });
    const pending = { lines, address: socket.remoteAddress ?? '' };
    const late = setTimeout(() => lines.cut(), this.options.firstLineMs ?? LIMITS.WAKE_LINE_MS);
    void lines.closed.then(() => {
      clearTimeout(late);
      this.#pending.delete(pending);
      channel?.ended();
    });
    this.#makeRoom(pending);
    lines.write(writeHello(challenge));
  }

  /** So many connections may prove the key that a flood from the LAN costs little and keeps no substitute away. */
  #makeRoom(next: Pending): void {
    this.#pending.add(next);
    const all = [...this.#pending];
    const ofAddress = all.filter(({ address }) => address === next.address);
    if (ofAddress.length > LIMITS.WAKE_CONNECTIONS_PER_ADDRESS) ofAddress[0]?.lines.cut();
    else if (all.length > LIMITS.WAKE_CONNECTIONS) all[0]?.lines.cut();
  }

  #use(channel: SealedChannel): void {
    this.#channel?.close();
    this.#channel = channel;
    this.options.onChannel(channel);
  }

  #refuse({ lines, address }: Pending): void {
    lines.cut();
    if (performance.now() - this.#lastLogged < LOGGED_EVERY_MS) return;
    this.#lastLogged = performance.now();
    this.options.journal.warn('refused a wake request', { address });
  }
}

/** Whether the first line of the server was sealed with this key. */
function opens(key: Buffer, names: SubstituteChannelNames, line: string): boolean {
  try {
    unseal(key, lineContext(names, 'to-agent', 1), line);
    return true;
  } catch {
    return false;
  }
}
