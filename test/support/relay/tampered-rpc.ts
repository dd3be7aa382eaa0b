import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connect, createServer as createTcpServer, type AddressInfo, type Server as TcpServer } from 'node:net';
import WebSocket, { WebSocketServer } from 'ws';
import type { HalfLog, RelayMethods, Result } from '../../../src/protocol/relay-rpc';

/** A JSON-RPC request or response. */
export interface Frame {
  method?: string;
  params?: Record<string, unknown>;
  result?: Record<string, unknown>;
  error?: { code: number; message: string };
}
/** Changes a frame in transit; undefined: it does not arrive. */
export type Tamper = (frame: Frame) => Frame | undefined;

/** A proxy between a real relay and the server, which changes their messages so that the relay appears to be broken. */
export class TamperedRpc {
  tamper: Tamper = (frame) => frame;

  private constructor(
    private readonly server: Server,
    private readonly sockets: WebSocketServer,
    private readonly target: string,
  ) {}

  /** @param target ws: address of the server's endpoint for relays */
  static async start(target: string): Promise<TamperedRpc> {
    const server = createServer();
    const sockets = new WebSocketServer({ server, handleProtocols: ([offered]) => offered ?? false });
    const it = new TamperedRpc(server, sockets, target);
    sockets.on('connection', (ws, { headers }) => {
      const further = new WebSocket(target, ws.protocol, { headers: { authorization: headers.authorization } });
      const opened = once(further, 'open');
      const pass = (data: Buffer, to: WebSocket) => {
        const frame = it.tamper(JSON.parse(data.toString()) as Frame);
        if (frame && to.readyState === to.OPEN) to.send(JSON.stringify(frame));
      };
      ws.on('message', (data: Buffer) => void opened.then(() => pass(data, further)));
      further.on('message', (data: Buffer) => pass(data, ws));
      for (const [one, other] of [
        [ws, further],
        [further, ws],
      ] as const) {
        one.on('error', () => undefined);
        one.on('close', () => other.terminate());
      }
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return it;
  }

  get url(): string {
    const { pathname } = new URL(this.target);
    return `ws://127.0.0.1:${(this.server.address() as AddressInfo).port}${pathname}`;
  }

  cut(): void {
    for (const ws of this.sockets.clients) ws.terminate();
  }

  async stop(): Promise<void> {
    this.cut();
    await once(this.server.close(), 'close');
  }
}

type Link = Result<RelayMethods, 'connection-info'>;

/** Another address for the device's half. */
export const withDeviceUrl =
  (change: (url: URL) => void): Tamper =>
  (frame) => {
    const link = frame.result as Link | undefined;
    if (!link?.linkId) return frame;
    const url = new URL(link.device.url);
    change(url);
    return { ...frame, result: { ...link, device: { ...link.device, url: url.href } } };
  };

/** Other logs of one kind; undefined: they are not reported. */
export const withLogs =
  (kind: HalfLog['event']['kind'], change: (log: HalfLog) => object | undefined): Tamper =>
  (frame) => {
    const log = frame.method === 'report-log' ? (frame.params as unknown as HalfLog) : undefined;
    if (log?.event.kind !== kind) return frame;
    const params = change(log);
    return params && { ...frame, params: params as Record<string, unknown> };
  };

/** A TCP way to a port on loopback; `change` sees what comes back, with how much came before; undefined: is lost. */
export async function tamperedTcp(
  port: () => number,
  change: (bytes: Buffer, before: number) => Buffer | undefined,
): Promise<TcpServer> {
  const server = createTcpServer((socket) => {
    const further = connect(port(), '127.0.0.1');
    let before = 0;
    further.on('data', (bytes: Buffer) => {
      const changed = change(bytes, before);
      before += bytes.length;
      if (changed) socket.write(changed);
    });
    socket.pipe(further);
    for (const [one, other] of [
      [socket, further],
      [further, socket],
    ] as const) {
      one.on('error', () => undefined);
      one.on('close', () => other.destroy());
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}
