import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeFolder } from '../../../test/support/remove-folder';
import { problemAnswer, startFakeApi, type FakeApi, type FakeApiRoutes } from '../../../test/support/terminal/fake-api';
import { recordedTerminal, type RecordedTerminal } from '../../../test/support/terminal/recorded-terminal';
import { until } from '../../../test/support/until';
import {
  RELAY_ANSWERS,
  SESSION_DIFFERENCES,
  type Deployment,
  type DeploymentSession,
  type Release,
} from '../../protocol/deployment';
import type { ProblemCode } from '../../protocol/problems';
import { storeCredentials } from '../credentials';
import { deviceList } from './deployment-words';
import { deploy, deployRollBack, type DeployOptions } from './deploy';
import { deployAbort, deployHistory, deployStatus } from './deployments';
import { runCommand } from '../run-command';
import { TERMINAL_LIMITS } from '../terminal-limits';

const AT = '2026-03-02T09:00:00.000Z';
const ID = '7a1c2f6e-3c56-4d0a-9a52-9c1f6c1f7f10';
const session: DeploymentSession = {
  remoteSessionId: '0d2b3f6e-3c56-4d0a-9a52-9c1f6c1f7f10',
  deviceId: 'copy-room',
  deviceName: 'Copy room',
  applicationId: 'web',
  userName: 'Tess Technician',
  since: AT,
  bytesFromDevice: 1_234_567,
  bytesFromTerminal: 890,
  lastActiveAt: AT,
  outcome: 'open',
  difference: null,
};
const listed: Deployment = {
  id: ID,
  relayId: 'local',
  state: 'listed',
  when: 'ask',
  at: null,
  instructedBy: { id: session.remoteSessionId, displayName: 'Ada' },
  from: { release: 'built-in', version: '1.0.0', pairs: 1 },
  to: { release: '1.2.0', version: '1.2.0', pairs: 2 },
  reason: null,
  detail: '',
  instructedAt: AT,
  executedAt: null,
  finishedAt: null,
  durationSeconds: null,
  returnAfterSeconds: null,
  relayAnswer: 'complete',
  sessions: [session],
  output: '',
  canRollBack: false,
};
const deployed: Deployment = { ...listed, state: 'deployed', executedAt: AT, finishedAt: AT, durationSeconds: 65 };
const release: Release = {
  name: '1.2.0',
  version: '1.2.0',
  protocol: 1,
  bytes: 1,
  sha256: 'a'.repeat(64),
  notes: '',
  createdAt: AT,
  storedAt: AT,
  serving: false,
};
const options: DeployOptions = { release: '1.2.0', relay: 'local', when: 'ask' };

