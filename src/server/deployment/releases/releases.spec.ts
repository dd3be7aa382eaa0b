import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type request from 'supertest';
import { ScriptedRelay } from '../../../../test/support/relay/scripted-relay';
import { ReleaseMaker } from '../../../../test/support/deployment/release-maker';
import { smallFilesystem, type SmallFilesystem } from '../../../../test/support/small-filesystem';
import { setLimit } from '../../../../test/support/relay/test-relay';
import { ADMIN, startTestServer, type TestServer } from '../../../../test/support/server/test-server';
import { until } from '../../../../test/support/until';
import { productVersion } from '../../../journal/product-version';
import { LIMITS } from '../../../protocol/limits';
import { RELEASE_MEDIA_TYPE, type ReleaseManifest } from '../../../protocol/release';
import { sha256Hex } from '../../../tunnel/sha256';
import { loadReleaseKey } from '../../config/release-key';
import { loadSecrets } from '../../config/secrets';
import { relaySecret } from '../../relays/relay-secret';
import { startServer } from '../../main';
import { RELAY_RELEASES, ReleaseFiles } from './release-files';
import { ReleasesService } from './releases.service';

type Browser = ReturnType<typeof request.agent>;

const folder = mkdtempSync(join(tmpdir(), 'platen-releases-'));
const maker = new ReleaseMaker();
const key = maker.writePublicKey(join(folder, 'release.pub'));
let server: TestServer;
let admin: Browser;
let token: string;

async function serve(environment: Record<string, string> = {}): Promise<void> {
  server = await startTestServer({ PLATEN_RELEASE_PUBLIC_KEY: key, ...environment });
  admin = await server.loggedIn(ADMIN);
  token = (await admin.post('/api/tokens').send({ name: 'uploads' })).body.token as string;
}
/** Keeps the connection: a sender that has it closed may not get to read an early answer. */
const upload = (file: Buffer | string) =>
  admin.post('/api/releases').set('Connection', 'keep-alive').type(RELEASE_MEDIA_TYPE).send(Buffer.from(file));
const stored = (...path: string[]): string => join(server.config.data, 'releases', ...path);
const names = async (): Promise<string[]> =>
  ((await admin.get('/api/releases').expect(200)).body as { name: string }[]).map(({ name }) => name);
/** From the audit log, newest first. */
const actions = async (): Promise<string[]> =>
  ((await admin.get('/api/audit?limit=200')).body as { rows: { action: string; target: string }[] }).rows
    .map(({ action, target }) => `${action} ${target}`.trim())
    .filter((line) => line.startsWith('release'));
let audited = 0;
const newActions = async (): Promise<string[]> => (await actions()).slice(0, -audited || undefined);
/** Other folders: drafts, and releases being removed. */
const leftovers = (): string[] => readdirSync(stored()).filter((name) => name.startsWith('.'));
const nothingIsLeft = async (): Promise<void> =>
  void (await until('drafts to be removed', () => leftovers().length === 0));
const codeOf = async (answer: PromiseLike<request.Response>): Promise<string> => {
  const { status, body } = await answer;
  return `${status} ${(body as { code?: string }).code}`;
};

