import { STATUS_CODES, type IncomingMessage, type Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { Injectable, type BeforeApplicationShutdown } from '@nestjs/common';

export type UpgradeHandler = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/**
 * Hands HTTP upgrades (RFC 9110 7.8) to whoever has registered their path; all others are refused. Guards, throttling
 * and login do not apply here: the handler decides who may come in.
 */
@Injectable()
export class UpgradeRouter implements BeforeApplicationShutdown {
  private readonly handlers = new Map<string, UpgradeHandler>();
  private readonly open = new Set<Duplex>();

  /** @param path exact, without query: `/internal/relay`. One handler per path. */
  register(path: string, handler: UpgradeHandler): void {
    if (this.handlers.has(path)) throw new Error(`${path} has an upgrade handler already`);
    this.handlers.set(path, handler);
  }

  /** Takes over the upgrades of one HTTP server. */
  attach(server: Server): void {
    server.on('upgrade', (request, socket, head) => this.route(request, socket, head));
  }

  /** Modules to the right have ended their connections by now; the server cannot close while one is left. */
  beforeApplicationShutdown(): void {
    for (const socket of this.open) socket.destroy();
  }

  private route(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    // without a listener a reset by the peer would end the process
    socket.on('error', () => socket.destroy());
    const [path = ''] = (request.url ?? '').split('?');
    const handler = this.handlers.get(path);
    if (!handler) return refuseUpgrade(socket, 404, 'nothing to upgrade to here');
    this.open.add(socket);
    socket.once('close', () => this.open.delete(socket));
    handler(request, socket, head);
  }
}

/** Answers an upgrade that is not granted, and closes. `why` is one line for the person who reads the peer's log. */
export function refuseUpgrade(socket: Duplex, status: number, why: string): void {
  const head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Type: text/plain\r\n`;
  socket.end(`${head}Content-Length: ${Buffer.byteLength(why)}\r\n\r\n${why}`, () => socket.destroy());
}
