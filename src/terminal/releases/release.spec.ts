import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { recordedTerminal, type RecordedTerminal } from '../../../test/support/terminal/recorded-terminal';
import { problemAnswer, startFakeApi, type FakeApi } from '../../../test/support/terminal/fake-api';
import type { Release } from '../../protocol/deployment';
import { LIMITS } from '../../protocol/limits';
import type { ProblemCode } from '../../protocol/problems';
import { RELEASE_MEDIA_TYPE } from '../../protocol/release';
import { storeCredentials } from '../credentials';
import { releaseKeys, releasePack, releaseVerify } from './make-release';
import { releaseList, releaseRemove, releaseUpload } from './stored-releases';
import { runCommand } from '../run-command';
import type { TerminalIo } from '../terminal-io';

const stored: Release = {
  name: '1.2.0',
  version: '1.2.0',
  protocol: 1,
  bytes: 1_234_567,
  sha256: 'a'.repeat(64),
  notes: 'Faster',
  createdAt: '2026-03-02T09:00:00.000Z',
  storedAt: '2026-03-02T09:00:00.000Z',
  serving: true,
};

describe('platen release', () => {
  const folder = mkdtempSync(join(tmpdir(), 'terminal-release-'));
  const at = (name: string): string => join(folder, name);
  let terminal: RecordedTerminal;
  const run = (command: (io: TerminalIo) => Promise<void>): Promise<number> => runCommand(terminal.io, command);
  const pack = (changed: { releaseVersion?: string; key?: string; out?: string } = {}, bundle = at('relay.cjs')) =>
    run((io) =>
      releasePack(io, bundle, {
        releaseVersion: '1.2.0',
        key: at('keys/release.key'),
        notes: '',
        out: at('relay.release'),
        ...changed,
      }),
    );
  const verify = (file: string, key = at('keys/release.pub')) => run((io) => releaseVerify(io, file, { key }));

  beforeEach(() => (terminal = recordedTerminal({ PLATEN_CREDENTIALS: at('credentials.json') }, { person: true })));
  beforeAll(() => writeFileSync(at('relay.cjs'), 'the relay'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('keys creates a pair with a private key for its owner only, and never overwrites a key', async () => {
    expect(await run((io) => releaseKeys(io, { out: at('keys') }))).toBe(0);
    const before = readFileSync(at('keys/release.key'), 'utf8');
    expect(statSync(at('keys/release.key')).mode & 0o777).toBe(0o600);
    expect(terminal.out()).not.toContain(before.split('\n')[1]);
    expect(await run((io) => releaseKeys(io, { out: at('keys') }))).toBe(2);
    rmSync(at('keys/release.key'));
    // a single new key would not match the existing one
    expect(await run((io) => releaseKeys(io, { out: at('keys') }))).toBe(2);
    expect(() => statSync(at('keys/release.key'))).toThrow('ENOENT');
    writeFileSync(at('keys/release.key'), before);
    chmodSync(at('keys/release.key'), 0o600);
  });

  it('pack creates a release that verify accepts', async () => {
    expect(await pack()).toBe(0);
    expect(await verify(at('relay.release'))).toBe(0);
    expect(terminal.out()).toMatch(/Release +1\.2\.0, signed with this key/);
  });

  it.each<[string, () => Promise<number>, string]>([
    ['an invalid version', () => pack({ releaseVersion: '1.2' }), 'version'],
    ['a missing bundle', () => pack({}, at('none.cjs')), 'ENOENT'],
    ['a public key', () => pack({ key: at('keys/release.pub') }), 'no private Ed25519 key'],
    ['a path that cannot be written', () => pack({ out: at('none/relay.release') }), 'ENOENT'],
  ])('pack refuses %s', async (_, packing, words) => {
    expect(await packing()).toBe(2);
    expect(terminal.err()).toContain(words);
  });

  it('verify names the failed check and has its own exit code', async () => {
    await pack();
    writeFileSync(at('bad.release'), readFileSync(at('relay.release'), 'utf8').replace('the relay', 'the relaY'));
    expect(await verify(at('bad.release'))).toBe(25);
    expect(terminal.err()).toContain('was changed after signing');
    expect(await verify(at('relay.release'), at('relay.cjs'))).toBe(2);
  });

  describe('at a server', () => {
    let api: FakeApi;
    beforeEach(async () => {
      api = await startFakeApi({
        'GET /api/releases': () => ({ body: [stored] }),
        'POST /api/releases': () => ({ status: 201, body: stored }),
        'DELETE /api/releases/1.2.0': () => ({ status: 204 }),
      });
      await storeCredentials(terminal.io.env, { server: api.url, token: 'the-token' });
    });
    afterEach(() => api.stop());

    it('upload sends the file unchanged and shows its progress', async () => {
      const content = JSON.stringify({ text: 'x'.repeat(200_000) });
      writeFileSync(at('any.release'), content);
      expect(await run((io) => releaseUpload(io, at('any.release'), {}))).toBe(0);
      const [request] = api.requests;
      expect(request?.headers).toMatchObject({
        'content-type': RELEASE_MEDIA_TYPE,
        'content-length': String(content.length),
      });
      expect(JSON.stringify(request?.body)).toBe(content);
      for (const progress of ['(0 %)', '(65 %)', '(100 %)']) expect(terminal.err()).toContain(progress);
      expect(terminal.out()).toContain('platen deploy --release 1.2.0');
    });

    it.each<[ProblemCode, number]>([
      ['release-refused', 25],
      ['release-key-missing', 18],
      ['too-many-releases', 18],
      ['conflict', 18],
      ['storage-full', 26],
      ['forbidden', 16],
    ])('upload reports the refusal %s', async (code, exit) => {
      api.routes['POST /api/releases'] = () => problemAnswer(code, 'the reason');
      writeFileSync(at('any.release'), '{}');
      expect(await run((io) => releaseUpload(io, at('any.release'), {}))).toBe(exit);
      expect(terminal.err()).toContain('the reason');
    });

    it('upload does not send a file that is too large', async () => {
      writeFileSync(at('any.release'), Buffer.alloc(LIMITS.RELEASE_BYTES + LIMITS.MANIFEST_BYTES + 2));
      expect(await run((io) => releaseUpload(io, at('any.release'), {}))).toBe(2);
      expect(api.requests).toEqual([]);
    });

    it('list, in 100 columns', async () => {
      terminal = recordedTerminal(terminal.io.env, { columns: 100 });
      const long = { ...stored, name: `1.2.0-${'x'.repeat(58)}`, notes: 'n'.repeat(2_000) };
      api.routes['GET /api/releases'] = () => ({ body: [stored, { ...long, version: long.name }] });
      expect(await run((io) => releaseList(io, {}))).toBe(0);
      const lines = terminal.out().trimEnd().split('\n');
      expect(lines[1]).toMatch(/^1\.2\.0 +1\.2\.0 +yes +1\.2 MB +2026-03-02 .* Faster$/);
      expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(100);
    });

    it('remove', async () => {
      expect(await run((io) => releaseRemove(io, '1.2.0'))).toBe(0);
      expect(await run((io) => releaseRemove(io, '../users'))).toBe(12);
      expect(api.requests.at(-1)?.line).toBe('DELETE /api/releases/..%2Fusers');
    });
  });
});
