import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeCertificate, type TestCertificate } from '../../../test/support/test-certificate';
import { FIRMWARE_TOKEN, FirmwareServer } from '../../../test/support/agent/firmware-server';
import { smallFilesystem } from '../../../test/support/small-filesystem';
import { until } from '../../../test/support/until';
import type { FirmwareSource } from '../../protocol/ad-hoc-command';
import { LIMITS } from '../../protocol/limits';
import { downloadFirmware, firmwareFile, removeFirmwareFiles } from './firmware-download';
import type { JobFailed } from './maintenance.errors';

let certificate: TestCertificate;
let folder: string;
let server: FirmwareServer;
let stopping: AbortController;

beforeAll(async () => {
  certificate = await makeCertificate();
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'platen-firmware-'));
  server = await FirmwareServer.start();
  stopping = new AbortController();
});
afterEach(async () => {
  await server.stop();
  await rm(folder, { recursive: true });
});

const path = () => firmwareFile(folder, 'job');
async function download(source: FirmwareSource = server.source(), to = path()): Promise<number[]> {
  const seen: number[] = [];
  const retry = { firstMs: 1, maxMs: 2 };
  const { signal } = stopping;
  await downloadFirmware(source, to, { onBytes: (bytes) => seen.push(bytes), signal, silentMs: 200, retry });
  return seen;
}
const failure = (tried: Promise<unknown>) =>
  tried.then(
    () => 'none',
    (error: JobFailed) => error.message,
  );

describe('getting a firmware file', () => {
  it('has it whole, for this user alone, and tells how far it is', async () => {
    expect((await download()).at(-1)).toBe(server.file.length);
    expect((await readFile(path())).equals(server.file)).toBe(true);
    expect((await stat(path())).mode & 0o777).toBe(0o600);
    expect(server.asked).toEqual(['200']);
  });

  it('takes up a transfer that breaks off where it was', async () => {
    server.faults.push({ breakAfter: 70_000 }, { status: 503 }, 'silent');
    await download();
    expect((await readFile(path())).equals(server.file)).toBe(true);
    const ranges = server.asked.slice(1).map((text) => Number(/bytes=(\d+)-/.exec(text)?.[1]));
    expect([server.asked[0], ranges.length]).toEqual(['200', 3]);
    expect(Math.min(...ranges)).toBeGreaterThan(0);
  });

  it.each<[string, () => void, string, number]>([
    [
      'knows the token no more',
      () => server.faults.push({ status: 401 }),
      'download-failed: the server answered with status 401',
      1,
    ],
    [
      'has no such file',
      () => server.faults.push({ status: 404 }),
      'download-failed: the server answered with status 404',
      1,
    ],
    [
      'leads elsewhere',
      () => server.faults.push({ status: 302 }),
      'download-failed: the server answered with status 302',
      1,
    ],
    [
      'cannot for long',
      () => server.faults.push(...Array.from({ length: 9 }, () => ({ status: 503 }))),
      'download-failed: the server answered with status 503',
      5,
    ],
    [
      'says nothing',
      () => server.faults.push(...Array.from({ length: 9 }, () => 'silent' as const)),
      'download-failed: the server does not answer',
      5,
    ],
    [
      'sends another file',
      () => (server.sent = Buffer.alloc(server.file.length)),
      'file-damaged: the SHA-256 is another',
      1,
    ],
    [
      'sends more',
      () => (server.sent = Buffer.concat([server.file, Buffer.alloc(10)])),
      'file-damaged: there is more than was announced',
      1,
    ],
    [
      'breaks off every time',
      () => server.faults.push(...Array.from({ length: 9 }, () => ({ breakAfter: 0 }))),
      'download-failed: ',
      5,
    ],
  ])('fails when the server %s', async (_what, fault, message, asked) => {
    fault();
    expect(await failure(download())).toContain(message);
    expect(server.asked).toHaveLength(asked);
  });

  it.each<[string, Partial<FirmwareSource>, string]>([
    ['over http from elsewhere', { url: 'http://192.0.2.1/f' }, 'http to this machine only'],
    ['that is too large', { bytes: LIMITS.FIRMWARE_BYTES + 1 }, 'larger than is taken'],
  ])('refuses one %s', async (_what, change, message) => {
    expect(await failure(download(server.source(change)))).toContain(message);
    expect(server.asked).toEqual([]);
  });

  it('goes over TLS to the key that is pinned, and to no other', async () => {
    const secure = await FirmwareServer.start(certificate);
    try {
      await download(secure.source({ pin: certificate.pin }));
      expect(await failure(download(secure.source({ pin: 'A'.repeat(43) })))).toContain('certificate-mismatch');
      expect(await failure(download(secure.source()))).toMatch(/download-failed: .*SELF_SIGNED/);
      expect(secure.asked).toEqual(['200']);
    } finally {
      await secure.stop();
    }
  });

  it('says that there is no room left', async () => {
    const small = await smallFilesystem(64);
    if (!small) return expect(small).toBeUndefined();
    try {
      expect(await failure(download(server.source(), join(small.folder, 'f')))).toContain('ENOSPC');
    } finally {
      await small.remove();
    }
  });

  it('stops at once when the agent does', async () => {
    server.faults.push('silent');
    const tried = failure(download());
    await until('it has asked', () => server.asked.length === 1);
    stopping.abort(new Error('stopping'));
    expect(await tried).toBe('stopping');
  });

  it('keeps the token to itself', async () => {
    server.faults.push({ status: 401 });
    expect(await failure(download())).not.toContain(FIRMWARE_TOKEN);
  });

  it('removes what an agent that was killed has left', async () => {
    await writeFile(path(), 'half');
    await writeFile(join(folder, 'other.json'), '{}');
    await removeFirmwareFiles(folder);
    expect(await readdir(folder)).toEqual(['other.json']);
  });
});
