import type { Server } from 'node:https';
import type { Socket } from 'node:net';
import type { Journal } from '../journal/journal';
import { LIMITS } from '../protocol/limits';
import { offeredProtocols } from '../tunnel/client-hello';
import { readFirstBytes } from '../tunnel/first-bytes';

/** XEP-0368, RFC 7301 */
const CONTROL_CHANNEL = 'xmpp-client';

/** The part of the control channel that is used here. */
interface ControlChannel {
  accept(socket: Socket): void;
  stop(): Promise<void>;
}

/**
 * Serves the control channel on the port of the console, too. The protocol that a client offers in its ClientHello decides,
 * before the handshake, because the control channel has a key of its own, which agents pin.
 * Call it when the listeners of the server are in place.
 */
export function shareOnePort(server: Server, channel: ControlChannel, journal: Journal): void {
  const console = server.listeners('connection') as ((socket: Socket) => void)[];
  server.removeAllListeners('connection');
  server.maxConnections = LIMITS.HTTP_CONNECTIONS + LIMITS.XMPP_CONNECTIONS;

  const undecided = new Set<Socket>();
  const cutOldest = () => {
    const [oldest] = undecided;
    if (!oldest || undecided.size <= LIMITS.CLIENT_HELLOS_AWAITED) return;
    undecided.delete(oldest);
    oldest.destroy();
  };
  const decide = async (socket: Socket): Promise<void> => {
    socket.on('error', () => undefined);
    undecided.add(socket);
    cutOldest();
    try {
      const offered = await readFirstBytes(socket, offeredProtocols, LIMITS.CLIENT_HELLO_MS);
      if (offered.includes(CONTROL_CHANNEL)) channel.accept(socket);
      else for (const listener of console) listener.call(server, socket);
    } catch {
      socket.destroy();
    } finally {
      undecided.delete(socket);
    }
  };
  server.on('connection', (socket: Socket) => void decide(socket));

  // the server has closed when its last connection has, and agents stay connected until they are sent away
  const close = server.close.bind(server);
  server.close = (callback) => {
    for (const socket of undecided) socket.destroy();
    channel.stop().catch((error: unknown) => journal.unexpected(error, 'stopping the control channel'));
    return close(callback);
  };
}
