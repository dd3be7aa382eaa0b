import { once } from 'node:events';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { recordedJournal } from '../../../test/support/recorded-journal';
import { removeFolder } from '../../../test/support/remove-folder';
import { parseConfiguration } from '../../agent/configuration/configuration';
import { DeviceLogin } from '../../agent/configuration/device-login';
import { LoginRequired } from '../../agent/device/device-access';
import { HttpLogin } from '../../agent/device/http-login';
import { IppDevice } from '../../agent/device/ipp-device';
import { makeFirmware } from '../firmware/firmware-file';
import { ADMINISTRATOR } from '../machine/identity';
import { startMfp, type RunningMfp } from '../mfp';
import type { LoginScheme } from './device-login';

const NEW = '2.15.000';

describe.each<LoginScheme>(['basic', 'digest'])('a device that asks for a %s login', (login) => {
  let mfp: RunningMfp;
  let folder: string;
  let restarts: number;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mfp-login-'));
    // restarts are only counted, so that it answers all requests of a test
    mfp = await startMfp({ login, writeMs: 3_600_000 }, recordedJournal().journal);
    mfp.machine.removeAllListeners('restart');
    restarts = 0;
    mfp.machine.on('restart', () => restarts++);
  });
  afterEach(async () => {
    await mfp.stop();
    await removeFolder(folder);
  });

  /** What the agent has of its own configuration. */
  const agentWith = (login?: object) => {
    const web = { id: 'web', title: 'Web pages', target: mfp.url.replace(/\/$/, '') };
    const addresses = { ipp: `ipp://127.0.0.1:${mfp.port}/ipp/print`, firmware: `${mfp.url}firmware` };
    const device = { id: 'mfp', name: 'MFP', kind: 'mfp', applications: [web], ...addresses, login };
    return new IppDevice(parseConfiguration(JSON.stringify({ devices: [device] }), folder).devices[0]!);
  };
  const firmware = async (options = {}) => {
    const file = join(folder, 'firmware.bin');
    await writeFile(file, makeFirmware(NEW, { bytes: 300_000, ...options }));
    return file;
  };

  it('restarts and installs for an agent that has the login, each time', async () => {
    const agent = agentWith(ADMINISTRATOR);
    expect(await agent.checkLogin()).toBe(false); // reading needs no login
    for (const _time of [1, 2]) {
      const restarted = once(mfp.machine, 'restart');
      await agent.restart();
      await restarted;
    }
    const received = once(mfp.machine, 'firmware');
    await agent.sendFirmware(await firmware(), () => undefined);
    await received;
    expect(mfp.machine.memory.firmwareUpload).toMatchObject({ outcome: `Installed as version ${NEW}.` });
    expect(restarts).toBe(2);
  });

  it.each([
    ['no login', undefined, 'LoginRequired'],
    ['a wrong password', { ...ADMINISTRATOR, password: 'demo-3051' }, 'LoginRefused'],
    ['a wrong user', { ...ADMINISTRATOR, user: 'root' }, 'LoginRefused'],
  ])('neither restarts nor installs for an agent with %s', async (_which, used, name) => {
    await expect(agentWith(used).restart()).rejects.toMatchObject({ name });
    await expect(agentWith(used).sendFirmware(await firmware(), () => undefined)).rejects.toMatchObject({ name });
    expect(mfp.machine.memory.firmwareUpload).toBeNull();
    expect(restarts).toBe(0);
    expect((await agentWith(used).information()).state).toBe('idle');
  });

  it('refuses firmware of another device after the login', async () => {
    const other = agentWith(ADMINISTRATOR).sendFirmware(await firmware({ model: 'Another' }), () => undefined);
    await expect(other).rejects.toMatchObject({ name: 'DeviceRefused', message: expect.stringContaining('HTTP 400') });
  });

  it.each([
    ['nothing', ''],
    ['a scheme without a value', 'Basic'],
    ['what is not base64', 'Basic !!!'],
    ['an empty user and password', 'Basic OjpA'],
    ['a digest without fields', 'Digest nonce='],
    ['thousands of fields', `Digest ${'a="b",'.repeat(1_000)}`],
    ['another scheme', 'Bearer x'],
  ])('refuses %s', async (_what, authorization) => {
    const answer = await fetch(`${mfp.url}firmware`, { method: 'PUT', body: 'x', headers: { authorization } });
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toMatch(new RegExp(`^${login} realm=`, 'i'));
  });
});

it('a recorded digest login is not accepted again', async () => {
  const mfp = await startMfp({ login: 'digest' }, recordedJournal().journal);
  try {
    const put = (authorization?: string) =>
      fetch(`${mfp.url}firmware`, { method: 'PUT', body: 'x', headers: authorization ? { authorization } : {} });
    const address = { host: '127.0.0.1', port: mfp.port, path: '/firmware', tls: false };
    let recorded = '';
    const login = new HttpLogin(new DeviceLogin({ ...ADMINISTRATOR, clearText: false }, '/'));
    await login.authenticate({ address, method: 'PUT' }, async (authorization) => {
      const answer = await put(authorization);
      if (answer.status === 401) throw new LoginRequired('401', answer.headers.get('www-authenticate')!);
      expect(answer.status).toBe(400); // the login is accepted, the file is not
      recorded = authorization!;
    });
    const again = await put(recorded);
    expect(again.status).toBe(401);
    expect(again.headers.get('www-authenticate')).toContain('stale=true');
  } finally {
    await mfp.stop();
  }
});

it('a device without such a login takes firmware from no program', async () => {
  const mfp = await startMfp({}, recordedJournal().journal);
  try {
    expect((await fetch(`${mfp.url}firmware`, { method: 'PUT', body: 'x' })).status).toBe(405);
  } finally {
    await mfp.stop();
  }
});
