import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { WebSocketServer } from 'ws';

/** A file whose every byte is known: byte n is n mod 251. */
export const FILE_BYTES = 1_000_000;
export const FILE = Buffer.from(Array.from({ length: FILE_BYTES }, (_, n) => n % 251));
const MB = Buffer.alloc(1024 * 1024, 'platen');
const REALM = 'device';
const NONCE = randomBytes(8).toString('hex');
const md5 = (text: string): string => createHash('md5').update(text).digest('hex');

/** A device's web server that does everything that HTTP/1.1 permits; each path is one case. */
export class ConformanceDevice {
  readonly sockets = new Set<Socket>();
  /** The most connections at a time so far. */
  mostSockets = 0;
  /** The latest requests, newest last. */
  readonly seen: { url: string; headers: IncomingMessage['headers']; socket: Socket }[] = [];
  /** Bytes of `/stream` that have left the device. */
  streamed = 0;
  private constructor(private readonly server: Server) {}

  static async start(): Promise<ConformanceDevice> {
    const server = createServer({ keepAliveTimeout: 30_000 });
    const it = new ConformanceDevice(server);
    server.requestTimeout = 0;
    server.on('connection', (socket) => {
      it.sockets.add(socket);
      it.mostSockets = Math.max(it.mostSockets, it.sockets.size);
      socket.once('close', () => it.sockets.delete(socket));
    });
    server.on('request', (request, response) => it.answer(request, response));
    server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
      if (request.url === '/expect-refused') return void response.writeHead(417, { 'X-Refused': 'yes' }).end();
      response.writeContinue();
      it.answer(request, response);
    });
    const sockets = new WebSocketServer({ noServer: true, maxPayload: 32 * 1024 * 1024 });
    server.on('upgrade', (request, socket, head) => {
      it.note(request);
      if (!request.url?.startsWith('/ws'))
        return void socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\nX-Why: no\r\n\r\nno');
      sockets.handleUpgrade(request, socket, head, (ws) => {
        ws.send(JSON.stringify(request.headers));
        ws.on('message', (data, isBinary) => ws.send(data, { binary: isBinary }));
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return it;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }
  get authority(): string {
    return `127.0.0.1:${this.port}`;
  }
  get origin(): string {
    return `http://${this.authority}`;
  }

  async stop(): Promise<void> {
    this.server.close();
    this.server.closeAllConnections();
    for (const socket of this.sockets) socket.destroy();
    await once(this.server, 'close');
  }

  private note({ url = '', headers, socket }: IncomingMessage): void {
    this.seen.push({ url, headers, socket });
    if (this.seen.length > 1_000) this.seen.shift();
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    this.note(request);
    const url = new URL(request.url ?? '/', this.origin);
    const [, name = '', detail = ''] = (request.url ?? '/').split(/[/?]/);
    const found = (CASES as Record<string, Case | undefined>)[name];
    if (found) found({ request, response, url, detail, device: this });
    else response.writeHead(404, { 'Content-Type': 'text/plain' }).end('no such case');
  }
}

interface Asked {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly url: URL;
  readonly detail: string;
  readonly device: ConformanceDevice;
}
type Case = (asked: Asked) => void;

const text = (response: ServerResponse, body: string, headers: Record<string, string> = {}): void => {
  response.writeHead(200, { 'Content-Type': 'text/plain', 'Content-Length': Buffer.byteLength(body), ...headers });
  response.end(body);
};
const html = (response: ServerResponse, body: string | Buffer, headers: Record<string, string> = {}): void => {
  response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8', ...headers });
  response.end(body);
};

/** A page with links of every kind to the device's own, absolute address. */
export const page = (origin: string): string =>
  `<!doctype html><title>Device</title><a id="abs" href="${origin}/echo?from=abs">abs</a><a href="/echo">rel</a>` +
  `<form action="${origin}/form" method="post"><input name="a" value="1"></form><img src="${origin}/png">` +
  `<script>window.mine = '${origin}/script';</script>`;

const CASES: Record<string, Case> = {
  '': ({ response, device }) => html(response, page(device.origin)),
  status: ({ response, detail }) => response.writeHead(Number(detail), 'As Asked', { 'X-Status': detail }).end(),
  redirect: ({ response, detail, device, url }) => {
    const to: Record<string, string> = {
      absolute: `${device.origin}/echo?a=b#c`,
      relative: '../echo',
      path: '/echo',
      scheme: `//${device.authority}/echo`,
      elsewhere: 'http://example.com/echo',
    };
    const code = Number(url.searchParams.get('code') ?? 302);
    response.writeHead(code, { Location: to[detail]!, 'Content-Location': `${device.origin}/here` }).end();
  },
  refresh: ({ response, device }) => text(response, 'soon', { Refresh: `1; url=${device.origin}/echo` }),
  page: ({ response, device }) => html(response, page(device.origin), { ETag: '"v1"' }),
  'page-gzip': ({ response, device }) => html(response, gzipSync(page(device.origin)), { 'Content-Encoding': 'gzip' }),
  'page-br': ({ response, device }) =>
    html(response, brotliCompressSync(page(device.origin)), { 'Content-Encoding': 'br' }),
  cookies: ({ response, device }) => {
    response.setHeader('Set-Cookie', [
      'plain=1',
      `domain=2; Domain=${device.authority.split(':')[0]}; Path=/sub`,
      'secure=3; Secure; HttpOnly',
      'none=4; SameSite=None; Secure',
      'strict=5; SameSite=Strict; Max-Age=60',
      'platen-session=stolen',
    ]);
    text(response, 'cookies');
  },
  echo: ({ request, response }) => {
    const hash = createHash('sha256');
    let bytes = 0;
    request.on('data', (part: Buffer) => {
      bytes += part.length;
      hash.update(part);
    });
    request.on('end', () => {
      const { connection: _connection, ...fields } = request.headers;
      const headers = Object.fromEntries(Object.entries(fields).sort());
      const { method, url, rawTrailers: trailers } = request;
      text(response, JSON.stringify({ method, url, headers, bytes, sha256: hash.digest('hex'), trailers }));
    });
  },
  form: ({ request, response }) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => text(response, Buffer.concat(parts).toString()));
  },
  file: ({ request, response }) => {
    const base = { 'Content-Type': 'application/octet-stream', ETag: '"file-1"', 'Accept-Ranges': 'bytes' };
    const { range, 'if-range': ifRange, 'if-none-match': ifNoneMatch } = request.headers;
    if (ifNoneMatch === '"file-1"') return void response.writeHead(304, { ETag: '"file-1"' }).end();
    const [, from = '', to = ''] = /^bytes=(\d+)-(\d*)$/.exec(range ?? '') ?? [];
    if (from === '' || (ifRange && ifRange !== '"file-1"'))
      return void response.writeHead(200, { ...base, 'Content-Length': FILE_BYTES }).end(FILE);
    if (Number(from) >= FILE_BYTES)
      return void response.writeHead(416, { 'Content-Range': `bytes */${FILE_BYTES}` }).end();
    const part = FILE.subarray(Number(from), to === '' ? undefined : Number(to) + 1);
    const range_ = `bytes ${from}-${Number(from) + part.length - 1}/${FILE_BYTES}`;
    response.writeHead(206, { ...base, 'Content-Range': range_, 'Content-Length': part.length }).end(part);
  },
  gzip: ({ response }) => {
    const body = gzipSync(FILE);
    response.writeHead(200, {
      'Content-Type': 'application/json',
      'Content-Encoding': 'gzip',
      Vary: 'Accept-Encoding',
    });
    response.end(body);
  },
  chunked: ({ response }) => {
    response.writeHead(200, { 'Content-Type': 'text/plain' });
    for (const part of ['one', 'two', 'three']) response.write(part);
    response.end();
  },
  trailers: ({ response }) => {
    response.writeHead(200, { 'Content-Type': 'text/plain', Trailer: 'X-Sum' });
    response.write('with trailers');
    response.addTrailers({ 'X-Sum': '42' });
    response.end();
  },
  'until-close': ({ response }) => {
    response.socket!.end('HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nuntil the connection closes');
  },
  cut: ({ response }) => {
    response.writeHead(200, { 'Content-Length': 1000 });
    response.write('only this', () => response.socket!.destroy());
  },
  'cut-before': ({ response }) => response.socket!.destroy(),
  garbage: ({ response }) => response.socket!.end('this is not HTTP\r\n\r\n'),
  'big-header': ({ response, url }) =>
    text(response, 'big', { 'X-Big': 'x'.repeat(Number(url.searchParams.get('bytes'))) }),
  sloppy: ({ response }) => {
    const head = 'HTTP/1.1 200 Fine\r\nContent-Type: text/plain\r\nX-Odd: caf\xe9\r\nContent-Length: 2\r\n\r\nok';
    response.socket!.end(Buffer.from(head, 'latin1'));
  },
  hints: ({ response }) => {
    response.writeEarlyHints({ link: '</style.css>; rel=preload; as=style' });
    text(response, 'hinted');
  },
  events: ({ response, request }) => {
    response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-cache' });
    let n = 0;
    const send = () => response.write(`data: ${(n += 1)}\n\n`);
    send();
    const timer = setInterval(() => (n < 3 ? send() : response.end()), 30);
    request.once('close', () => clearInterval(timer));
  },
  'worker.js': ({ response }) => {
    response.writeHead(200, { 'Content-Type': 'text/javascript', 'Cache-Control': 'max-age=600' });
    response.end(`self.onmessage = () => self.postMessage('runs');`);
  },
  silent: ({ response }) => {
    response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    response.flushHeaders();
  },
  basic: ({ request, response }) => {
    const expected = `Basic ${Buffer.from('admin:secret').toString('base64')}`;
    if (request.headers.authorization === expected) return text(response, 'logged in');
    response.writeHead(401, { 'WWW-Authenticate': `Basic realm="${REALM}"` }).end();
  },
  digest: ({ request, response }) => {
    const given = Object.fromEntries(
      [...(request.headers.authorization ?? '').matchAll(/(\w+)="?([^",]*)"?/g)].map(([, k, v]) => [k!, v!]),
    );
    const ha2 = md5(`${request.method}:${request.url}`);
    const expected = md5([md5(`admin:${REALM}:secret`), NONCE, given.nc, given.cnonce, 'auth', ha2].join(':'));
    if (given.response === expected) return text(response, 'logged in');
    const challenge = `Digest realm="${REALM}", qop="auth", nonce="${NONCE}", algorithm=MD5`;
    response.writeHead(401, { 'WWW-Authenticate': challenge }).end();
  },
  security: ({ response, device }) =>
    text(response, 'secure', {
      'X-Frame-Options': 'DENY',
      'Content-Security-Policy': `default-src 'self' ${device.origin}; frame-ancestors 'none'`,
      'Clear-Site-Data': '"cache", "cookies"',
      'Access-Control-Allow-Origin': 'https://example.com',
      'Alt-Svc': 'h2=":8443"',
    }),
  hop: ({ response }) =>
    text(response, 'hop', {
      Connection: 'keep-alive, X-Hop',
      'X-Hop': 'mine',
      'Keep-Alive': 'timeout=7',
      'X-End': 'kept',
    }),
  stream: ({ response, url, device }) => {
    let left = Number(url.searchParams.get('mb'));
    response.writeHead(200, { 'Content-Type': 'application/octet-stream', 'Content-Length': left * MB.length });
    const more = (): void => {
      while (left > 0) {
        left -= 1;
        if (!response.write(MB, () => (device.streamed += MB.length))) return void response.once('drain', more);
      }
      response.end();
    };
    more();
  },
  early: ({ response }) => {
    // answers without reading what is being sent, as devices do with too large files
    response.writeHead(413, { 'Content-Type': 'text/plain', Connection: 'close' }).end('too large');
  },
};
