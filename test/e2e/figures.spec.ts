import { request } from '../../src/demo/api-request';
import type { Program } from '../../src/demo/programs';
import { SAMPLE_USERS } from '../../src/demo/stage';
import { sessionConnection, type Session } from '../../src/protocol/api';
import type { Deployment } from '../../src/protocol/deployment';
import type { Job } from '../../src/protocol/maintenance';
import { dialRelay } from '../../src/tunnel/relay-connection';
import { consoleCookie, Visit } from '../support/browser/browser-visit';
import { deviations, linesOf, type Story } from '../support/figures/deviations';
import { FIGURES } from '../support/figures/figures';
import { TestStage } from '../support/stage/test-stage';
import { until } from '../support/until';

const { technician } = SAMPLE_USERS;
const DEVICE = 'demo-mfp';

let on: TestStage;
let admin: string;
beforeAll(async () => {
  on = await TestStage.set({ env: { PLATEN_DEPLOY_PROVE_SECONDS: '1' } });
  admin = await consoleCookie(on, 'admin');
});
afterEach(async () => {
  await on?.clear();
  await on?.endSessions();
});
afterAll(() => on?.strike());

/** IDs of the session, the job and the deployment that a story is about. */
type Subjects = string[];

interface PlayedStory extends Story {
  readonly title: string;
  readonly play: () => Promise<Subjects>;
}

/** Both halves are established side by side. */
const ESTABLISHED = ['Fig. 8', 'Fig. 9', 'Fig. 10'];
/** Asked at the device, polled for by the terminal, and not approved. */
const ASKED = ['Fig. 8: S141-S143', 'Fig. 10: S201'];

