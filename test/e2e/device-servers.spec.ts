import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { createServer as createTcpServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { HttpAdapterHost } from '@nestjs/core';
import type { Browser, BrowserContext } from 'playwright-core';
import { freePorts } from '../../src/demo/free-ports';
import { startPrinter } from '../../src/demo/ippeveprinter';
import { readConfig } from '../../src/server/config/config';
import { HostRouter } from '../../src/server/http/host-router';
import { KnownHosts } from '../../src/server/http/known-hosts';
import type { BrowserSessions } from '../../src/server/browser-sessions/browser-sessions.service';
import { SessionOrigins } from '../../src/server/browser-sessions/site/session-origins';
import { SessionSite } from '../../src/server/browser-sessions/site/session-site';
import { LocalPort } from '../../src/tunnel/local-port';
import { startChromium } from '../support/browser/chromium';
import { openSession, type OpenedSession } from '../support/browser/opened-session';
import { recordedJournal } from '../support/recorded-journal';
import { removeFolder } from '../support/remove-folder';
import { until } from '../support/until';

// Real web servers of devices' kind, each read directly, through the local port of `platen connect`, and by Chromium both
// directly and through a session. Only server, relay and agent are left out between them: the tunnel is the real one.

const PAGE =
  '<!doctype html><title>Device</title><link rel="stylesheet" href="/style.css"><h1>Status</h1><a href="/sub/">more</a>';
const FILES: Record<string, string> = {
  'index.html': PAGE,
  'style.css': 'h1 { color: rgb(1, 2, 3) }',
  'sub/index.html': '<!doctype html><title>More</title><h1>More</h1>',
};

/** Started programs of a server, which stop with it. */
type Started = () => Promise<void>;

async function program(command: string, args: string[], cwd: string): Promise<Started> {
  const child: ChildProcess = spawn(command, args, { cwd, stdio: 'ignore' });
  await once(child, 'spawn');
  const exited = once(child, 'exit');
  return async () => {
    child.kill('SIGKILL');
    await exited;
  };
}

/** A web server as the cheapest devices have it: HTTP/1.1 with LF only, a length twice, chunks, names with spaces. */
async function sloppyServer(port: number): Promise<Started> {
  const bodies: Record<string, string> = {
    '/': PAGE,
    '/style.css': FILES['style.css']!,
    '/sub/': FILES['sub/index.html']!,
  };
  const sockets = new Set<Socket>(); // Chromium opens some that it does not use
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('data', (request) => {
      const [, path = ''] = request.toString('latin1').split(' ');
      const body = bodies[path] ?? '';
      const type = path.endsWith('.css') ? 'text/css' : 'text/html';
      const head = `HTTP/1.1 200 OK\nContent-Type : ${type}\nX Bad Name: 1\n`;
      const bySize = `Content-Length: ${body.length}\nContent-Length: ${body.length}\n\n${body}`;
      const inChunks = `Transfer-Encoding: chunked\n\n${body.length.toString(16)}\n${body}\n0\n\n`;
      socket.end(head + (path === '/' ? inChunks : bySize));
    });
  }).listen(port, '127.0.0.1');
  await once(server, 'listening');
  return async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  };
}

async function ippPrinter(port: number, _www: string, folder: string): Promise<Started> {
  const { programs } = await startPrinter({ port, name: 'Printer', folder });
  return async () => {
    for (const each of [...programs].reverse()) await each.stop();
  };
}

/** Keeps connections open, and redirects to the slash of a folder. */
async function lighttpd(port: number, www: string, own: string): Promise<Started> {
  const settings = [
    `server.document-root = "${www}"`,
    'server.bind = "127.0.0.1"',
    `server.port = ${port}`,
    'index-file.names = ("index.html")',
    'mimetype.assign = (".html" => "text/html", ".css" => "text/css")',
  ];
  const file = join(own, 'lighttpd.conf');
  await writeFile(file, settings.join('\n'));
  return program('lighttpd', ['-D', '-f', file], own);
}

/** The successor of thttpd. */
async function merecat(port: number, www: string, own: string): Promise<Started> {
  const file = join(own, 'merecat.conf');
  await writeFile(file, `port = ${port}\nhostname = "127.0.0.1"\n`);
  return program('merecat', ['-n', '-f', file, '-P', join(own, 'pid'), www], own);
}

/** Compresses everything, in chunks, for those that accept it. */
async function nginx(port: number, www: string, own: string): Promise<Started> {
  const modules = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  const temporary = modules.map((name) => `${name}_temp_path ${join(own, name)};`).join(' ');
  const types = 'types { text/html html; text/css css; }';
  const server = `server { listen 127.0.0.1:${port}; root ${www}; }`;
  const http = `${types} access_log off; gzip on; gzip_types *; gzip_min_length 1; gzip_proxied any; ${temporary} ${server}`;
  const file = join(own, 'nginx.conf');
  // one process, which stops at once; as root, its files are those of root
  const first = `daemon off; master_process off; user root; error_log stderr; pid ${join(own, 'pid')}; events {}`;
  await writeFile(file, `${first} http { ${http} }`);
  return program('nginx', ['-c', file, '-e', 'stderr'], own);
}

