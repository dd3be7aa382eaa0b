import { join } from 'node:path';
import { readFile, writeFile } from 'node:fs/promises';
import { event } from '../../src/demo/scenario';
import { finished } from '../../src/demo/stage';
import type { Program } from '../../src/demo/programs';
import { LAN, networksMissing, SERVER } from '../support/customer-networks';
import { NetworkStage } from '../support/stage/network-stage';
import { makeSignedCertificate } from '../support/test-certificate';

const missing = networksMissing();
if (missing !== undefined) console.warn(`skipped, because this machine cannot make network namespaces: ${missing}`);

/** Resolved by the proxy only. */
const HOST = 'platen.test';
const PROXY = 'http://192.168.1.1:8888';
/** The same over TLS, with a certificate of the customer's authority. */
const OVER_TLS = 'https://192.168.1.1:8889';
const LOGIN = { user: 'box', password: 'secret' };
const NEWER = '2.15.000';

let on: NetworkStage;

const device = {
  id: 'mfp-b',
  name: 'MFP of b',
  kind: 'mfp',
  applications: [{ id: 'web', title: 'Web pages', target: `http://${LAN.device}` }],
  ipp: `ipp://${LAN.device}:80/ipp/print`,
  firmware: `tcp://${LAN.device}:9100`,
  maintenance: { 'firmware-install': 'allow' },
};

const asAdmin = (...args: string[]): Promise<Program> => finished(on.terminal('admin', args));

(missing === undefined ? describe : describe.skip)('a LAN whose only way out is an HTTP proxy', () => {
  beforeAll(async () => {
    const { authority, cert, key } = await makeSignedCertificate(['192.168.1.1']);
    const env = { PLATEN_PUBLIC_URL: `https://${HOST}:8080`, PLATEN_XMPP_PUBLIC_HOST: HOST };
    on = await NetworkStage.set({
      env: { ...env, PLATEN_RELAY_PUBLIC_URL: `wss://${HOST}:8090` },
      serverUrl: `https://${HOST}:8080`,
      terminals: 'second-b',
      proxy: { in: 'b', names: { [HOST]: SERVER }, ...LOGIN, url: PROXY, tls: `${key}\n${cert}` },
    });
    // the agent over TLS, terminals in clear
    await writeFile(join(on.folder, 'acme.pem'), authority);
    const proxy = { url: OVER_TLS, login: LOGIN, tlsAuthority: join(on.folder, 'acme.pem') };
    await on.startCustomer('b', { devices: [device], proxy });
  });
  afterAll(() => on?.strike());

  it('has neither a route nor a name server', async () => {
    const tried = [on.serverUrl, `https://${SERVER}:8080`].map((url) =>
      on.networks.run('agent-b', 'curl', '-sSk', '--max-time', '3', url),
    );
    // no such name or no answer of a name server; no connection
    for (const { code } of await Promise.all(tried)) expect([6, 7, 28]).toContain(code);
  });

  it('leads to a session through the relay', async () => {
    const connect = on.terminal('admin', ['connect', 'mfp-b', 'web', '--reason', 'Streaks', '--json']);
    try {
      const { sessionId } = await event(connect, 'requested');
      await on.pressYes('b', sessionId);
      const { url } = await event(connect, 'listening');
      expect(await on.page('second-b', String(url))).toContain('SERIAL-b');
      connect.child.kill('SIGINT');
      expect(await event(connect, 'ended')).toMatchObject({ ending: 'ended-by-terminal' });
    } finally {
      await connect.stop('SIGKILL');
    }
  });

  it('leads to firmware on the server', async () => {
    await on.uploadFirmware(NEWER, 100_000);
    const { printed } = await asAdmin('maintain', 'mfp-b', 'firmware-install', '--firmware', NEWER, '--json');
    expect(JSON.parse(printed.at(-1)!)).toMatchObject({ job: { state: 'succeeded', firmware: { version: NEWER } } });
  });

  it.each([PROXY, OVER_TLS])('is checked while the agent runs: %s', async (url) => {
    const file = on.configurationOf('agent-b');
    const { proxy, ...rest } = JSON.parse(await readFile(file, 'utf8')) as { proxy: object };
    const other = join(file, '..', 'checked.json');
    await writeFile(other, JSON.stringify({ ...rest, proxy: { ...proxy, url } }), { mode: 0o600 });
    const check = ['agent', 'check', '--config', other, '--relay', `wss://${HOST}:8090`];
    const { printed } = await finished(on.networks.start('agent-b', on.platen(...check)));
    const by = `, through the proxy ${new URL(url).host}`;
    expect(printed.slice(1, 4)).toEqual([
      expect.stringMatching(`^server ${HOST}:8080: answers, version .*${by}$`),
      `control channel ${HOST}:5223: is reached, and has the key of the enrolment${by}`,
      `relay ${HOST}:8090: answers${by}`,
    ]);
    expect(printed.slice(4)).toEqual([
      expect.stringMatching('^mfp-b IPP: answers'),
      `mfp-b web: ${LAN.device}:80 takes connections`,
      `mfp-b firmware: ${LAN.device}:9100 takes connections`,
    ]);
  });

  it('says what is wrong when the login is', async () => {
    const wrong = [
      'login',
      on.serverUrl,
      '--proxy',
      PROXY,
      '--user',
      'admin',
      '--password-stdin',
      '--fingerprint',
      on.pin,
    ];
    const login = on.networks.start('second-b', on.platen(...wrong), { input: 'x\n' });
    expect(await login.exited).toBe(4);
    expect(login.printed.join('\n')).toContain('the proxy 192.168.1.1:8888 demands a login');
    const file = join(on.folder, 'other.json');
    await writeFile(file, JSON.stringify({ proxy: { url: 'http://192.168.1.1:1' } }));
    const enrol = on.platen(
      'agent',
      'enrol',
      `${'c'.repeat(43)}.${on.pin}`,
      '--server',
      on.serverUrl,
      '--config',
      file,
    );
    const refused = on.networks.start('agent-b', [...enrol, '--credentials', join(on.folder, 'none.json')]);
    expect(await refused.exited).toBe(1);
    expect(refused.printed.join('\n')).toContain('the proxy 192.168.1.1:1 cannot be reached (ECONNREFUSED)');
  });
});