/** What happens, the figures that show it, and how it is played with the programs. */
const STORIES: PlayedStory[] = [
  {
    title: 'a user logs in',
    figures: ['Fig. 6'],
    play: () => logIn(technician.password, 0),
  },
  {
    title: 'a login is refused',
    figures: ['Fig. 6'],
    play: () => logIn('another password', 11),
  },
  {
    title: 'maintenance is instructed',
    figures: ['Fig. 7'],
    play: async () => {
      const terminal = maintain('counters');
      expect(await terminal.exited).toBe(0);
      return [jobOf(terminal)!.id];
    },
  },
  {
    title: 'maintenance is held back and cancelled',
    figures: ['Fig. 7: S121-S122 S124-S125'],
    play: async () => {
      await on.atThePrinter('paper-jam', 'occurrence');
      const terminal = maintain('test-page');
      const { id } = await until('the job to be held', () => jobOf(terminal)?.state === 'held' && jobOf(terminal));
      expect(await on.stage.platen('terminal', ['job', 'cancel', id]).exited).toBe(0);
      await terminal.exited;
      await on.atThePrinter('paper-jam', 'clearance');
      return [id];
    },
  },
  {
    title: 'a session is used, and ended by the terminal',
    figures: [...ESTABLISHED, 'Fig. 12', 'Fig. 14', 'Fig. 15'],
    play: async () => {
      const { id, connect, url } = await on.connect(DEVICE);
      await use(url);
      return interrupted(id, connect);
    },
  },
  {
    title: 'a session with another device is used, and ended by the terminal',
    figures: [...ESTABLISHED, 'Fig. 12', 'Fig. 14', 'Fig. 15'],
    play: async () => {
      const { id, connect, url } = await on.connect('ippeveprinter');
      await use(url);
      return interrupted(id, connect);
    },
  },
  {
    title: 'a session is ended by the terminal without a request',
    figures: [...ESTABLISHED, 'Fig. 14', 'Fig. 15'],
    play: async () => {
      const { id, connect } = await on.connect(DEVICE);
      return interrupted(id, connect);
    },
  },
  {
    title: 'a session is used, and ended at the device',
    figures: [...ESTABLISHED, 'Fig. 12', 'Fig. 15', 'Fig. 17'],
    play: async () => {
      const { id, connect, url } = await on.connect(DEVICE);
      await use(url);
      await on.press(`/sessions/${id}/end`, {});
      return over(id, connect);
    },
  },
  {
    title: 'a session is ended through the control plane',
    figures: [...ESTABLISHED, 'Fig. 14: S265', 'Fig. 15', 'Fig. 17'],
    play: async () => {
      const { id, connect } = await on.connect(DEVICE);
      await on.post(`/api/sessions/${id}/termination`, {});
      return over(id, connect);
    },
  },
  {
    title: 'NO is pressed at the device',
    figures: ASKED,
    play: async () => {
      const { id, connect } = await on.request(DEVICE);
      await on.press(`/approvals/${id}`, { decision: 'declined' });
      return over(id, connect);
    },
  },
  {
    title: 'the terminal withdraws its request',
    figures: ASKED,
    play: async () => {
      const { id, connect } = await on.request(DEVICE);
      await on.step('S201', id);
      return interrupted(id, connect);
    },
  },
  {
    title: 'a terminal brings a token that is not its own',
    terminal: 'server',
    figures: ['Fig. 8', 'Fig. 9', 'Fig. 10: S202 S205-S208'],
    play: async () => {
      const { id } = await Visit.approved(on, DEVICE, 'web');
      await on.step('S180', id);
      const answer = sessionConnection.parse(await on.get(`/api/sessions/${id}/connection`));
      if (answer.status !== 'ready') throw new Error(`the session is ${answer.status}`);
      const token = `${answer.connection.token.slice(0, -4)}AAAA`;
      await expect(dialRelay({ ...answer.connection, token }, 'terminal')).rejects.toThrow('token');
      return [id];
    },
  },
  {
    title: 'a session is used and ended in a browser',
    terminal: 'server',
    figures: [...ESTABLISHED, 'Fig. 12', 'Fig. 14', 'Fig. 15'],
    play: async () => {
      const id = await browse();
      await asUser('DELETE', `/api/sessions/${id}/browser`, await consoleCookie(on, 'technician'));
      await on.ended(id);
      return [id];
    },
  },
  {
    title: 'a session in a browser is ended at the device',
    terminal: 'server',
    figures: [...ESTABLISHED, 'Fig. 12', 'Fig. 15', 'Fig. 17'],
    play: async () => {
      const id = await browse();
      await on.press(`/sessions/${id}/end`, {});
      await on.ended(id);
      return [id];
    },
  },
  {
    title: 'a deployment is aborted',
    figures: [...ESTABLISHED, 'Fig. 16: S311-S313'],
    play: async () => {
      const { id } = await on.connect(DEVICE);
      const deployment = await deploy();
      await asUser('POST', `/api/deployments/${deployment}/abortion`, admin);
      await deploymentIs('aborted', deployment);
      expect(await on.session(id)).toMatchObject({ state: 'established', ending: null } satisfies Partial<Session>);
      return [id, deployment];
    },
  },
  {
    title: 'a deployment is executed',
    figures: [...ESTABLISHED, 'Fig. 15', 'Fig. 16', 'Fig. 17'],
    play: async () => {
      const { id, connect } = await on.connect(DEVICE);
      const deployment = await deploy();
      await asUser('POST', `/api/deployments/${deployment}/execution`, admin);
      await over(id, connect);
      await deploymentIs('deployed', deployment);
      return [id, deployment];
    },
  },
  {
    title: 'a deployment is executed during a session in a browser',
    terminal: 'server',
    figures: [...ESTABLISHED, 'Fig. 12', 'Fig. 15', 'Fig. 16', 'Fig. 17'],
    play: async () => {
      const id = await browse();
      const deployment = await deploy();
      await asUser('POST', `/api/deployments/${deployment}/execution`, admin);
      await deploymentIs('deployed', deployment);
      return [id, deployment];
    },
  },
  {
    title: 'a deployment is executed without a session',
    figures: ['Fig. 16: S311-S312 S317'],
    play: async () => {
      const deployment = await deploy();
      await deploymentIs('deployed', deployment);
      return [deployment];
    },
  },
];

