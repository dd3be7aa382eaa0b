import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import { LIMITS } from '../../../protocol/limits';
import { splice } from '../../../tunnel/splice';
import { WebSocketBytes } from '../../../tunnel/websocket-bytes';
import { MessageSocket } from '../../../tunnel/websocket/message-socket';
import { watchHeartbeat } from '../../../tunnel/heartbeat';
import type { BrowserSession } from '../browser-session';

const SUBPROTOCOL = 'binary';

/** Carries one TCP connection to an application in the binary frames of a WebSocket, the format that noVNC reads. */
export class ByteStreams {
  private readonly sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: LIMITS.RELAY_FRAME_BYTES,
    handleProtocols: (offered) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
  });

  /** @param done called when the stream has ended */
  accept(session: BrowserSession, request: IncomingMessage, socket: Duplex, head: Buffer, done: () => void): void {
    socket.once('close', done);
    this.sockets.handleUpgrade(request, socket, head, (ws) => void this.carry(session, ws));
  }

  private async carry(session: BrowserSession, ws: WebSocket): Promise<void> {
    ws.on('error', () => ws.terminate());
    watchHeartbeat(ws, LIMITS.RELAY_PING_INTERVAL_MS, () => ws.terminate());
    const bytes = new WebSocketBytes(new MessageSocket(ws)); // before any await: the first bytes may already have arrived
    try {
      const stream = await session.dial();
      // a WebSocket has no half-close: it ends with the last byte of the device
      bytes.once('finish', () => void this.conclude(session, ws, true));
      stream.once('close', () => void this.conclude(session, ws, false));
      await splice(bytes, stream);
    } catch {
      await this.conclude(session, ws, false);
    }
  }

  private async conclude(session: BrowserSession, ws: WebSocket, complete: boolean): Promise<void> {
    if (ws.readyState !== ws.OPEN) return;
    const end = complete ? undefined : await session.causeOfCut();
    if (end) ws.close(1001, end.text.slice(0, 100));
    else if (complete) ws.close(1000);
    else ws.close(1011, 'the connection to the device broke');
    setTimeout(() => ws.terminate(), LIMITS.RELAY_CLOSE_MS).unref();
  }
}
