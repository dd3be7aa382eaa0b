import type { ConnectionInfo } from '../../../protocol/control-channel';
import { LIMITS } from '../../../protocol/limits';
import type { Tunnel } from '../../../tunnel/http2-tunnel';
import type { RelayConnection } from '../../../tunnel/relay-connection';
import { joinRelay, tunnelOver } from '../../../tunnel/terminal-half';

/** The terminal half of a remote session, which this server holds for a browser. */
export interface TerminalHalf {
  readonly relay: RelayConnection;
  readonly tunnel: Tunnel;
}

/** Short, because a technician is waiting. */
const RETRY_MAX_MS = 2_000;

/**
 * Establishes the terminal half (S204-S214), waits for the device half, and starts the tunnel.
 * @throws RelayNotEncrypted, RelayRefused, RelayUnreachable, StreamRefused, DeviceNotConnected; Error if the relay closes
 * the connection
 */
export async function openTerminalHalf(info: ConnectionInfo): Promise<TerminalHalf> {
  const relay = await joinRelay(info, { withinMs: LIMITS.DIAL_TIMEOUT_MS, retryMaxMs: RETRY_MAX_MS });
  try {
    return { relay, tunnel: await tunnelOver(relay, info) };
  } catch (error) {
    void relay.terminate();
    throw error;
  }
}