describe('the programs take the steps of the figures in order, and no others, when', () => {
  it.each(STORIES)('$title', async (story) => {
    const since = on.lines.length;
    const subjects = await story.play();
    const found = () => deviations(linesOf(on.lines.slice(since), subjects), story);
    // the last lines may still be on their way from the programs
    await until('the last lines', () => found().length === 0, LAST_LINES_MS).catch(() => undefined);
    expect(found()).toEqual([]);
  });
});
const LAST_LINES_MS = 60_000;

it('every figure is played as a whole', () => {
  const whole = new Set(STORIES.flatMap(({ figures }) => figures).filter((figure) => figure in FIGURES));
  expect([...whole].sort()).toEqual(Object.keys(FIGURES).sort());
});

it('no step is taken without a login', async () => {
  const since = on.lines.length;
  const wanted = { deviceId: DEVICE, applicationId: 'web', reason: 'No login' };
  await expect(asUser('POST', '/api/sessions', undefined, wanted)).rejects.toThrow('requires a login');
  await expect(asUser('POST', `/api/devices/${DEVICE}/jobs`, undefined, { operation: 'counters' })).rejects.toThrow();
  await expect(asUser('POST', '/api/deployments', undefined, { pairs: 1 })).rejects.toThrow();
  await logIn(technician.password, 0); // what the programs logged before is there when this is
  expect(new Set(linesOf(on.lines.slice(since), []).map(({ step }) => step))).toEqual(
    new Set(['S101', 'S102', 'S103']),
  );
});

const asUser = async (method: 'POST' | 'DELETE' | 'GET', path: string, cookie?: string, body?: unknown) =>
  (await request(on.stage.serverUrl, method, path, body, cookie)).body;

async function logIn(password: string, exit: number): Promise<Subjects> {
  const args = ['login', on.stage.serverUrl, '--user', technician.username, '--password-stdin'];
  expect(await on.stage.platen('terminal', args, `${password}\n`).exited).toBe(exit);
  return [];
}

const maintain = (operation: string): Program =>
  on.stage.platen('terminal', ['maintain', DEVICE, operation, '--json', '--wait', '60']);
/** What `platen maintain --json` printed last. */
const jobOf = ({ printed }: Program): Job | undefined =>
  printed.length > 0 ? (JSON.parse(printed.at(-1)!) as { job: Job }).job : undefined;

async function use(url: string): Promise<void> {
  expect((await fetch(url)).status).toBe(200);
}
/** @returns the ID of a session whose page was read in a browser */
async function browse(): Promise<string> {
  const visit = await Visit.approved(on, DEVICE, 'web');
  const site = await visit.enter();
  expect((await site.ask('/status')).status).toBe(200);
  return visit.id;
}

function interrupted(id: string, connect: Program): Promise<Subjects> {
  connect.child.kill('SIGINT');
  return over(id, connect);
}
async function over(id: string, connect: Program): Promise<Subjects> {
  await connect.exited;
  await on.ended(id);
  return [id];
}

/** Deploys the relay with one pair more, or less: one that is as it is now is refused. */
async function deploy(): Promise<string> {
  const [relay] = (await asUser('GET', '/api/relays', admin)) as { pairs: number }[];
  const pairs = relay?.pairs === 1 ? 2 : 1;
  return ((await asUser('POST', '/api/deployments', admin, { pairs })) as Deployment).id;
}
function deploymentIs(state: Deployment['state'], id: string): Promise<unknown> {
  const isNow = async () => ((await asUser('GET', `/api/deployments/${id}`, admin)) as Deployment).state === state;
  return until(`the deployment to be ${state}`, isNow, undefined, 500);
}