/** An upload that the test sends piece by piece. */
function sender(headers: string[]): Socket {
  const socket = connect(server.port, '127.0.0.1');
  socket.on('error', () => undefined);
  const lines = ['POST /api/releases HTTP/1.1', 'Host: localhost', `Authorization: Bearer ${token}`];
  socket.write([...lines, `Content-Type: ${RELEASE_MEDIA_TYPE}`, ...headers, '', ''].join('\r\n'));
  return socket;
}

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('releases', () => {
  beforeAll(() => serve());
  afterAll(() => server?.stop());
  beforeEach(async () => {
    audited = (await actions()).length;
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await until('uploads to end', () => leftovers().length === 0);
    for (const name of readdirSync(stored())) rmSync(stored(name), { recursive: true });
  });

  it('are stored as they were signed, and only the server can read them', async () => {
    const script = Buffer.from(Array.from({ length: 300_000 }, (_, n) => (n * 7) % 256));
    const answer = await upload(maker.make('1.2.0', script, { notes: 'Faster' })).expect(201);
    const sha256 = sha256Hex(script);
    const about = { name: '1.2.0', version: '1.2.0', bytes: 300_000, sha256, notes: 'Faster', serving: false };
    expect(answer.body).toMatchObject(about);
    expect(readFileSync(stored('1.2.0', 'relay.cjs'))).toEqual(script);
    const modes = ['', '1.2.0', '1.2.0/relay.cjs', '1.2.0/manifest.json'].map((path) => statSync(stored(path)).mode);
    expect(modes.map((mode) => (mode & 0o777).toString(8))).toEqual(['700', '700', '600', '600']);
    const [builtIn, release] = (await admin.get('/api/releases')).body as object[];
    expect(builtIn).toMatchObject({ name: 'built-in', version: productVersion(), bytes: null, storedAt: null });
    expect(release).toEqual(answer.body);
    expect(leftovers()).toEqual([]);
    expect(await newActions()).toEqual(['release.uploaded 1.2.0']);
  });

  it('may be uploaded in the smallest pieces, without a length', async () => {
    const socket = sender(['Transfer-Encoding: chunked', 'Connection: close']);
    const answer = once(socket, 'data') as Promise<Buffer[]>;
    for (const byte of maker.make('1.0.0', 'x\ny')) socket.write(Buffer.from([0x31, 13, 10, byte, 13, 10]));
    socket.write('0\r\n\r\n');
    expect((await answer).join('')).toContain('201 Created');
    expect(readFileSync(stored('1.0.0', 'relay.cjs'), 'utf8')).toBe('x\ny');
  });

  const good = maker.make('1.0.0', 'the script');
  const manifest = JSON.parse(good.toString().split('\n')[0]!) as ReleaseManifest;
  const edited = (changed: object): string => `${JSON.stringify({ ...manifest, ...changed })}\nthe script`;
  it.each<[string, Buffer | string, string]>([
    ['of nothing but a manifest', good.subarray(0, good.indexOf(0x0a)), 'before the end of its manifest'],
    ['without a manifest', 'the script\nof something', 'manifest is not valid: all of it'],
    ['with an array as its manifest', '[1]\n', 'manifest is not valid'],
    ['with a manifest of 10 MB', Buffer.alloc(10 * 1024 * 1024, 'm'), 'no line of up to'],
    ['with a manifest a little too long', `${' '.repeat(LIMITS.MANIFEST_BYTES + 1)}\n`, 'no line of up to'],
    ['truncated', good.subarray(0, -1), 'ends after 9 of 10 bytes'],
    ['without its script', good.subarray(0, good.indexOf(0x0a) + 1), 'ends after 0 of 10 bytes'],
    ['longer than it states', Buffer.concat([good, Buffer.from('!')]), 'longer than the 10 bytes'],
    ['with one byte changed', good.toString().replace('the script', 'the scripT'), 'SHA-256'],
    ['signed with another key', new ReleaseMaker().make('1.0.0'), 'signature of 1.0.0'],
    ['with other notes than signed', edited({ notes: 'better' }), 'signature of 1.0.0'],
    ['with another version than signed', edited({ version: '1.0.1' }), 'signature of 1.0.1'],
    ['with an empty signature', edited({ signature: '' }), 'signature'],
    ['with an additional field', edited({ more: 1 }), 'not valid'],
    ['of another product', maker.make('1.0.0', 'x', { product: 'platen-agent' }), 'product'],
    ['of another protocol', maker.make('1.0.0', 'x', { protocol: 2 }), 'uses protocol version 2, this server 1'],
    ['of a version that is a path out of the folder', maker.make('../1.0.0'), 'version'],
    ['of a version that is a path into a folder', maker.make('1.0.0/../../x'), 'version'],
    ['of a version with a line feed', maker.make('1.0.0\n'), 'version'],
    ['of a hidden version', maker.make('.1.0.0'), 'version'],
    ['that states too many bytes', maker.make('1.0.0', 'x', { bytes: LIMITS.RELEASE_BYTES + 1 }), 'bytes'],
  ])('%s are refused and removed', async (_, file, why) => {
    const { body } = await upload(file).expect(422);
    expect(body).toMatchObject({ code: 'release-refused', detail: expect.stringContaining(why) as string });
    expect(readdirSync(stored())).toEqual([]);
    expect(await newActions()).toEqual(['release.refused']);
  });

  it('of another media type, or of too many bytes, are refused unread', async () => {
    expect(await codeOf(admin.post('/api/releases').type('application/json').send('{"a":1}'))).toBe(
      '400 invalid-request',
    );
    expect(await codeOf(admin.post('/api/releases'))).toBe('400 invalid-request');
    const socket = sender([`Content-Length: ${LIMITS.RELEASE_BYTES * 2}`]);
    expect(String(await once(socket, 'data'))).toMatch(/413 .*"code":"too-large"/s);
    socket.destroy();
  });

  it('that are refused at the start are answered before the upload is complete', async () => {
    const socket = sender([`Content-Length: ${LIMITS.RELEASE_BYTES}`]);
    socket.write('no manifest\n');
    expect(String(await once(socket, 'data'))).toContain('422');
    // the rest is read and discarded, and the connection stays usable
    socket.write(Buffer.alloc(LIMITS.RELEASE_BYTES - 'no manifest\n'.length));
    socket.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n');
    expect(String(await once(socket, 'data'))).toContain('200 OK');
    socket.destroy();
  });

  it('are removed if the upload is interrupted', async () => {
    const file = maker.make('1.0.0', Buffer.alloc(1_000_000));
    const socket = sender([`Content-Length: ${file.length}`]);
    socket.write(file.subarray(0, 600_000));
    await until('a draft', () => leftovers().length === 1);
    socket.destroy();
    await nothingIsLeft();
    expect(await names()).toEqual(['built-in']);
  });

  it('are removed if the upload is too slow', async () => {
    setLimit('RELEASE_UPLOAD_MS', 100);
    const file = maker.make('1.0.0', Buffer.alloc(1_000));
    const socket = sender([`Content-Length: ${file.length}`]);
    socket.write(file.subarray(0, 600));
    await once(socket, 'close');
    await nothingIsLeft();
    expect(await names()).toEqual(['built-in']);
  });

  it('are uploaded four at a time', async () => {
    const file = maker.make('1.0.0', 'x');
    const sockets = [1, 2, 3, 4].map(() => sender([`Content-Length: ${file.length}`]));
    for (const socket of sockets) socket.write(file.subarray(0, -1));
    await until('four drafts', () => leftovers().length === 4);
    const refused = await upload(file).expect(429);
    expect(refused.get('Retry-After')).toBe('10');
    const answers = sockets.map((socket) => once(socket, 'data') as Promise<Buffer[]>);
    for (const socket of sockets) socket.write(file.subarray(-1));
    // with the same content, all are accepted
    for (const answer of await Promise.all(answers)) expect(String(answer)).toContain('201 Created');
    for (const socket of sockets) socket.destroy();
    expect(await names()).toEqual(['built-in', '1.0.0']);
    expect(leftovers()).toEqual([]);
  });

  it('of one version can be uploaded again with the same script; another script is a conflict', async () => {
    await upload(maker.make('1.0.0', 'one')).expect(201);
    await upload(maker.make('1.0.0', 'one', { notes: 'signed again' })).expect(201);
    expect(await codeOf(upload(maker.make('1.0.0', 'two')))).toBe('409 conflict');
    const [, kept] = (await admin.get('/api/releases')).body as object[];
    expect(kept).toMatchObject({ name: '1.0.0', notes: 'signed again' });
    expect(readFileSync(stored('1.0.0', 'relay.cjs'), 'utf8')).toBe('one');
    expect(readdirSync(stored())).toEqual(['1.0.0']);
  });

  it('of one version that are uploaded at the same time: one is stored, the other one is a conflict', async () => {
    const scripts = ['a', 'b'].map((letter) => letter.repeat(500_000));
    const codes = await Promise.all(scripts.map((script) => codeOf(upload(maker.make('1.0.0', script)))));
    expect(codes.sort()).toEqual(['201 undefined', '409 conflict']);
    expect(scripts).toContain(readFileSync(stored('1.0.0', 'relay.cjs'), 'utf8'));
    expect(leftovers()).toEqual([]);
  });

  it('are limited in number, until one is removed', async () => {
    setLimit('RELEASES', 2);
    for (const version of ['1.0.0', '1.1.0']) await upload(maker.make(version)).expect(201);
    expect(await codeOf(upload(maker.make('1.2.0')))).toBe('409 too-many-releases');
    await upload(maker.make('1.1.0')).expect(201);
    await admin.delete('/api/releases/1.0.0').expect(204);
    await upload(maker.make('1.2.0')).expect(201);
    expect(await names()).toEqual(['built-in', '1.2.0', '1.1.0']);
  });

  it('are removed, unless they are in use', async () => {
    expect(await codeOf(admin.delete('/api/releases/1.0.0'))).toBe('404 unknown-release');
    expect(await codeOf(admin.delete('/api/releases/..%2f..'))).toBe('400 invalid-request');
    await upload(maker.make('1.0.0')).expect(201);
    await upload(maker.make('1.1.0')).expect(201);
    const secret = relaySecret(loadSecrets(server.config).localRelaySecret, 'east');
    const relay = await ScriptedRelay.connect(server.url, secret, { id: 'east', version: '1.1.0' });
    await until('the relay to serve', async () => {
      const rows = (await admin.get('/api/releases')).body as { name: string; serving: boolean }[];
      return rows.find(({ serving }) => serving)?.name === '1.1.0';
    });
    expect(await codeOf(admin.delete('/api/releases/1.1.0'))).toBe('409 release-in-use');
    await admin.delete('/api/releases/1.0.0').expect(204);
    expect(readdirSync(stored())).toEqual(['1.1.0']);
    expect((await newActions())[0]).toBe('release.removed 1.0.0');
    relay.ws.terminate();
  });

  describe('from which a relay is deployed', () => {
    const releases = async (from = loadReleaseKey(key)): Promise<ReleasesService> => {
      const files = new ReleaseFiles(stored(), RELAY_RELEASES, { error: () => undefined } as never);
      await files.onModuleInit();
      return new ReleasesService(files, from);
    };
    it('are found by name', async () => {
      await upload(maker.make('1.0.0')).expect(201);
      const found = await releases();
      const file = stored('1.0.0', 'relay.cjs');
      expect(await found.find('1.0.0')).toEqual({ name: '1.0.0', version: '1.0.0', protocol: 1, file });
      expect(await found.find('built-in')).toMatchObject({ version: productVersion(), protocol: 1, file: null });
      for (const name of ['1.0.1', '..', '../1.0.0', '']) await expect(found.find(name)).rejects.toThrow('no release');
    });

    it.each<[string, () => void, string]>([
      ['is unchanged', () => undefined, ''],
      ['has a changed script', () => writeFileSync(stored('1.0.0', 'relay.cjs'), '// 1.0.1\n'), 'was changed'],
      ['has lost its script', () => rmSync(stored('1.0.0', 'relay.cjs')), 'cannot be read (ENOENT)'],
      ['has changed notes', () => rewrite({ notes: 'x' }), 'signature'],
      ['has a changed version', () => rewrite({ version: '1.0.1' }), 'no release'],
      ['has an empty manifest', () => writeFileSync(stored('1.0.0', 'manifest.json'), ''), 'no release'],
    ])('are checked again: one that %s', async (_, damage, why) => {
      await upload(maker.make('1.0.0')).expect(201);
      damage();
      const checked = (await releases()).verify('1.0.0').catch((error: Error) => error.message);
      await (why ? expect(checked).resolves.toContain(why) : expect(checked).resolves.toBeUndefined());
      // another upload repairs it
      await upload(maker.make('1.0.0')).expect(201);
      await expect((await releases()).verify('1.0.0')).resolves.toBeUndefined();
    });
    const rewrite = (changed: object): void => {
      const path = stored('1.0.0', 'manifest.json');
      writeFileSync(path, JSON.stringify({ ...(JSON.parse(readFileSync(path, 'utf8')) as object), ...changed }));
    };

    it('are checked with the present key', async () => {
      await upload(maker.make('1.0.0')).expect(201);
      const other = loadReleaseKey(new ReleaseMaker().writePublicKey(join(folder, 'other.pub')));
      await expect((await releases(other)).verify('1.0.0')).rejects.toThrow('signature');
      await expect((await releases(loadReleaseKey(undefined))).verify('1.0.0')).rejects.toThrow('signature');
    });
  });
});