interface Kind {
  readonly name: string;
  /** @param www the folder that it serves @param own an empty folder */
  readonly start: (port: number, www: string, own: string) => Promise<Started> | Started;
  /** The text in its first page; default: of FILES. */
  readonly heading?: string;
}
const KINDS: Kind[] = [
  { name: 'ippeveprinter', start: ippPrinter, heading: 'Printer' },
  {
    name: 'busybox httpd',
    start: (port, www) => program('busybox', ['httpd', '-f', '-p', `127.0.0.1:${port}`, '-h', www], www),
  },
  {
    name: 'civetweb',
    start: (port, www) => program('civetweb', ['-listening_ports', `127.0.0.1:${port}`, '-document_root', www], www),
  },
  {
    name: 'mini_httpd',
    start: (port, www) => program('mini_httpd', ['-D', '-p', `${port}`, '-h', '127.0.0.1', '-d', www], www),
  },
  {
    name: "Python's http.server",
    start: (port, www) => program('python3', ['-m', 'http.server', '--bind', '127.0.0.1', `${port}`], www),
  },
  { name: 'lighttpd', start: lighttpd },
  { name: 'merecat', start: merecat },
  { name: 'nginx', start: nginx },
  { name: 'a server that violates HTTP', start: sloppyServer },
];

let folder: string;
let chromium: Browser;
let context: BrowserContext;
let platen: Server;
let platenPort: number;
let opened: OpenedSession | undefined;
let stops: (() => unknown)[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'platen-servers-'));
  await chmod(folder, 0o755); // as root, mini_httpd becomes another user
  await mkdir(join(folder, 'sub'));
  for (const [name, text] of Object.entries(FILES)) await writeFile(join(folder, name), text);
  platen = createServer((_request, response) => response.end('console')).listen(0, '127.0.0.1');
  await once(platen, 'listening');
  platenPort = (platen.address() as AddressInfo).port;
  const config = readConfig({
    PLATEN_PUBLIC_URL: `http://localhost:${platenPort}`,
    PLATEN_SESSION_DOMAIN: 'localhost',
  });
  const router = new HostRouter();
  const sessions = {
    find: () => opened?.session,
    ended: () => undefined,
  } as Partial<BrowserSessions> as BrowserSessions;
  const origins = new SessionOrigins(config, {} as HttpAdapterHost);
  new SessionSite(router, origins, sessions, recordedJournal().journal, config).onModuleInit();
  router.attach(platen, new KnownHosts(config));
  chromium = await startChromium();
});
afterAll(async () => {
  await chromium?.close();
  platen?.closeAllConnections();
  platen?.close();
  if (folder) await removeFolder(folder);
});
beforeEach(async () => {
  context = await chromium.newContext();
  context.setDefaultTimeout(90_000);
  stops = [];
});
afterEach(async () => {
  await context.close();
  for (const stop of stops.reverse()) await stop();
  opened = undefined;
});

/** What a person sees of a page and of the one that its links lead to. */
async function shown(url: string): Promise<object> {
  const page = await context.newPage();
  const response = await page.goto(url);
  const heading = page.locator('h1').first();
  const seen = {
    status: response?.status(),
    title: await page.title(),
    heading: await heading.textContent(),
    color: await page.evaluate<string>('getComputedStyle(document.querySelector("h1")).color'),
    links: await page.locator('a').evaluateAll((links) => links.map((link) => link.getAttribute('href'))),
  };
  await page.close();
  return seen;
}

it.each(KINDS)('$name: directly, by connect, and in Chromium', async ({ start, heading = 'Status' }) => {
  const [port] = (await freePorts(1)) as [number];
  const own = await mkdtemp(join(tmpdir(), 'platen-printer-'));
  stops.push(() => removeFolder(own));
  stops.push(await start(port, folder, own));
  const direct = `http://127.0.0.1:${port}`;
  // answers with any status: the server that violates HTTP is none for Node
  await until('the server to listen', () =>
    fetch(direct).then(
      () => true,
      (error: { cause?: { code?: string } }) => error.cause?.code !== 'ECONNREFUSED',
    ),
  );

  const origin = `http://s-aa.localhost:${platenPort}`;
  opened = await openSession(
    port,
    { label: 'aa', origin, consoleOrigin: `http://localhost:${platenPort}` },
    {},
    direct,
  );
  stops.push(opened.stop);
  const local = await LocalPort.open(0);
  stops.push(() => local.close());
  local.serve(opened.tunnel, { onFirst: () => undefined, onRefused: () => undefined });
  await context.addCookies([{ name: 'platen-session', value: opened.session.entries.tab.issue(), url: origin }]);

  const seen = await shown(`${direct}/`);
  expect(seen).toMatchObject({ status: 200, heading: expect.stringContaining(heading) as string });
  expect(await shown(`${origin}/`)).toEqual(seen);
  expect(await shown(`http://127.0.0.1:${local.port}/`)).toEqual(seen);
  if (heading !== 'Status') return;
  expect(seen).toMatchObject({ color: 'rgb(1, 2, 3)', links: ['/sub/'] });
  expect(await shown(`${origin}/sub/`)).toEqual(await shown(`${direct}/sub/`));
});
