import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ControlPlane, type Who } from '../../../../test/support/server/control-plane';
import { FirmwareMaker } from '../../../../test/support/firmware-maker';
import { until } from '../../../../test/support/until';
import { FIRMWARE_MEDIA_TYPE, type UnsignedFirmware } from '../../../protocol/firmware-package';
import { LIMITS } from '../../../protocol/limits';
import { firmware } from '../../../protocol/maintenance';
import { sha256Hex } from '../../../tunnel/sha256';

const FILE = Buffer.from('firmware '.repeat(1_000));
const SHA256 = sha256Hex(FILE);

describe('firmware files', () => {
  const maker = new FirmwareMaker();
  const folder = mkdtempSync(join(tmpdir(), 'platen-firmware-key-'));
  let plane: ControlPlane;
  beforeAll(async () => {
    const PLATEN_RELEASE_PUBLIC_KEY = maker.writePublicKey(join(folder, 'release.pub'));
    plane = await ControlPlane.start({ PLATEN_RELEASE_PUBLIC_KEY });
  });
  afterAll(async () => {
    await plane?.stop();
    rmSync(folder, { recursive: true });
  });
  afterEach(() => jest.restoreAllMocks());

  const stored = () => readdirSync(join(plane.config.data, 'firmware'));
  const upload = (who: Who, file: Buffer<ArrayBuffer> = maker.make(FILE), type = FIRMWARE_MEDIA_TYPE) =>
    plane.send(who, '/firmware', file, type);
  const uploaded = async (about: Partial<UnsignedFirmware> = {}) =>
    firmware.parse((await upload('ada', maker.make(FILE, about))).body);
  const install = (firmwareId: string) =>
    plane.call('tom', 'POST', '/devices/printer/jobs', { operation: 'firmware-install', firmwareId });
  const download = (url: string, token: string, headers: Record<string, string> = {}) =>
    fetch(url, { headers: { authorization: `Bearer ${token}`, ...headers } });

  it('are stored unchanged, listed, and removed', async () => {
    const file = await uploaded({ model: '3050ci' });
    const signedAt = '2026-03-02T09:00:00.000Z';
    expect(file).toMatchObject({ bytes: FILE.length, sha256: SHA256, model: '3050ci', signedAt, uploadedBy: 'ADA' });
    expect(stored()).toEqual([file.id]);
    expect((await plane.call('tom', 'GET', '/firmware')).body).toEqual([file]);
    expect((await plane.call('tom', 'DELETE', `/firmware/${file.id}`)).status).toBe(403);
    expect((await plane.call('ada', 'DELETE', `/firmware/${file.id}`)).status).toBe(204);
    expect((await plane.call('ada', 'DELETE', `/firmware/${file.id}`)).body.code).toBe('unknown-firmware');
    expect(stored()).toEqual([]);
  });

  it('are refused if they are empty, too large, damaged or too many, and are then removed from the disk', async () => {
    expect((await upload('tom')).status).toBe(403);
    expect((await upload('ada', maker.make(FILE), 'application/octet-stream')).body.code).toBe('invalid-request');
    jest.replaceProperty(LIMITS, 'FIRMWARE_BYTES', 100);
    expect((await upload('ada')).body.code).toBe('firmware-refused');
    jest.restoreAllMocks();
    jest.replaceProperty(LIMITS, 'FIRMWARE_FILES', 0 as never);
    expect((await upload('ada')).body.code).toBe('too-many-firmware-files');
    expect(stored()).toEqual([]);
  });

  it.each<[string, Buffer<ArrayBuffer>, string]>([
    ['without a manifest', FILE, 'It does not start with a manifest'],
    ['that is empty', Buffer.alloc(0), 'It ends before the end of its manifest.'],
    ['signed with another key', new FirmwareMaker().make(FILE), 'The signature of main.bin was not made with the key'],
    ['for another model than was signed', maker.make(FILE, {}, { model: 'X' }), 'was not made with the key'],
    ['signed as a release', maker.make(FILE, {}, { signature: maker.sign('platen release\n[]') }), 'was not made with'],
    ['of another product', maker.make(FILE, {}, { product: 'platen-relay' }), 'Its manifest is not valid: product'],
    ['of a version with a space', maker.make(FILE, { version: 'a b' }), 'Its manifest is not valid: version'],
    ['of other bytes', maker.make(FILE, { sha256: '0'.repeat(64) }), `The SHA-256 of the file is ${SHA256}`],
    ['of another length', maker.make(FILE, { bytes: 9 }), `The file has ${FILE.length} bytes, not the 9`],
  ])('are refused %s, and leave nothing on the disk', async (_what, file, detail) => {
    const { status, body } = await upload('ada', file);
    expect([status, body]).toEqual([
      422,
      expect.objectContaining({ code: 'firmware-refused', detail: expect.stringContaining(detail) as string }),
    ]);
    expect(stored()).toEqual([]);
  });

  it('are delivered, whole or in part, only for the token of an open job', async () => {
    const { id } = await uploaded();
    const { body } = await install(id);
    const execute = await plane.agent.commanded(String(body.id), 'execute');
    const { 'firmware-url': url = '', 'firmware-token': token = '', ...fields } = execute.fields;
    const { name, signature } = maker.manifest(FILE);
    expect(fields).toMatchObject({
      ...{ 'firmware-sha256': SHA256, 'firmware-bytes': String(FILE.length) },
      ...{ 'firmware-name': name, 'firmware-model': '', 'firmware-signature': signature },
    });
    expect(url).toBe(`${plane.url}/api/agent/firmware/${body.id as string}`);

    const whole = await download(url, token);
    expect(Buffer.from(await whole.arrayBuffer()).equals(FILE)).toBe(true);
    const rest = await download(url, token, { range: 'bytes=8000-' });
    expect([rest.status, rest.headers.get('content-range')]).toEqual([206, `bytes 8000-8999/${FILE.length}`]);
    expect(Buffer.from(await rest.arrayBuffer()).equals(FILE.subarray(8_000))).toBe(true);
    // more than the limit of logins from one address
    for (let more = 0; more < LIMITS.LOGINS_PER_MINUTE; more += 1)
      expect((await download(url, token, { range: 'bytes=8999-' })).status).toBe(206);
    for (const wrong of ['', 'A'.repeat(43), `${token}x`]) expect((await download(url, wrong)).status).toBe(401);
    expect((await plane.call('ada', 'DELETE', `/firmware/${id}`)).body.code).toBe('firmware-in-use');

    execute.answer({ status: 'completed' });
    await until('the job is over', async () => (await download(url, token)).status === 401);
    expect((await plane.call('ada', 'DELETE', `/firmware/${id}`)).status).toBe(204);
  });

  it('are not installed on another model', async () => {
    const { id } = await uploaded({ model: '9000xl' });
    expect((await install(id)).body.code).toBe('firmware-unfit');
    expect((await install('5b0f8c1e-2d3a-4f6b-9c7d-8e9f0a1b2c3d')).body.code).toBe('unknown-firmware');
    await plane.call('ada', 'DELETE', `/firmware/${id}`);
  });

  it('are no longer installed once the server has another key, and none is stored without a key', async () => {
    const { id } = await uploaded();
    const PLATEN_RELEASE_PUBLIC_KEY = new FirmwareMaker().writePublicKey(join(folder, 'other.pub'));
    await plane.halt();
    await plane.boot({ PLATEN_RELEASE_PUBLIC_KEY });
    expect(await install(id)).toMatchObject({ status: 409, body: { code: 'firmware-unsigned' } });
    expect((await upload('ada')).body.code).toBe('firmware-refused');
    await plane.halt();
    await plane.boot({ PLATEN_RELEASE_PUBLIC_KEY: '' });
    expect(await upload('ada')).toMatchObject({ status: 409, body: { code: 'release-key-missing' } });
    await plane.halt();
    await plane.boot();
    await plane.call('ada', 'DELETE', `/firmware/${id}`);
  });

  it('that an earlier version stored unsigned are listed, but not installed', async () => {
    const { id } = await uploaded();
    await plane.write(`UPDATE firmware SET manifest = NULL WHERE id = '${id}'`);
    expect((await plane.call('tom', 'GET', '/firmware')).body).toMatchObject([{ id, signedAt: null }]);
    expect(await install(id)).toMatchObject({ status: 409, body: { code: 'firmware-unsigned' } });
    await plane.call('ada', 'DELETE', `/firmware/${id}`);
  });

  it('give an enrolled agent the key that verifies them', async () => {
    expect(await plane.enrol('another-box')).toMatchObject({ releaseKey: maker.key });
  });

  it('that a crash left incomplete are removed at the start', async () => {
    const { id } = await uploaded();
    await plane.halt();
    writeFileSync(join(plane.config.data, 'firmware', '.half'), 'half a file');
    await plane.boot();
    expect(stored()).toEqual([id]);
  });
});
