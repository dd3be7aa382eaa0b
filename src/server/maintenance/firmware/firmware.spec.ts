import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ControlPlane, type Answer, type Who } from '../../../../test/support/server/control-plane';
import { until } from '../../../../test/support/until';
import { LIMITS } from '../../../protocol/limits';
import { firmware } from '../../../protocol/maintenance';
import { sha256Hex } from '../../../tunnel/sha256';

const FILE = Buffer.from('firmware '.repeat(1_000));
const SHA256 = sha256Hex(FILE);

describe('firmware files', () => {
  let plane: ControlPlane;
  beforeAll(async () => (plane = await ControlPlane.start()));
  afterAll(() => plane?.stop());
  afterEach(() => jest.restoreAllMocks());

  const stored = () => readdirSync(join(plane.config.data, 'firmware'));
  const upload = (who: Who, query: object = {}, body: Buffer<ArrayBuffer> = FILE): Promise<Answer> => {
    const about = new URLSearchParams({ name: 'main.bin', version: '2.15.000', ...query });
    return plane.send(who, `/firmware?${about.toString()}`, body);
  };
  const uploaded = async (query: object = {}) => firmware.parse((await upload('ada', query)).body);
  const install = (firmwareId: string) =>
    plane.call('tom', 'POST', '/devices/printer/jobs', { operation: 'firmware-install', firmwareId });
  const download = (url: string, token: string, headers: Record<string, string> = {}) =>
    fetch(url, { headers: { authorization: `Bearer ${token}`, ...headers } });

  it('are stored unchanged, listed, and removed', async () => {
    const file = await uploaded({ sha256: SHA256, model: '3050ci' });
    expect(file).toMatchObject({ bytes: FILE.length, sha256: SHA256, model: '3050ci', uploadedBy: 'ADA' });
    expect(stored()).toEqual([file.id]);
    expect((await plane.call('tom', 'GET', '/firmware')).body).toEqual([file]);
    expect((await plane.call('tom', 'DELETE', `/firmware/${file.id}`)).status).toBe(403);
    expect((await plane.call('ada', 'DELETE', `/firmware/${file.id}`)).status).toBe(204);
    expect((await plane.call('ada', 'DELETE', `/firmware/${file.id}`)).body.code).toBe('unknown-firmware');
    expect(stored()).toEqual([]);
  });

  it('are refused if they are empty, too large, damaged or too many, and are then removed from the disk', async () => {
    expect((await upload('tom')).status).toBe(403);
    expect((await upload('ada', {}, Buffer.alloc(0))).body.code).toBe('firmware-refused');
    expect((await upload('ada', { sha256: '0'.repeat(64) })).body.code).toBe('firmware-refused');
    expect((await upload('ada', { version: 'a b' })).body.code).toBe('invalid-request');
    jest.replaceProperty(LIMITS, 'FIRMWARE_BYTES', 100);
    expect((await upload('ada')).body.code).toBe('firmware-refused');
    jest.restoreAllMocks();
    jest.replaceProperty(LIMITS, 'FIRMWARE_FILES', 0 as never);
    expect((await upload('ada')).body.code).toBe('too-many-firmware-files');
    expect(stored()).toEqual([]);
  });

  it('are delivered, whole or in part, only for the token of an open job', async () => {
    const { id } = await uploaded();
    const { body } = await install(id);
    const execute = await plane.agent.commanded(String(body.id), 'execute');
    const { 'firmware-url': url = '', 'firmware-token': token = '', ...fields } = execute.fields;
    expect(fields).toMatchObject({ 'firmware-sha256': SHA256, 'firmware-bytes': String(FILE.length) });
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

  it('that a crash left incomplete are removed at the start', async () => {
    const { id } = await uploaded();
    await plane.halt();
    writeFileSync(join(plane.config.data, 'firmware', '.half'), 'half a file');
    await plane.boot();
    expect(stored()).toEqual([id]);
  });
});
