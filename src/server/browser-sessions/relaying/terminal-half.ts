import { setTimeout as delay } from 'node:timers/promises';
import type { ConnectionInfo } from '../../../protocol/control-channel';
import { LIMITS } from '../../../protocol/limits';
import { Backoff } from '../../../tunnel/backoff';
import { openTunnel, type Tunnel } from '../../../tunnel/http2-tunnel';
import { dialRelay, type RelayConnection } from '../../../tunnel/relay-connection';
import { RelayRefused, RelayUnreachable } from '../../../tunnel/relay-connection.errors';

/** The terminal half of a remote session, which this server holds for a browser. */
export interface TerminalHalf {
  readonly relay: RelayConnection;
  readonly tunnel: Tunnel;
}

/** Short, because a technician is waiting. */
const RETRY = { maxMs: 2_000 };
/** Refusals that leave the token unused. */
const TRANSIENT: readonly string[] = ['control-plane-unavailable', 'draining', 'overloaded'];

/**
 * Establishes the terminal half (S204-S214), waits for the device half, and starts the tunnel.
 * @throws RelayRefused, RelayUnreachable, StreamRefused; Error if the device did not connect in time
 */
export async function openTerminalHalf(info: ConnectionInfo): Promise<TerminalHalf> {
  const relay = await dial(info);
  try {
    await within(relay.joined, LIMITS.CONNECT_MS);
    const { remoteSessionId, applicationId } = info;
    return { relay, tunnel: await openTunnel(relay.bytes, { remoteSessionId, applicationId }) };
  } catch (error) {
    void relay.terminate();
    throw error;
  }
}

async function dial(info: ConnectionInfo): Promise<RelayConnection> {
  const deadline = performance.now() + LIMITS.DIAL_TIMEOUT_MS;
  const backoff = new Backoff(RETRY);
  for (;;) {
    try {
      return await dialRelay(info, 'terminal');
    } catch (error) {
      const isTransient =
        error instanceof RelayRefused ? TRANSIENT.includes(error.code) : error instanceof RelayUnreachable;
      const wait = backoff.next();
      if (!isTransient || performance.now() + wait > deadline) throw error;
      await delay(wait);
    }
  }
}

async function within(waiting: Promise<void>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('the device did not connect in time')), ms);
  });
  await Promise.race([waiting, late]).finally(() => clearTimeout(timer));
}
