import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Program } from '../../src/demo/programs';
import { sessionWithSteps } from '../../src/protocol/api';
import { event } from '../../src/demo/scenario';
import { finished, SAMPLE_USERS } from '../../src/demo/stage';
import { CustomerNetworks, LAN, networksMissing, ROUTERS, SERVER, type Customer } from '../support/customer-networks';
import { makeSampleUsers } from '../support/stage/sample-users';
import { CLI } from '../support/stage/test-stage';

const missing = networksMissing();
if (missing !== undefined) console.warn(`skipped, because this machine cannot make network namespaces: ${missing}`);

const PUBLIC_URL = `https://${SERVER}:8080`;
const CUSTOMERS = ['a', 'b'] as const;

let networks: CustomerNetworks;
let folder: string;
const running: Program[] = [];

const started = (program: Program): Program => {
  running.unshift(program);
  return program;
};
const platen = (...args: string[]): string[] => [process.execPath, CLI, ...args];
const environment = () => ({
  PLATEN_DATA: join(folder, 'server'),
  PLATEN_HOST: SERVER,
  PLATEN_PUBLIC_URL: PUBLIC_URL,
  PLATEN_XMPP_HOST: SERVER,
  PLATEN_RELAY_HOST: SERVER,
  PLATEN_LOG_LEVEL: 'info',
});
/** A command of an administrator or technician on the internet. */
const terminal = (user: keyof typeof SAMPLE_USERS, args: string[], input?: string): Program => {
  const env = { PLATEN_CREDENTIALS: join(folder, `${user}.json`), PLATEN_LOG_LEVEL: 'silent' };
  return networks.start('internet', platen(...args), { env, input });
};

async function startServer(): Promise<void> {
  const env = environment();
  const server = started(networks.start('internet', platen('server'), { env }));
  await server.logged('server listening', 60_000);
  await makeSampleUsers(env.PLATEN_DATA);
  await server.logged('relay connected');
  const { printed } = await finished(networks.start('internet', platen('server', 'fingerprint'), { env }));
  for (const [user, { username, password }] of Object.entries(SAMPLE_USERS)) {
    const login = ['login', PUBLIC_URL, '--user', username, '--password-stdin', '--fingerprint', printed[0]!];
    await finished(terminal(user as keyof typeof SAMPLE_USERS, login, `${password}\n`));
  }
}

/** The customer's MFP and, on another host of the LAN, its agent. */
async function startCustomer(name: Customer): Promise<void> {
  const mfp = ['mfp', '--host', LAN.device, '--port', '80', '--name', `MFP of ${name}`, '--serial', `SERIAL-${name}`];
  await started(networks.start(`device-${name}`, platen(...mfp))).logged('mfp listening');
  await startAgent('agent', name, `mfp-${name}`, { wake: { host: LAN.agent, port: 8633 } });
}

/** An agent on a host of the customer's LAN, which leads to the customer's MFP. */
async function startAgent(host: 'agent' | 'second', name: Customer, deviceId: string, more: object): Promise<void> {
  const agent = `${host}-${name}` as const;
  const state = join(folder, agent);
  await mkdir(state);
  const application = { id: 'web', title: 'Web pages', target: `http://${LAN.device}` };
  const device = { id: deviceId, name: `MFP of ${name}`, kind: 'mfp', applications: [application] };
  await writeFile(configurationOf(agent), JSON.stringify({ panel: { port: 8631 }, devices: [device], ...more }));
  const code = (await finished(terminal('admin', ['enrolment-code', agent, '--customer', name, '--site', 'LAN'])))
    .printed[0]!;
  const enrol = platen('agent', 'enrol', '-', '--server', PUBLIC_URL, '--config', configurationOf(agent));
  await finished(networks.start(agent, enrol, { input: `${code}\n` }));
  await runAgent(agent).logged('agent online', 60_000);
}
const configurationOf = (agent: string): string => join(folder, agent, 'agent.json');
const runAgent = (agent: `${'agent' | 'second'}-${Customer}`): Program => {
  const run = platen('agent', 'run', '--config', configurationOf(agent));
  return started(networks.start(agent, run, { env: { PLATEN_LOG_LEVEL: 'info' } }));
};

