import { createHash } from 'node:crypto';
import { cp, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isTrouble, type Program } from '../../src/demo/programs';
import { event } from '../../src/demo/scenario';
import { finished } from '../../src/demo/stage';
import { LAN, networksMissing, type Customer } from '../support/customer-networks';
import { NetworkStage } from '../support/stage/network-stage';
import { until } from '../support/until';

const missing = networksMissing();
if (missing !== undefined) console.warn(`skipped, because this machine cannot make network namespaces: ${missing}`);

const PRELOADED = join(__dirname, '../support/agent');
const CONTROL_CHANNEL_PORT = 5223;
const RELAY_PORT = 8090;
/** Serves a file that is transferred for some seconds. */
const FILE_SERVER = join(__dirname, '../support/device/file-server.cjs');
/** After which the router of customer b forgets an idle connection. */
const FORGOTTEN_SECONDS = 5;
const CLOCK = 'the clock of this computer';
const NEVER_MS = 24 * 3_600_000;

const limits = (changes: Record<string, number>) => ({
  NODE_OPTIONS: `--require ${join(PRELOADED, 'set-limits.cjs')}`,
  TEST_LIMITS: JSON.stringify(changes),
});
/** It finds out nothing by its own pings. */
const NO_PINGS = limits({ XMPP_PING_INTERVAL_MS: NEVER_MS });

let on: NetworkStage;
const lines = (program: Program, message: string) => program.log.filter(({ msg }) => msg === message).length;
const server = () => on.programOn('internet');

/** Logged by the server about an agent, so often. */
const times = (agent: string, message: string) =>
  server().log.filter(({ msg, agentId }) => msg === message && agentId === agent).length;

const serverRefusals = () => server().log.filter(({ msg }) => msg.startsWith('an agent is refused'));
const WHAT_TO_DO: Record<string, unknown> = {
  'in-use': expect.stringContaining('stop one of them'),
  'other-installation': expect.stringContaining('ask an administrator to allow another installation'),
};

/** The customer's MFP, with a server of files beside its pages. */
const mfpWithFiles = (name: Customer) => ({
  devices: [
    {
      id: `mfp-${name}`,
      name: `MFP of ${name}`,
      kind: 'mfp',
      applications: [
        { id: 'web', title: 'Web pages', target: `http://${LAN.device}` },
        { id: 'files', title: 'Files', target: `http://${LAN.device}:8000` },
      ],
    },
  ],
});

/** The administrator's notices. */
async function notices(): Promise<object[]> {
  const { printed } = await finished(on.terminal('admin', ['notices', '--json']));
  return JSON.parse(printed.join('')) as object[];
}

interface Connecting {
  application?: string;
  /** Runs when the session is requested. */
  meanwhile?: (connect: Program) => Promise<void>;
  /** Runs when it is open; by default, the pages of the MFP are read. */
  use?: (connect: Program, url: string) => Promise<void>;
}

/** A session with the customer's MFP. */
async function connects(name: Customer, { application = 'web', meanwhile, use }: Connecting = {}): Promise<void> {
  const connect = on.terminal('admin', ['connect', `mfp-${name}`, application, '--reason', 'Streaks', '--json']);
  const readPages = async (_connect: Program, url: string) =>
    expect(await on.page('internet', url)).toContain(`SERIAL-${name}`);
  try {
    const { sessionId } = await event(connect, 'requested');
    await meanwhile?.(connect);
    await on.pressYes(name, sessionId);
    const { url } = await event(connect, 'listening');
    await (use ?? readPages)(connect, String(url));
    connect.child.kill('SIGINT');
    expect(await event(connect, 'ended')).toMatchObject({ ending: 'ended-by-terminal' });
  } finally {
    await connect.stop('SIGKILL');
  }
}

