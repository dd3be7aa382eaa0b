import { setTimeout as delay } from 'node:timers/promises';
import type { ConnectionInfo } from '../protocol/control-channel';
import { LIMITS } from '../protocol/limits';
import { Backoff } from './backoff';
import { openTunnel, type Tunnel } from './http2-tunnel';
import type { OutboundProxy } from './outbound-proxy';
import { dialRelay, type RelayConnection } from './relay-connection';
import { mayDialAgain } from './relay-connection.errors';

export interface JoinOptions {
  /** How long attempts are repeated. */
  readonly withinMs: number;
  /** The longest wait between two attempts. */
  readonly retryMaxMs: number;
  readonly signal?: AbortSignal;
  /** By default, the relay is dialled directly. */
  readonly outbound?: OutboundProxy;
  /** Whether the relay reports interruptions of the device's half. */
  readonly reportInterruptions?: boolean;
}

/**
 * Establishes the terminal's half of a session at its relay (S204), with retries while the relay may be reached later.
 * @throws RelayNotEncrypted, RelayRefused, RelayUnreachable (also on abort)
 */
export async function joinRelay(info: ConnectionInfo, options: JoinOptions): Promise<RelayConnection> {
  const { signal, outbound, reportInterruptions } = options;
  const deadline = performance.now() + options.withinMs;
  const backoff = new Backoff({ maxMs: options.retryMaxMs });
  for (;;) {
    try {
      return await dialRelay(info, 'terminal', { signal, outbound, reportInterruptions, resumable: true });
    } catch (error) {
      const wait = backoff.next();
      if (signal?.aborted || !mayDialAgain(error) || performance.now() + wait > deadline) throw error;
      await delay(wait, undefined, { signal }).catch(() => undefined);
    }
  }
}

/** The device's half was not established in time. */
export class DeviceNotConnected extends Error {
  override readonly name = 'DeviceNotConnected';
  readonly code = 'device-not-connected';

  constructor(options?: ErrorOptions) {
    super('the device did not connect in time', options);
  }
}

/**
 * Waits for the device's half and starts the tunnel.
 * @throws DeviceNotConnected, StreamRefused; Error if the relay closes the connection first
 */
export async function tunnelOver(relay: RelayConnection, info: ConnectionInfo): Promise<Tunnel> {
  await within(relay.joined, LIMITS.CONNECT_MS);
  const { remoteSessionId, applicationId } = info;
  return openTunnel(relay.bytes, { remoteSessionId, applicationId });
}

async function within(waiting: Promise<void>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new DeviceNotConnected()), ms);
  });
  await Promise.race([waiting, late]).finally(() => clearTimeout(timer));
}
