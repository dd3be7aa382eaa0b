import { mkdtemp, readdir, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { recordedJournal } from '../../../test/support/recorded-journal';
import { plainHttp, type PlainAnswer, type PlainRequest } from '../../../test/support/plain-http';
import { removeFolder } from '../../../test/support/remove-folder';
import { until } from '../../../test/support/until';
import { MFP_LIMITS } from '../mfp-limits';
import { startMfp, type RunningMfp } from '../mfp';

describe('document boxes of the simulated MFP', () => {
  const journal = recordedJournal();
  let data: string;
  let mfp: RunningMfp;
  const start = async () => (mfp = await startMfp({ data, boxPort: 0 }, journal.journal));
  beforeEach(async () => {
    data = await mkdtemp(join(tmpdir(), 'mfp-'));
    await start();
  });
  afterEach(async () => {
    await mfp.stop();
    await removeFolder(data);
  });
  const at = (path: string, sent?: PlainRequest): Promise<PlainAnswer> =>
    plainHttp(new URL(path, mfp.boxUrl).href, sent);
  const put = (path: string, body: string | Buffer): Promise<PlainAnswer> => at(path, { method: 'PUT', body });
  const listed = async (box: string): Promise<string[]> =>
    (JSON.parse((await at(`/boxes/${box}`)).text) as { documents: { name: string }[] }).documents.map(
      ({ name }) => name,
    );

  it('are not reached through its web pages', async () => {
    for (const path of ['/boxes', '/boxes/scans/minutes.pdf'])
      expect((await plainHttp(new URL(path, mfp.url).href)).status).toBe(404);
    expect((await plainHttp(new URL('/document-box', mfp.url).href)).status).toBe(303);
  });

  it('lists its boxes and documents', async () => {
    expect(JSON.parse((await at('/boxes')).text)).toEqual({ boxes: ['invoices', 'scans'] });
    const { documents } = JSON.parse((await at('/boxes/scans')).text) as { documents: { modifiedAt: string }[] };
    expect(documents[0]).toEqual({
      name: 'delivery-note-771.pdf',
      bytes: expect.any(Number),
      modifiedAt: expect.stringMatching(/^\d{4}-.*Z$/),
    });
  });

  it('sends a document, which no browser shows as a page of the device', async () => {
    const { status, headers, body } = await at('/boxes/invoices/2026-10448.pdf');
    expect(status).toBe(200);
    expect(headers).toMatchObject({
      'content-type': 'application/pdf',
      'content-length': String(body.length),
      'content-security-policy': 'sandbox',
      'content-disposition': 'attachment',
      'x-content-type-options': 'nosniff',
    });
    expect(body.toString('latin1')).toMatch(/^%PDF-1\.4\n[^]*startxref\n\d+\n%%EOF\n$/);
    const head = await at('/boxes/invoices/2026-10448.pdf', { method: 'HEAD' });
    expect([head.status, head.headers['content-length'], head.body.length]).toEqual([200, String(body.length), 0]);
  });

  it('creates, replaces and deletes a document, and has it as it is after a restart', async () => {
    const { length } = await listed('scans');
    expect((await put('/boxes/scans/new.txt', 'one')).status).toBe(201);
    expect((await put('/boxes/scans/new.txt', 'two')).status).toBe(204);
    expect((await put('/boxes/scans/empty.bin', '')).status).toBe(201);
    expect((await at('/boxes/scans/minutes.pdf', { method: 'DELETE' })).status).toBe(204);
    // what an upload leaves that was cut off by the end of the process
    await writeFile(join(data, 'boxes', 'scans', '.0b1c'), 'half');
    await mfp.stop();
    await start();
    expect((await at('/boxes/scans/new.txt')).text).toBe('two');
    const names = await listed('scans');
    expect(names).toEqual(expect.arrayContaining(['empty.bin', 'new.txt']));
    expect(names).not.toContain('minutes.pdf');
    expect(names).toHaveLength(length + 1);
    expect((await readdir(join(data, 'boxes', 'scans'))).sort()).toEqual(names);
  });

  it.each<[string, string, PlainRequest, number]>([
    ['a box that does not exist', '/boxes/none', {}, 404],
    ['a document of such a box', '/boxes/none/a.txt', { method: 'PUT', body: 'x' }, 404],
    ['a document that does not exist', '/boxes/scans/none.pdf', {}, 404],
    ['deleting one', '/boxes/scans/none.pdf', { method: 'DELETE' }, 404],
    ['a name that leads elsewhere', '/boxes/scans/..%2f..%2fmfp.json', { method: 'PUT', body: 'x' }, 400],
    ['reading it', '/boxes/scans/..%2f..%2fmfp.json', {}, 404],
    ['a hidden name', '/boxes/scans/.hidden', { method: 'PUT', body: 'x' }, 400],
    ['capitals in a name', '/boxes/scans/A.pdf', { method: 'PUT', body: 'x' }, 400],
    ['a property of every object as box', '/boxes/constructor', {}, 404],
    ['an address that is not valid', '/boxes/%ff', {}, 400],
    ['a deeper address', '/boxes/scans/a/b', {}, 404],
    ['another method', '/boxes/scans/minutes.pdf', { method: 'POST', body: 'x' }, 405],
    ['deleting a box', '/boxes/scans', { method: 'DELETE' }, 405],
    [
      'a page of another site',
      '/boxes/scans/minutes.pdf',
      { method: 'DELETE', headers: { Origin: 'http://evil.example' } },
      403,
    ],
  ])('refuses %s', async (_what, path, sent, status) => {
    const before = await listed('scans');
    const answer = await at(path, sent);
    expect([answer.status, answer.headers['content-type']]).toEqual([status, 'application/problem+json']);
    expect(JSON.parse(answer.text)).toEqual({ title: expect.any(String), status, detail: expect.any(String) });
    expect(await listed('scans')).toEqual(before);
  });

  it('refuses a document that is too large, and the one that does not fit any more', async () => {
    const large = Buffer.alloc(MFP_LIMITS.BOX_DOCUMENT_BYTES);
    expect((await put('/boxes/scans/too-large', Buffer.concat([large, Buffer.from('x')]))).status).toBe(413);
    const names = ['a', 'b', 'c'];
    for (const name of names) expect((await put(`/boxes/scans/${name}`, large)).status).toBe(201);
    expect((await put('/boxes/scans/d', large)).status).toBe(409);
    // replacing needs no more room than it frees
    expect((await put('/boxes/scans/a', large)).status).toBe(204);
    for (const name of names) await at(`/boxes/scans/${name}`, { method: 'DELETE' });
    expect((await put('/boxes/scans/d', large)).status).toBe(201);
  });

  it('refuses more documents than a box holds', async () => {
    const free = MFP_LIMITS.BOX_DOCUMENTS - (await listed('scans')).length;
    const answers = await Promise.all(
      Array.from({ length: free + 5 }, (_, index) => put(`/boxes/scans/n${index}`, 'x')),
    );
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(free);
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(5);
    expect(await readdir(join(data, 'boxes', 'scans'))).toHaveLength(MFP_LIMITS.BOX_DOCUMENTS);
  });

  it('keeps the old document if an upload breaks off', async () => {
    const before = (await at('/boxes/scans/minutes.pdf')).body;
    const sent = request(new URL('/boxes/scans/minutes.pdf', mfp.boxUrl), {
      method: 'PUT',
      headers: { 'Content-Length': '1000' },
    });
    sent.on('error', () => undefined);
    sent.write('half');
    await until('the upload', () => mfp.machine.boxes.receivingBytes > 0);
    sent.destroy();
    await until('its end', () => mfp.machine.boxes.receivingBytes === 0);
    expect((await at('/boxes/scans/minutes.pdf')).body.equals(before)).toBe(true);
  });

  it('logged no unexpected error', () => {
    expect(journal.lines.filter((line) => 'incident' in line)).toEqual([]);
  });
});