(missing === undefined ? describe : describe.skip)('an agent at a customer', () => {
  beforeAll(async () => {
    on = await NetworkStage.set();
  });
  afterAll(() => on?.strike());

  describe('whose router forgets idle connections', () => {
    beforeAll(async () => {
      await on.networks.forgetIdle('b', FORGOTTEN_SECONDS);
      const pings = { XMPP_PING_INTERVAL_MS: 8_000, XMPP_PING_TIMEOUT_MS: 3_000, XMPP_KEEP_ALIVE_LEAST_MS: 500 };
      await on.startCustomer('b', mfpWithFiles('b'), limits(pings));
    });

    it('has requests although its connection was forgotten, and learns to keep it', async () => {
      const agent = on.programOn('agent-b');
      await until(
        'the connection to be forgotten',
        async () => !(await on.networks.remembers('b', CONTROL_CHANNEL_PORT)),
      );
      await connects('b');
      const learnt = 'idle connections are forgotten on the way to the server; it is pinged more often';
      await agent.until(
        () => agent.log.find(({ msg, pingSeconds }) => msg === learnt && Number(pingSeconds) < FORGOTTEN_SECONDS),
        'pings often enough',
      );
      await connects('b');

      // each interruption is in each log once at most
      const interruptions = lines(agent, 'agent online') - 1;
      expect(interruptions).toBeGreaterThan(0);
      expect(lines(agent, 'no control channel')).toBeLessThanOrEqual(interruptions);
      expect(times('agent-b', 'agent is offline')).toBeLessThanOrEqual(interruptions + 1);
    });
  });

  describe('whose router is cut off in mid-transfer', () => {
    it('continues the session over another connection, and the transfer is whole', async () => {
      const files = on.started(on.networks.start('device-b', [process.execPath, FILE_SERVER]));
      const hash = String((await files.logged('serving')).sha256);
      const file = join(on.folder, 'transferred');
      const transfer = async (connect: Program, url: string) => {
        const curl = on.networks.start('internet', ['curl', '-sS', '--fail', '--limit-rate', '4M', '-o', file, url]);
        try {
          const size = async () => (await stat(file).catch(() => ({ size: 0 }))).size;
          await until('the transfer to have begun', async () => (await size()) > 0);
          await on.networks.cut('b');
          expect(await event(connect, 'interrupted')).toMatchObject({ between: 'device' });
          await on.networks.mend('b', RELAY_PORT);
          await event(connect, 'restored');
          expect(await curl.exited).toBe(0);
        } finally {
          await curl.stop('SIGKILL');
        }
      };
      await connects('b', { application: 'files', use: transfer });
      expect(
        createHash('sha256')
          .update(await readFile(file))
          .digest('hex'),
      ).toBe(hash);
      // the first connection cannot have carried the rest
      const continues = server().log.filter(({ msg }) => msg === 'a half continues over another connection');
      expect(continues.map(({ half }) => half)).toContain('device');
    });
  });

  describe('that sees nothing of its connection', () => {
    beforeAll(() => on.startCustomer('a', {}, NO_PINGS));

    it('has a request that came while its computer was stopped, when it runs again', async () => {
      const agent = on.programOn('agent-a');
      const before = times('agent-a', 'agent is offline');
      agent.child.kill('SIGSTOP');
      try {
        const meanwhile = async (connect: Program) => {
          await event(connect, 'not-reached');
          await until('the server to log it', () => times('agent-a', 'agent is offline') > before);
          agent.child.kill('SIGCONT');
          await event(connect, 'reached');
        };
        await connects('a', { meanwhile });
      } finally {
        agent.child.kill('SIGCONT');
      }
      expect(lines(agent, 'no control channel')).toBeLessThanOrEqual(1);
    });

    it('connects again when its computer gets another address, and learns nothing from that', async () => {
      const agent = on.programOn('agent-a');
      const before = lines(agent, 'agent online');
      await on.networks.move('agent-a', LAN.agent, '192.168.1.50');
      await agent.until(() => lines(agent, 'agent online') > before || undefined, 'is online again');
      await connects('a');
      expect(lines(agent, 'no control channel')).toBeLessThanOrEqual(2);
      expect(agent.log.filter(({ msg }) => msg.includes('pinged more often'))).toEqual([]);
    });

    it('keeps its account when its folder is copied to another computer, where the copy says what to do', async () => {
      const agent = on.programOn('agent-a');
      const before = lines(agent, 'agent online');
      await cp(join(on.folder, 'agent-a'), join(on.folder, 'second-a'), { recursive: true });
      const refused = async (ending: string) => {
        const copy = on.runAgent('second-a', NO_PINGS);
        await copy.until(() => copy.log.find((line) => line.ending === ending), `is refused as ${ending}`);
        expect(copy.log.filter(isTrouble)).toMatchObject([{ ending, msg: WHAT_TO_DO[ending] }]);
        await copy.stop();
      };
      await refused('in-use');
      await until('the server to log it', () => serverRefusals().length > 0);
      expect(lines(agent, 'agent online')).toBe(before);

      await agent.stop();
      await on.runAgent('agent-a', NO_PINGS).logged('agent online');
      await on.programOn('agent-a').stop();
      await refused('other-installation');
      await on.runAgent('agent-a', NO_PINGS).logged('agent online');
      await connects('a');
      expect(serverRefusals()).toMatchObject([{ agentId: 'agent-a', reason: 'in-use' }]);
      expect(await notices()).toMatchObject([{ kind: 'agent-refused', agentId: 'agent-a' }]);
    });

    it('works with a clock of 1970, says so, and that it was set', async () => {
      await on.programOn('agent-a').stop();
      const agent = on.runAgent('agent-a', {
        NODE_OPTIONS: `--require ${join(PRELOADED, 'skewed-clock.cjs')}`,
        PLATEN_TEST_SKEW_MS: String(30_000 - Date.now()),
      });
      const wrong = await agent.until(
        () => agent.log.find(({ msg }) => msg.startsWith(`${CLOCK} is wrong`)),
        'finds its clock wrong',
      );
      expect(wrong).toMatchObject({ level: 'error', ownTime: expect.stringMatching(/^1970-01-01T/) });
      await connects('a');
      agent.child.kill('SIGUSR2');
      await agent.logged(`${CLOCK} is right again`);
      await connects('a');
      expect(agent.log.filter(({ msg }) => msg.startsWith(CLOCK))).toHaveLength(2);
    });
  });
});