describe('platen deploy', () => {
  let api: FakeApi;
  let folder: string;
  let terminal: RecordedTerminal;
  /** The answers of the server to each poll, the last one repeated. */
  let states: Deployment[];
  const asked = (line: string) => api.requests.filter((request) => request.line === line);
  const execution = `POST /api/deployments/${ID}/execution`;
  const abortion = `POST /api/deployments/${ID}/abortion`;
  const routes: FakeApiRoutes = {
    'GET /api/releases': () => ({ body: [release] }),
    'POST /api/deployments': () => ({ status: 201, body: listed }),
    [`GET /api/deployments/${ID}`]: () => ({ body: states.length > 1 ? states.shift() : states[0] }),
    [execution]: () => ({ body: { ...listed, state: 'trying' } }),
    [abortion]: () => ({ body: { ...listed, state: 'aborted', reason: 'aborted-by-administrator' } }),
    'GET /api/deployments': () => ({ body: { rows: [listed, deployed], next: null } }),
    [`POST /api/deployments/${ID}/roll-back`]: () => ({ status: 201, body: listed }),
  };

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'terminal-deploy-'));
    api = await startFakeApi({ ...routes });
    states = [listed];
    jest.replaceProperty(TERMINAL_LIMITS, 'DEPLOYMENT_POLL_MS', 5 as never);
    await use({});
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await api.stop();
    await removeFolder(folder);
  });
  const use = async (as: Parameters<typeof recordedTerminal>[1]): Promise<void> => {
    terminal = recordedTerminal({ PLATEN_CREDENTIALS: join(folder, 'credentials.json') }, as);
    await storeCredentials(terminal.io.env, { server: api.url, token: 'the-token' });
  };
  const run = (changed: Partial<DeployOptions> = {}): Promise<number> =>
    runCommand(terminal.io, (io) => deploy(io, { ...options, ...changed }));

  it('follows the deployment and lists the forced sessions', async () => {
    const forced = { ...session, outcome: 'forced' as const };
    const draining: Deployment = { ...listed, state: 'draining', returnAfterSeconds: 30 };
    states = [
      { ...listed, state: 'trying' },
      draining,
      { ...listed, state: 'proving' },
      { ...deployed, sessions: [forced] },
    ];
    expect(await run({ when: 'now' })).toBe(0);
    const order = ['Testing: ', 'Ending sessions: ', 'Monitoring: ', 'Deployed: '].map((state) =>
      terminal.err().indexOf(`\n${state}`),
    );
    expect(order).toEqual([...order].sort((one, other) => one - other));
    expect(order).not.toContain(-1);
    expect(terminal.out()).toContain('1.0.0 (bundled), 1 pair -> 1.2.0, 2 pairs: deployed, 1:05.');
    expect(terminal.out()).toContain('did not answer in time:\n  Copy room (copy-room/web), Tess Technician\n');
    expect(asked('POST /api/deployments')[0]?.body).toEqual({ relayId: 'local', release: '1.2.0', when: 'now' });
  });

  it.each<[Deployment, number, RegExp]>([
    [{ ...deployed, state: 'rolled-back', reason: 'trial-failed', detail: 'S205' }, 22, /test session.* S205/],
    [{ ...deployed, state: 'aborted', reason: 'never-idle' }, 23, /always an open session/],
    [{ ...deployed, state: 'failed', reason: 'keeper-lost', output: 'one\ntwo\n' }, 24, /Output:\n {2}one\n {2}two\n/],
  ])('exits with a code for the outcome: %#', async (over, code, words) => {
    states = [over];
    expect(await run({ when: 'now' })).toBe(code);
    expect(terminal.out()).toMatch(words);
  });

  it.each<[string, object]>([
    ['idle', { when: 'idle' }],
    ['2026-03-02T22:00:00+01:00', { when: 'at', at: '2026-03-02T21:00:00.000Z' }],
  ])('--when %s', async (when, sent) => {
    states = [deployed];
    expect(await run({ when })).toBe(0);
    expect(asked('POST /api/deployments')[0]?.body).toMatchObject(sent);
  });

  it.each<[string, Partial<DeployOptions>, string]>([
    ['no terminal to prompt on', {}, 'Not interactive: pass --when or --yes.'],
    ['an invalid time', { when: 'tomorrow' }, 'is not a time'],
    ['nothing to deploy', { release: undefined }, 'Nothing to deploy'],
  ])('does not start with %s', async (_, changed, words) => {
    expect(await run(changed)).toBe(2);
    expect(terminal.err()).toContain(words);
    expect(asked('POST /api/deployments')).toEqual([]);
  });

  it('reports an unknown release before it prompts', async () => {
    expect(await run({ release: '9.9' })).toBe(12);
    expect(terminal.err()).toBe('There is no release 9.9.\nList the releases: platen release list\n');
  });

  it('--yes executes the listed deployment', async () => {
    api.routes[execution] = () => ({ body: deployed });
    expect(await run({ yes: true })).toBe(0);
    expect(asked(execution)[0]?.body).toEqual({ when: 'now' });
    expect(terminal.err()).toContain('Copy room  copy-room/web  Tess Technician');
  });

  describe('on a terminal', () => {
    beforeEach(() => use({ person: true }));
    const question = () => until('the prompt', () => terminal.err().includes('e  execute now'));
    /** It is deployed once this was requested, and not before: the list is read all the time. */
    const deployedAfter = (line: string): void => {
      const answer = api.routes[line]!;
      api.routes[line] = (request) => {
        states = [deployed];
        return answer(request);
      };
    };

    it('keeps the device list current and prompts', async () => {
      const running = run();
      await question();
      expect(terminal.err()).toMatch(/DEVICE +APPLICATION +TECHNICIAN +SINCE +BYTES +STATE/);
      expect(terminal.err()).toMatch(/Copy room +copy-room\/web +Tess Technician .*1\.2 MB +idle/);
      states = [{ ...listed, sessions: [{ ...session, bytesFromDevice: 9_000_000 }] }];
      await until('the list to change', () => terminal.err().includes('9.0 MB'));
      // drawn over the previous lines
      expect(terminal.err()).toContain('\u001b[5A\u001b[J');
      states = [deployed];
      expect(await running).toBe(0);
    });

    it.each<[string, string, object | undefined]>([
      ['e', execution, { when: 'now' }],
      ['i', execution, { when: 'idle' }],
      ['a', abortion, undefined],
    ])('%s', async (key, line, body) => {
      const running = run();
      await question();
      terminal.input.write('x');
      deployedAfter(line);
      terminal.input.write(key);
      expect(await running).toBe(key === 'a' ? 23 : 0);
      expect(asked(line)).toHaveLength(1);
      expect(asked(line)[0]?.body).toEqual(body);
      expect(terminal.input.rawModes.at(-1)).toBe(false);
    });

    it('continues if another administrator decides first', async () => {
      api.routes[execution] = () => problemAnswer('wrong-state');
      deployedAfter(execution);
      const running = run();
      await question();
      terminal.input.write('e');
      expect(await running).toBe(0);
    });

    it.each(['Ctrl-C', 'SIGTERM'])('%s stops following and shows how to abort', async (how) => {
      const running = run();
      await question();
      if (how === 'Ctrl-C') terminal.input.write('\u0003');
      else terminal.interrupt();
      expect(await running).toBe(130);
      expect(terminal.err()).toContain(`Abort it: platen deploy abort ${ID}`);
      expect([...asked(execution), ...asked(abortion)]).toEqual([]);
    });
  });

  it('keeps following while the server restarts', async () => {
    let failures = 3;
    const good = api.routes[`GET /api/deployments/${ID}`]!;
    api.routes[`GET /api/deployments/${ID}`] = (request) => (failures-- > 0 ? { status: 502 } : good(request));
    states = [deployed];
    expect(await run({ when: 'now' })).toBe(0);
    expect(terminal.err()).toContain('The server does not answer');
  });

  it('gives up when the server stays unreachable', async () => {
    jest.replaceProperty(TERMINAL_LIMITS, 'DEPLOYMENT_OUTAGE_MS', 0);
    api.routes[`GET /api/deployments/${ID}`] = () => ({ status: 502 });
    expect(await run({ when: 'now' })).toBe(4);
  });

  it('--json prints one object per state', async () => {
    states = [{ ...listed, state: 'trying' }, { ...listed, state: 'trying' }, deployed];
    expect(await run({ when: 'now', json: true })).toBe(0);
    const lines = terminal.out().trim().split('\n');
    const events = lines.map(
      (line) => JSON.parse(line) as { event: string; exitCode?: number; deployment: Deployment },
    );
    expect(events.map(({ event, deployment, exitCode }) => [event, deployment.state, exitCode])).toEqual([
      ['state', 'listed', undefined],
      ['state', 'trying', undefined],
      ['ended', 'deployed', 0],
    ]);
    expect(terminal.err()).toBe('');
  });

  it.each<[ProblemCode, number]>([
    ['unknown-release', 12],
    ['deployment-open', 18],
    ['nothing-to-deploy', 18],
    ['forbidden', 16],
  ])('reports the refusal %s', async (code, exit) => {
    api.routes['POST /api/deployments'] = () => problemAnswer(code);
    expect(await run({ when: 'now' })).toBe(exit);
  });

  it('status shows the open deployments, or else the last one', async () => {
    await deployStatus(terminal.io, undefined, {});
    expect(terminal.out()).toMatch(/Change +1\.0\.0 \(bundled\), 1 pair -> 1\.2\.0, 2 pairs/);
    expect(terminal.out()).toMatch(/State +Waiting for a decision: /);
    expect(terminal.out()).not.toContain('State        Deployed');
    api.routes['GET /api/deployments'] = () => ({ body: { rows: [deployed, deployed], next: null } });
    const later = recordedTerminal(terminal.io.env);
    await deployStatus(later.io, undefined, { json: true });
    expect(JSON.parse(later.out())).toEqual([deployed]);
  });

  it('abort finds the open deployment', async () => {
    await deployAbort(terminal.io, undefined, {});
    expect(asked(abortion)).toHaveLength(1);
    expect(terminal.out()).toContain('aborted');
    api.routes['GET /api/deployments'] = () => ({ body: { rows: [deployed], next: null } });
    expect(await runCommand(terminal.io, (io) => deployAbort(io, undefined, {}))).toBe(2);
    expect(terminal.err()).toContain('No deployment is open');
  });

  it('history, in 100 columns', async () => {
    const long = {
      ...deployed,
      instructedBy: { ...deployed.instructedBy, displayName: 'n'.repeat(100) },
      sessions: [],
    };
    const rows = [long, { ...deployed, to: { ...deployed.to, version: '1.0.0', release: '1.0.0' } }];
    api.routes['GET /api/deployments'] = () => ({ body: { rows, next: null } });
    await use({ columns: 100 });
    await deployHistory(terminal.io, {});
    const lines = terminal.out().trimEnd().split('\n');
    expect(lines[1]).toMatch(/1\.0\.0 -> 1\.2\.0 +0 +1:05 +deployed$/);
    expect(lines[2]).toMatch(/1 -> 2 pairs +1 /);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(100);
  });

  it('roll-back deploys the relay that served before', async () => {
    states = [deployed];
    expect(await runCommand(terminal.io, (io) => deployRollBack(io, ID, { when: 'idle' }))).toBe(0);
    expect(asked(execution)[0]?.body).toEqual({ when: 'idle' });
  });

  it('shows how the answer of the relay differs from the records of the server, and what did not answer', () => {
    const row = { ...session, difference: 'ended-at-server' as const };
    const nothing = { deviceName: '', applicationId: null, userName: '', since: null };
    const unknown = { ...session, ...nothing, deviceId: 'cellar', difference: 'unknown-at-server' as const };
    const nameless = { ...unknown, deviceId: null };
    const shown = deviceList({ ...listed, relayAnswer: 'pair-silent', sessions: [row, unknown, nameless] }).join('\n');
    expect(shown).toContain(RELAY_ANSWERS['pair-silent']);
    expect(shown).toContain(`Copy room (copy-room/web): ${SESSION_DIFFERENCES['ended-at-server']}`);
    expect(shown).toContain(`cellar (cellar/-): ${SESSION_DIFFERENCES['unknown-at-server']}`);
    expect(shown).toContain(`unknown device (-/-): ${SESSION_DIFFERENCES['unknown-at-server']}`);
    expect(deviceList(listed).join('\n')).not.toMatch(/Differences|relay/);
  });
});