describe('the folder of the releases', () => {
  const data = join(folder, 'data');
  afterEach(() => rmSync(data, { recursive: true, force: true }));

  it('is cleaned when the server starts after a crash', async () => {
    const half = join(data, 'releases', '.0c0f4a1e');
    mkdirSync(half, { recursive: true });
    writeFileSync(join(half, 'relay.cjs'), 'half a script');
    await serve({ PLATEN_DATA: data });
    try {
      expect(existsSync(half)).toBe(false);
      await upload(maker.make('1.0.0')).expect(201);
    } finally {
      await server.stop();
    }
    const again = await startServer(server.config);
    expect(readdirSync(stored())).toEqual(['1.0.0']);
    await again.stop();
  });

  it('accepts no release while no key is configured', async () => {
    await serve({ PLATEN_RELEASE_PUBLIC_KEY: '' });
    expect(await codeOf(upload(maker.make('1.0.0')))).toBe('409 release-key-missing');
    expect(readdirSync(stored())).toEqual([]);
    await server.stop();
  });
});

describe('releases on a full disk', () => {
  const data = join(folder, 'full');
  let small: SmallFilesystem | undefined;
  beforeAll(async () => void (small = await smallFilesystem(256)));
  afterAll(() => small?.remove());

  it('are refused with their own code and removed, and smaller ones still fit', async () => {
    if (!small) return;
    mkdirSync(data);
    symlinkSync(small.folder, join(data, 'releases'));
    await serve({ PLATEN_DATA: data });
    try {
      expect(await codeOf(upload(maker.make('1.0.0', Buffer.alloc(1_000_000, 'x'))))).toBe('507 storage-full');
      expect(readdirSync(stored())).toEqual([]);
      await upload(maker.make('1.0.0', Buffer.alloc(100_000, 'x'))).expect(201);
      expect(await codeOf(upload(maker.make('1.1.0', Buffer.alloc(200_000, 'x'))))).toBe('507 storage-full');
      expect(readdirSync(stored())).toEqual(['1.0.0']);
    } finally {
      await server.stop();
    }
  });
});
