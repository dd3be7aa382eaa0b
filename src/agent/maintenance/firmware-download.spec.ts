import { mkdtemp, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeFolder } from '../../../test/support/remove-folder';
import { makeCertificate, type TestCertificate } from '../../../test/support/test-certificate';
import { FIRMWARE_TOKEN, FirmwareServer } from '../../../test/support/agent/firmware-server';
import { smallFilesystem } from '../../../test/support/small-filesystem';
import { until } from '../../../test/support/until';
import { LIMITS } from '../../protocol/limits';
import { downloadFirmware, downloadOf, firmwareFile, removeFirmwareFiles, type Download } from './firmware-download';
import type { JobFailed } from './maintenance.errors';
import { NO_PROXY } from '../../tunnel/outbound-proxy';

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
  await removeFolder(folder);
});

const path = () => firmwareFile(folder, 'job');
/** Resolves with the progress that was reported. */
async function download(
  source: Download = server.download(),
  { to = path(), silentMs }: { to?: string; silentMs?: number } = {},
): Promise<number[]> {
  const progress: number[] = [];
  const retry = { firstMs: 1, maxMs: 2 };
  const { signal } = stopping;
  await downloadFirmware(source, to, { onBytes: (bytes) => progress.push(bytes), signal, silentMs, retry });
  return progress;
}
const failure = (attempt: Promise<unknown>) =>
  attempt.then(
    () => 'none',
    (error: JobFailed) => error.message,
  );

describe('a firmware download', () => {
  it('stores the file for this user only, and reports progress', async () => {
    expect((await download()).at(-1)).toBe(server.file.length);
    expect((await readFile(path())).equals(server.file)).toBe(true);
    expect((await stat(path())).mode & 0o777).toBe(0o600);
    expect(server.asked).toEqual(['200']);
  });

  it('resumes an interrupted transfer where it stopped', async () => {
    server.faults.push({ breakAfter: 70_000 }, { status: 503 });
    await download();
    expect((await readFile(path())).equals(server.file)).toBe(true);
    const ranges = server.asked.slice(1).map((text) => Number(/bytes=(\d+)-/.exec(text)?.[1]));
    expect([server.asked[0], ranges.length]).toEqual(['200', 2]);
    expect(Math.min(...ranges)).toBeGreaterThan(0);
  });

  it('retries when the server stops answering', async () => {
    server.faults.push('silent');
    await download(undefined, { silentMs: 500 });
    expect((await readFile(path())).equals(server.file)).toBe(true);
  });

  it('fails when the server never answers', async () => {
    server.faults.push(...Array.from({ length: 9 }, () => 'silent' as const));
    const message = await failure(download(undefined, { silentMs: 20 }));
    expect(message).toBe('download-failed: the server does not answer');
  });

  it.each<[string, () => void, string, number]>([
    [
      'no longer accepts the token',
      () => server.faults.push({ status: 401 }),
      'download-failed: the server answered with status 401',
      1,
    ],
    [
      'does not have the file',
      () => server.faults.push({ status: 404 }),
      'download-failed: the server answered with status 404',
      1,
    ],
    [
      'redirects elsewhere',
      () => server.faults.push({ status: 302 }),
      'download-failed: the server answered with status 302',
      1,
    ],
    [
      'keeps failing',
      () => server.faults.push(...Array.from({ length: 9 }, () => ({ status: 503 }))),
      'download-failed: the server answered with status 503',
      5,
    ],
    [
      'sends another file',
      () => (server.sent = Buffer.alloc(server.file.length)),
      'file-damaged: the SHA-256 of the file differs from the expected one',
      1,
    ],
    [
      'sends a longer file',
      () => (server.sent = Buffer.concat([server.file, Buffer.alloc(10)])),
      'file-damaged: the file is longer than announced',
      1,
    ],
    [
      'cuts every transfer',
      () => server.faults.push(...Array.from({ length: 9 }, () => ({ breakAfter: 0 }))),
      'download-failed: ',
      5,
    ],
  ])('fails when the server %s', async (_what, fault, message, asked) => {
    fault();
    expect(await failure(download())).toContain(message);
    expect(server.asked).toHaveLength(asked);
  });

  it.each<[string, Partial<Download>, string]>([
    ['over http from another computer', { url: 'http://192.0.2.1/f' }, 'http is only allowed for this computer'],
    ['of a file that is too large', { bytes: LIMITS.FIRMWARE_BYTES + 1 }, 'larger than the agent accepts'],
  ])('is refused %s', async (_what, change, message) => {
    expect(await failure(download(server.download(change)))).toContain(message);
    expect(server.asked).toEqual([]);
  });

  it('accepts only the pinned key of the server, or a trusted certificate, over TLS', async () => {
    const secure = await FirmwareServer.start(certificate);
    try {
      await download(secure.download({ trust: { pin: certificate.pin } }));
      expect(await failure(download(secure.download()))).toMatch(/download-failed: .*SELF_SIGNED/);
      expect(secure.asked).toEqual(['200']);
    } finally {
      await secure.stop();
    }
  });

  it('is at the own server of the agent, whatever address and key the order names', () => {
    const ordered = server.source({ url: 'http://127.0.0.1:22/probe?of=ports', pin: 'B'.repeat(43) });
    const own = { origin: 'https://platen.example:8443', trust: { pin: 'A'.repeat(43) }, outbound: NO_PROXY };
    const { token, bytes, sha256 } = ordered;
    expect(downloadOf('a-job', ordered, own)).toEqual({
      ...{ url: 'https://platen.example:8443/api/agent/firmware/a-job', trust: own.trust, outbound: own.outbound },
      ...{ token, bytes, sha256 },
    });
    expect(() => downloadOf('a-job', ordered, { ...own, origin: undefined })).toThrow(
      /enrol it again, or set "server"/,
    );
  });

  it('reports a full disk', async () => {
    const small = await smallFilesystem(64);
    if (!small) return expect(small).toBeUndefined();
    try {
      expect(await failure(download(server.download(), { to: join(small.folder, 'f') }))).toContain('ENOSPC');
    } finally {
      await small.remove();
    }
  });

  it('stops when the agent stops', async () => {
    server.faults.push('silent');
    const message = failure(download());
    await until('the request', () => server.asked.length >= 1);
    stopping.abort(new Error('stopping'));
    expect(await message).toBe('stopping');
  });

  it('does not put the token into its errors', async () => {
    server.faults.push({ status: 401 });
    expect(await failure(download())).not.toContain(FIRMWARE_TOKEN);
  });

  it('removes the files that a killed agent orphaned', async () => {
    await writeFile(path(), 'half');
    await writeFile(join(folder, 'other.json'), '{}');
    await removeFirmwareFiles(folder);
    expect(await readdir(folder)).toEqual(['other.json']);
  });
});
