import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { z } from 'zod';
import type { Journal } from '../../journal/journal';
import { passToAgent, passToServer, wake, type WakeAddress } from '../../protocol/control-channel';
import { LIMITS } from '../../protocol/limits';
import { jittered } from '../../protocol/waits';
import { readChallenge, writeHello } from '../../protocol/wake';
import type { ControlChannel } from '../channel/control-channel';
import { LanLines } from './lan-lines';
import { wakeOnLan } from './wake-on-lan';

type Wake = z.infer<typeof wake.request>;
type Outcome = z.infer<typeof wake.response>;

const ATTEMPT_MS = 3_000;
const PAUSE_MS = 1_000;

export interface SubstituteOptions {
  readonly channel: Pick<ControlChannel, 'handle' | 'request'>;
  /** The addresses that the owner lists; the MAC addresses are those that Wake-on-LAN packets may go to. */
  readonly others: readonly WakeAddress[];
  readonly journal: Journal;
  readonly sendMs?: number;
  readonly idleMs?: number;
}

/** A connection to another agent on the LAN. */
interface Connection {
  readonly lines: LanLines;
  /** Lines that the server has not acknowledged, the first one on its way; null: the connection has ended. */
  readonly toServer: (string | null)[];
  idle: NodeJS.Timeout | undefined;
}

/**
 * This agent as the substitute of others at its site (A2, A3): connects to them and passes sealed lines on, in both
 * directions. It can neither read nor change them.
 */
export class Substitute {
  readonly #connections = new Map<string, Connection>();
  #connecting = 0;
  #stopping = new AbortController();

  constructor(private readonly options: SubstituteOptions) {
    const { channel } = options;
    channel.handle(wake, (request) => this.#wake(request));
    channel.handle(passToAgent, ({ channelId, line }) => this.#toAgent(channelId, line));
  }

  /** Ends all connections: without the control channel there is nothing to pass on. */
  offline(): void {
    this.#stopping.abort();
    this.#stopping = new AbortController();
    for (const { lines } of this.#connections.values()) lines.cut();
  }

  /** The server chooses among what the owner lists, so that it cannot probe the LAN or wake any computer in it. */
  async #wake({ channelId, wake: { host, port } }: Wake): Promise<Outcome> {
    const listed = this.options.others.find((other) => other.host === host && other.port === port);
    if (!listed) return { outcome: 'not-listed', detail: '' };
    if (this.#connections.size + this.#connecting >= LIMITS.WAKE_CHANNELS) return { outcome: 'full', detail: '' };
    this.#connecting++;
    try {
      return await this.#connect(channelId, listed, this.#stopping.signal);
    } finally {
      this.#connecting--;
    }
  }

  /** Retries until the agent answers or the time is up. */
  async #connect(channelId: string, { host, port, mac }: WakeAddress, signal: AbortSignal): Promise<Outcome> {
    const deadline = performance.now() + (this.options.sendMs ?? LIMITS.WAKE_SEND_MS);
    let why = '';
    while (performance.now() < deadline && !signal.aborted) {
      if (mac !== null) await wakeOnLan(mac);
      try {
        const { socket, lines, challenge } = await this.#greet(channelId, host, port);
        if (signal.aborted) socket.destroy();
        lines.write(writeHello(channelId));
        return { outcome: 'open', challenge };
      } catch (error) {
        why = (error as Error).message;
      }
      await delay(jittered(PAUSE_MS, { least: 0.5, most: 1.5 }), undefined, { signal }).catch(() => undefined);
    }
    return { outcome: 'unreachable', detail: why.slice(0, 200) };
  }

  /** The connection is kept from its first line on. */
  #greet(channelId: string, host: string, port: number) {
    return new Promise<{ socket: Socket; lines: LanLines; challenge: string }>((resolve, reject) => {
      const socket = connect({ host, port });
      const late = setTimeout(() => socket.destroy(new Error(`${host} port ${port} does not answer`)), ATTEMPT_MS);
      let connection: Connection | undefined;
      const lines = new LanLines(socket, (line) => {
        if (connection) return this.#received(channelId, connection, line);
        const challenge = readChallenge(line);
        if (challenge === undefined) return lines.cut();
        clearTimeout(late);
        connection = { lines, toServer: [], idle: undefined };
        this.#connections.get(channelId)?.lines.cut();
        this.#connections.set(channelId, connection);
        this.#resetIdle(connection);
        resolve({ socket, lines, challenge });
      });
      socket.on('error', reject);
      void lines.closed.then(() => {
        clearTimeout(late);
        if (connection) this.#ended(channelId, connection);
        else reject(new Error(`${host} port ${port} is not an agent`));
      });
    });
  }

  #toAgent(channelId: string, line: string | null): { open: boolean } {
    const connection = this.#connections.get(channelId);
    if (!connection) return { open: false };
    this.#resetIdle(connection);
    if (line === null) connection.lines.close();
    else connection.lines.write(line);
    return { open: true };
  }

  #received(channelId: string, connection: Connection, line: string): void {
    // no line beside the sealed ones leaves the LAN
    if (connection.toServer.length >= LIMITS.WAKE_LINES || !passToServer.request.safeParse({ channelId, line }).success)
      return connection.lines.cut();
    this.#resetIdle(connection);
    this.#toServer(channelId, connection, line);
  }

  #ended(channelId: string, connection: Connection): void {
    clearTimeout(connection.idle);
    if (this.#connections.get(channelId) === connection) this.#connections.delete(channelId);
    this.#toServer(channelId, connection, null);
  }

  #toServer(channelId: string, connection: Connection, line: string | null): void {
    connection.toServer.push(line);
    if (connection.toServer.length === 1) void this.#passOn(channelId, connection);
  }

  /** One line after the other, in order. */
  async #passOn(channelId: string, { toServer, lines }: Connection): Promise<void> {
    for (let line = toServer[0]; line !== undefined; line = toServer[0]) {
      try {
        const { open } = await this.options.channel.request(passToServer, { channelId, line });
        if (!open) lines.cut();
      } catch (error) {
        this.options.journal.debug('a line of another agent was not passed on', { detail: (error as Error).message });
        lines.cut();
      }
      toServer.shift();
    }
  }

  #resetIdle(connection: Connection): void {
    clearTimeout(connection.idle);
    connection.idle = setTimeout(() => connection.lines.close(), this.options.idleMs ?? LIMITS.WAKE_IDLE_MS);
  }
}