/** YES on the agent's page, which only its own host reaches. */
async function pressYes(name: Customer, id: string): Promise<void> {
  const agent = running.find((program) => program.name === `agent-${name}`)!;
  await agent.until(
    () => agent.log.find((line) => line.step === 'S143' && line.remoteSessionId === id),
    'shows the approval screen',
  );
  const post = [
    'curl',
    '-sS',
    '--fail',
    '-H',
    'Content-Type: application/json',
    '-H',
    'Origin: http://127.0.0.1:8631',
    '-d',
    '{"decision":"approved"}',
  ];
  const pressed = await networks.run(`agent-${name}`, ...post, `http://127.0.0.1:8631/approvals/${id}`);
  expect(pressed).toMatchObject({ code: 0 });
}

const reaches = async (from: Parameters<CustomerNetworks['run']>[0], url: string): Promise<boolean> =>
  (await networks.run(from, 'curl', '-sS', '--max-time', '3', '-o', '/dev/null', url)).code === 0;

(missing === undefined ? describe : describe.skip)('two customers behind NAT with equal addresses', () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'platen-networks-'));
    networks = await CustomerNetworks.set();
    await startServer();
    await Promise.all(CUSTOMERS.map(startCustomer));
  }, 180_000);
  afterAll(async () => {
    for (const program of running) await program.stop();
    await networks?.strike();
    await rm(folder, { recursive: true, force: true });
  }, 120_000);

  it('admit no connection from outside', async () => {
    // as an attacker on the provider's network, who can route to the LANs
    await networks.run('internet', 'ip', 'route', 'replace', '192.168.1.0/24', 'via', ROUTERS.a);
    expect(await reaches('agent-a', `http://${LAN.device}/`)).toBe(true);
    const outside = [LAN.device, ...Object.values(ROUTERS).map((router) => `${router}:8631`)];
    const reached = await Promise.all(outside.map((address) => reaches('internet', `http://${address}/`)));
    expect(reached).toEqual([false, false, false]);
  });

  it.each(CUSTOMERS)("lead to the device of customer %s, although the other's has the same address", async (name) => {
    const connect = terminal('admin', ['connect', `mfp-${name}`, 'web', '--reason', 'Streaks', '--json']);
    try {
      const { sessionId } = await event(connect, 'requested');
      await pressYes(name, sessionId);
      const { url } = await event(connect, 'listening');
      const page = await networks.run('internet', 'curl', '-sSL', '--fail', '--max-time', '60', String(url));
      expect(page.output).toContain(`SERIAL-${name}`);
      connect.child.kill('SIGINT');
      expect(await event(connect, 'ended')).toMatchObject({ ending: 'ended-by-terminal' });
      expect(await connect.exited).toBe(0);
    } finally {
      await connect.stop('SIGKILL');
    }
  });

  it('let a session be opened and ended through another agent when the control channel is blocked', async () => {
    await startAgent('second', 'a', 'spare-a', {});
    await running.find(({ name }) => name === 'agent-a')!.stop();
    const block = [
      'add table inet blocked',
      'add chain inet blocked out { type filter hook output priority 0; }',
      'add rule inet blocked out tcp dport 5223 reject with tcp reset',
    ].join('; ');
    expect(await networks.run('agent-a', 'nft', block)).toMatchObject({ code: 0 });
    const target = runAgent('agent-a');
    await target.logged('no control channel');

    const connect = terminal('admin', ['connect', 'mfp-a', 'web', '--reason', 'Streaks', '--json']);
    try {
      const { sessionId } = await event(connect, 'requested');
      await pressYes('a', sessionId);
      const { url } = await event(connect, 'listening');
      const page = await networks.run('internet', 'curl', '-sSL', '--fail', '--max-time', '60', String(url));
      expect(page.output).toContain('SERIAL-a');
      connect.child.kill('SIGINT');
      expect(await event(connect, 'ended')).toMatchObject({ ending: 'ended-by-terminal' });
      expect(await connect.exited).toBe(0);
      const { printed } = await finished(terminal('admin', ['session', sessionId, '--json']));
      const ended = sessionWithSteps.parse(JSON.parse(printed.join('')));
      const inOrder = { state: 'ended', endReason: 'requested' };
      expect(ended).toMatchObject({ device: inOrder, terminal: inOrder });
      // not through the agent of the other customer, whose LAN has the same addresses
      expect(ended.steps.filter(({ step }) => step === 'wake').map(({ detail }) => detail)).toEqual([
        'second-a: woken',
      ]);
      expect(target.log.some(({ msg }) => msg === 'agent online')).toBe(false);
    } finally {
      await connect.stop('SIGKILL');
    }
  }, 120_000);
});
