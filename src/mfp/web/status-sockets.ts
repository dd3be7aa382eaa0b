import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocket, WebSocketServer } from 'ws';
import type { Machine } from '../machine/machine';
import { MFP_LIMITS } from '../mfp-limits';
import { refuseForeignOrigin } from './same-origin';

/** `/ws/status`: pushes the status as JSON text, on opening and after each change; messages of clients are ignored. */
export class StatusSockets {
  private readonly server = new WebSocketServer({
    noServer: true,
    maxPayload: MFP_LIMITS.STATUS_SOCKET_MESSAGE_BYTES,
    perMessageDeflate: false,
  });

  constructor(private readonly machine: Machine) {
    machine.on('changed', () => {
      const text = JSON.stringify(machine.status);
      for (const socket of this.server.clients) send(socket, text);
    });
  }

  /** Answers every HTTP upgrade. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    const path = request.url?.split('?')[0];
    if (path !== '/ws/status') return refuse(socket, '404 Not Found');
    if (this.server.clients.size >= MFP_LIMITS.STATUS_SOCKETS) return refuse(socket, '503 Service Unavailable');
    try {
      refuseForeignOrigin(request);
    } catch {
      return refuse(socket, '403 Forbidden');
    }
    this.server.handleUpgrade(request, socket, head, (client) => {
      client.on('error', () => client.terminate());
      send(client, JSON.stringify(this.machine.status));
    });
  }

  close(): void {
    for (const socket of this.server.clients) socket.close(1001, 'device stops');
    for (const socket of this.server.clients) socket.terminate();
  }
}

function send(socket: WebSocket, text: string): void {
  const behind = socket.bufferedAmount > MFP_LIMITS.STATUS_SOCKET_QUEUE_BYTES;
  if (socket.readyState === WebSocket.OPEN && !behind) socket.send(text);
}

function refuse(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}
