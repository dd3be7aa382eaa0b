import { recordedJournal } from '../../../test/support/recorded-journal';
import { form, plainHttp } from '../../../test/support/plain-http';
import { until } from '../../../test/support/until';
import { sha256Hex } from '../../tunnel/sha256';
import { makeFirmware } from '../firmware/firmware-file';
import { startMfp, type RunningMfp } from '../mfp';

describe('files of the simulated MFP', () => {
  let mfp: RunningMfp;
  const at = (path: string): string => new URL(path, mfp.url).href;
  const file = (size: number): string => at(`/files/job-log-export.bin?size=${size}`);
  beforeAll(async () => {
    mfp = await startMfp({ restartMs: 50 }, recordedJournal().journal);
  });
  afterAll(() => mfp.stop());

  it('downloads the same bytes each time, and all 256 values occur', async () => {
    const first = await plainHttp(file(300_001));
    expect(first.headers).toMatchObject({ 'content-length': '300001', etag: '"job-log-300001"' });
    expect(sha256Hex((await plainHttp(file(300_001))).body)).toBe(sha256Hex(first.body));
    expect(new Set(first.body).size).toBe(256);
  });

  it('offers 100 MB where no size is given', async () => {
    const { headers, body } = await plainHttp(at('/files/job-log-export.bin'), { method: 'HEAD' });
    expect([headers['content-length'], body.length]).toEqual(['100000000', 0]);
  });

  it.each([
    ['bytes=0-9', 206, 0, 10],
    ['bytes=65530-65545', 206, 65_530, 65_546],
    ['bytes=199990-', 206, 199_990, 200_000],
    ['bytes=-7', 206, 199_993, 200_000],
    ['bytes=199999-300000', 206, 199_999, 200_000],
    ['bytes=0-1,5-6', 200, 0, 200_000],
    ['lines=1-2', 200, 0, 200_000],
  ])('answers range %s with %i', async (range, status, start, end) => {
    const whole = await plainHttp(file(200_000));
    const part = await plainHttp(file(200_000), { headers: { Range: range } });
    expect(part.status).toBe(status);
    expect(part.body.equals(whole.body.subarray(start, end))).toBe(true);
    if (status === 206) expect(part.headers['content-range']).toBe(`bytes ${start}-${end - 1}/200000`);
  });

  it.each(['bytes=10-', 'bytes=9-5', 'bytes=-0'])('has no range %s', async (range) => {
    const { status, headers } = await plainHttp(file(10), { headers: { Range: range } });
    expect([status, headers['content-range']]).toEqual([416, 'bytes */10']);
  });

  it('respects If-Range and If-None-Match', async () => {
    const stale = await plainHttp(file(10), { headers: { Range: 'bytes=1-2', 'If-Range': '"other"' } });
    expect(stale.status).toBe(200);
    const fresh = await plainHttp(file(10), { headers: { Range: 'bytes=1-2', 'If-Range': '"job-log-10"' } });
    expect(fresh.status).toBe(206);
    const known = await plainHttp(file(10), { headers: { 'If-None-Match': '"x", "job-log-10"' } });
    expect(known.status).toBe(304);
  });

  it.each(['POST', 'PUT'])('answers an upload by %s with its size and SHA-256', async (method) => {
    const { body } = await plainHttp(file(3_000_000));
    const answer = await plainHttp(at('/files/upload'), { method, body });
    expect(JSON.parse(answer.text)).toEqual({ bytes: 3_000_000, sha256: sha256Hex(body) });
  });

  const loggedIn = async (): Promise<string> => {
    const { headers } = await plainHttp(at('/login'), form({ user: 'admin', password: 'demo-3050' }));
    return String(headers['set-cookie']?.[0]?.split(';')[0]);
  };

  it('takes firmware from a form, and shows what was received', async () => {
    const cookie = await loggedIn();
    const send = async (fileName: string, content: Buffer): Promise<Awaited<ReturnType<typeof plainHttp>>> => {
      const data = new FormData();
      data.set('firmware', new Blob([new Uint8Array(content)]), fileName);
      const packed = new Response(data);
      return plainHttp(at('/firmware'), {
        method: 'POST',
        headers: { Cookie: cookie, 'Content-Type': String(packed.headers.get('content-type')) },
        body: Buffer.from(await packed.arrayBuffer()),
      });
    };
    const content = (await plainHttp(file(1_000_000))).body;
    expect((await send('mfp-2.15.bin', content)).headers.location).toBe('/firmware?done=received');
    const { text } = await plainHttp(at('/firmware'), { headers: { Cookie: cookie } });
    for (const shown of [
      'mfp-2.15.bin',
      '1,000,000 bytes',
      sha256Hex(content),
      'this is not a firmware file of this device',
    ])
      expect(text).toContain(shown);
    expect((await send('notes.txt', content)).status).toBe(400);
    expect((await send('empty.bin', Buffer.alloc(0))).status).toBe(400);

    const installed = await send('valid.bin', makeFirmware('2.16.000'));
    expect(installed.text).toContain('The device installs version 2.16.000 and restarts.');
    await until('the new version', () => mfp.machine.memory.firmware === '2.16.000');
    const page = await until('the page', () => plainHttp(at('/status')).catch(() => undefined));
    expect(page.text).toContain('Firmware 2.16.000');
  });

  const part = (name: string, rest = '') => `--B\r\nContent-Disposition: form-data; name="${name}"${rest}\r\n\r\n`;
  const firmware = part('firmware', '; filename="folder/Zürich.bin"');
  const sendForm = async (body: string) =>
    plainHttp(at('/firmware'), {
      method: 'POST',
      headers: { Cookie: await loggedIn(), 'Content-Type': 'multipart/form-data; boundary=B' },
      body,
    });

  it('reads a form with other fields around the file (RFC 7578)', async () => {
    const content = 'two\r\nlines --B not a delimiter';
    const body = `preamble\r\n${part('note')}x\r\n${firmware}${content}\r\n${part('last')}\r\n--B--\r\nepilogue`;
    expect((await sendForm(body)).headers.location).toBe('/firmware?done=received');
    const upload = { fileName: 'Zürich.bin', bytes: content.length, sha256: sha256Hex(Buffer.from(content)) };
    expect(mfp.machine.memory.firmwareUpload).toMatchObject(upload);
  });

  it.each([
    ['that breaks off', `${firmware}content`, 400],
    ['without delimiters', 'hello', 400],
    ['without a firmware file', `${part('note')}x\r\n--B--`, 400],
    ['with a header without an end', `--B\r\n${'x'.repeat(100_000)}`, 400],
    ['with a field that is too large', `${part('note')}${'x'.repeat(10_000)}\r\n--B--`, 413],
    ['with too many parts', `${`${part('x')}\r\n`.repeat(20)}--B--`, 413],
  ])('refuses a form %s', async (_what, body, status) => {
    const before = mfp.machine.memory.firmwareUpload;
    expect((await sendForm(body)).status).toBe(status);
    expect(mfp.machine.memory.firmwareUpload).toBe(before);
  });
});
