import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { cp, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { credentialsFileFor, storeCredentials } from '../../src/agent/enrolment/credentials';
import { Program } from '../../src/demo/programs';
import { accessCondition, type AccessCondition } from '../../src/protocol/access-conditions';
import { approverAdministration, pairingCode } from '../../src/protocol/approver-page';
import { announce, approval, reportConditions, requestApproval } from '../../src/protocol/control-channel';
import { scramKeys } from '../../src/server/xmpp/login/scram';
import { removeFolder } from '../support/remove-folder';
import { CLI } from '../support/stage/test-stage';
import { until } from '../support/until';
import { ControlChannel, DOMAIN, EVERY_INSTALLATION } from '../support/xmpp/control-channel';

/**
 * The program of the agent is killed at every step of what it writes, one after the other: when it runs again, what it
 * has confirmed is stored, and of the rest all or nothing.
 */

const KILLED = join(__dirname, '../support/agent/killed-at-step.cjs');
const PASSWORD = 'p'.repeat(43);
const [PIN, NEW_PIN] = ['739105', '840216'];
const TINA = { kind: 'user', id: 'tina', name: 'Tina Technician' } as const;
const APPROVERS = 'approvers\\.json';
const CONDITIONS = 'access-conditions\\.json';
const ANSWERS = `answers\\.jsonl|${CONDITIONS}`;
/** More than any action has. */
const MOST_STEPS = 60;

let server: ControlChannel;
let folder: string;
/** The state folder of an agent with one approver. */
let prepared: string;
/** Of Anna's phone. */
let cookie: string;
let agent: Program;
let page: string;
let lan: string;
let answers: string[];

beforeAll(async () => {
  server = await ControlChannel.start(
    {},
    { ...EVERY_INSTALLATION, scramKeys: (_agentId, algorithm) => scramKeys(PASSWORD, algorithm) },
  );
  const { transport } = server;
  transport.handle(announce, () => Promise.resolve({ refused: [] }));
  transport.handle(reportConditions, () => Promise.resolve({}));
  transport.handle(approval, (_agentId, { decision }) => {
    answers.push(decision);
    return Promise.resolve({});
  });
  folder = await mkdtemp(join(tmpdir(), 'platen-crashes-'));
  prepared = join(folder, 'prepared');
  const file = join(folder, 'agent.json');
  const applications = [{ id: 'web', title: 'Web pages', target: 'http://127.0.0.1:9' }];
  const devices = [{ id: 'mfp-1', name: 'MFP', kind: 'mfp', applications }];
  const panel = { port: 0, lan: { host: '127.0.0.1', port: 0 } };
  await writeFile(file, JSON.stringify({ state: 'state', panel, devices }));
  const xmpp = { host: '127.0.0.1', port: server.port, domain: DOMAIN };
  const { pin } = server.certificate;
  await storeCredentials(credentialsFileFor(file), { agentId: 'agent-1', password: PASSWORD, xmpp, pin });
  await start();
  cookie = await paired('Anna', await newCode({ devices: null }));
  await kill();
  await cp(join(folder, 'state'), prepared, { recursive: true });
});
afterAll(async () => {
  await agent?.stop('SIGKILL');
  await server.stop();
  await removeFolder(folder);
});

/** @param killAt files and step */
async function start(killAt?: readonly [files: string, step: number]): Promise<void> {
  const [files, step] = killAt ?? [];
  const env = killAt && { PLATEN_TEST_KILL_FILES: files!, PLATEN_TEST_KILL_STEP: String(step) };
  const preload = killAt ? ['--require', KILLED] : [];
  const command = [...preload, CLI, 'agent', 'run', '--config', join(folder, 'agent.json')] as const;
  agent = Program.start('agent', [process.execPath, ...command], { env });
  page = `http://127.0.0.1:${String((await agent.logged('panel listening')).port)}`;
  lan = String((await agent.logged('LAN page listening')).url);
  await agent.logged('agent online');
}
async function kill(): Promise<void> {
  await agent.stop('SIGKILL');
  await until('the agent is offline', () => !server.transport.isOnline('agent-1'));
}

/** undefined: it was killed before it answered. */
type Outcome<T> = T | undefined;
const orKilled = <T>(done: Promise<T>): Promise<Outcome<T>> =>
  done.catch(async (error: unknown) => {
    await Promise.race([agent.exited, new Promise((resolve) => setTimeout(resolve, 5_000).unref())]);
    if (agent.child.signalCode === 'SIGKILL') return undefined;
    throw error;
  });

interface Action<T> {
  readonly files: string;
  /** Before what is killed; the agent runs. */
  readonly prepare?: () => Promise<void>;
  readonly act: () => Promise<T>;
  /** At the restarted agent. @param outcome undefined: it was killed before it answered */
  readonly check: (outcome: Outcome<T>) => Promise<void>;
}

/** Does it once for each step that it has, with the agent killed there, and once more to its end. */
async function killedEverywhere<T>({ files, prepare, act, check }: Action<T>): Promise<void> {
  for (let step = 1; step <= MOST_STEPS; step++) {
    await removeFolder(join(folder, 'state'));
    await cp(prepared, join(folder, 'state'), { recursive: true });
    if (prepare) {
      await start();
      await prepare();
      await kill();
    }
    await start([files, step]);
    const outcome = await orKilled(act());
    const wasKilled = agent.child.signalCode === 'SIGKILL';
    await kill();
    await start();
    await check(outcome);
    const names = await readdir(join(folder, 'state'));
    expect(names.filter((name) => /damaged|json\.[0-9a-f]+$/.test(name))).toEqual([]);
    await kill();
    if (wasKilled) continue;
    expect(outcome).toBeDefined();
    expect(step).toBeGreaterThan(3);
    return;
  }
  throw new Error(`it has more than ${MOST_STEPS} steps`);
}

// ---- the pages of the agent

async function post(path: string, body: object): Promise<unknown> {
  const headers = { 'content-type': 'application/json', origin: page };
  const response = await fetch(page + path, { method: 'POST', headers, body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return response.status === 204 ? {} : response.json();
}
const newCode = async (body: object): Promise<string> => pairingCode.parse(await post('/approvers/codes', body)).code;
const approvers = async () => approverAdministration.parse(await (await fetch(`${page}/approvers`)).json()).approvers;

/** @returns the status, and the cookie of the phone */
async function atPhone(path: string, body: object, from = ''): Promise<{ status: number; cookie: string }> {
  const headers = { 'content-type': 'application/json', origin: lan, cookie: from };
  const sent = httpsRequest(lan + path, { method: 'POST', headers, rejectUnauthorized: false, agent: false });
  sent.end(JSON.stringify(body));
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  await text(response);
  return { status: response.statusCode!, cookie: response.headers['set-cookie']?.at(-1)?.split(';')[0] ?? '' };
}
async function paired(name: string, code: string): Promise<string> {
  const phone = await atPhone('/pair', { code, name, pin: PIN });
  expect(phone.status).toBe(204);
  return phone.cookie;
}
const login = async (pin: string, from = cookie) => (await atPhone('/login', { pin }, from)).status;

describe('an agent that is killed while', () => {
  it('a phone is paired knows the new approver or not, and the other one in any case', () =>
    killedEverywhere({
      files: APPROVERS,
      act: async () => paired('Ben', await newCode({ devices: null })),
      check: async (phone) => {
        const [anna, ben] = await approvers();
        expect(anna).toMatchObject({ name: 'Anna', phones: 1 });
        expect(await login(PIN)).toBe(204);
        if (phone !== undefined) expect(await login(PIN, phone)).toBe(204);
        if (ben || phone !== undefined) expect(ben).toMatchObject({ name: 'Ben', phones: 1 });
        else await paired('Ben', await newCode({ devices: null }));
      },
    }));

  it('a PIN is changed has the old one or the new one, not both', () =>
    killedEverywhere({
      files: APPROVERS,
      act: () => atPhone('/pin', { pin: PIN, newPin: NEW_PIN }, cookie),
      check: async (outcome) => {
        const codes = [await login(NEW_PIN), await login(PIN)];
        if (outcome) expect([outcome.status, ...codes]).toEqual([204, 204, 403]);
        else expect(codes).toEqual(codes[0] === 204 ? [204, 403] : [403, 204]);
      },
    }));

  it.each([
    [
      'an approver is reset',
      async () => newCode({ approver: (await approvers())[0]!.id }),
      { name: 'Anna', phones: 0 },
    ],
    ['an approver is removed', async () => post(`/approvers/${(await approvers())[0]!.id}/remove`, {}), undefined],
  ])('%s lets the phone in as before, or not', (_what, act, after) =>
    killedEverywhere<unknown>({
      files: APPROVERS,
      act,
      check: async (outcome) => {
        const [anna] = await approvers();
        const isDone = outcome !== undefined || anna?.phones !== 1;
        if (isDone && after) expect(anna).toMatchObject(after);
        if (isDone && !after) expect(anna).toBeUndefined();
        expect(await login(PIN)).toBe(isDone ? 401 : 204);
      },
    }),
  );
});

// ---- access conditions

const CONDITION = { who: TINA, access: { kind: 'session', applications: ['web'], grant: 'operate' } } as const;
const set = (change: object = {}) => post('/conditions', { deviceId: 'mfp-1', condition: { ...CONDITION, ...change } });
async function conditions(): Promise<AccessCondition[]> {
  const stored = await readFile(join(folder, 'state/access-conditions.json'), 'utf8').catch(() => '{"conditions":[]}');
  return (JSON.parse(stored) as { conditions: unknown[] }).conditions.map((each) => accessCondition.parse(each));
}
/** @returns `accepted`, or the code of the refusal */
const ask = (remoteSessionId: string): Promise<string> => {
  const asked = { remoteSessionId, deviceId: 'mfp-1', applicationId: 'web', asker: TINA };
  const request = { ...asked, reason: 'Streaks', minutes: 5, answerWithinSeconds: 600 };
  return server.transport.request('agent-1', requestApproval, request).then(
    () => 'accepted',
    ({ code }: { code: string }) => code,
  );
};
beforeEach(() => (answers = []));

describe('an agent that is killed while', () => {
  it('a condition is set has it completely or not at all', () =>
    killedEverywhere({
      files: CONDITIONS,
      act: () => set({ times: 3 }),
      check: async (outcome) => {
        const stored = await conditions();
        expect(stored.length).toBeLessThanOrEqual(1);
        if (outcome) expect(stored).toHaveLength(1);
        for (const each of stored) expect(each).toMatchObject({ ...CONDITION, times: 3, used: { times: 0 } });
      },
    }));

  it('a condition is revoked has it completely or not at all, and the other one', () =>
    killedEverywhere({
      files: CONDITIONS,
      prepare: async () => void (await set({ times: 3 }), await set({ times: 4 })),
      act: async () => post(`/conditions/${(await conditions())[0]!.id}/revocation`, {}),
      check: async (outcome) => {
        const times = (await conditions()).map((each) => each.times);
        expect(times).toEqual(outcome || times.length === 1 ? [4] : [3, 4]);
      },
    }));

  it('a use is counted never permits one more than the owner has set', () =>
    killedEverywhere({
      files: CONDITIONS,
      prepare: async () => void (await set({ times: 1 })),
      act: async () => {
        answers = [];
        if ((await ask(randomUUID())) !== 'accepted') throw new Error('it was killed');
        await until('the answer', () => answers.length > 0 || agent.child.signalCode !== null);
        if (answers.length === 0) throw new Error('it was killed');
        return answers;
      },
      check: async (outcome) => {
        const [{ used }] = (await conditions()) as [AccessCondition];
        if (outcome) expect(used.times).toBe(1);
        answers = [];
        const again = randomUUID();
        expect(await ask(again)).toBe('accepted');
        if (used.times === 0) await until('the answer of the condition', () => answers.length === 1);
        else expect((await post(`/approvals/${again}`, { decision: 'declined' })) as object).toEqual({});
        expect((await conditions())[0]!.used.times).toBe(1);
      },
    }));

  it('YES for 30 minutes is stored sets one condition at most, also when it is pressed again', () => {
    let id = '';
    const press = () => post(`/approvals/${id}`, { decision: 'approved', alsoForMinutes: 30 });
    return killedEverywhere({
      files: ANSWERS,
      act: async () => {
        id = randomUUID();
        await ask(id);
        return press();
      },
      check: async (outcome) => {
        if (outcome) expect(await conditions()).toHaveLength(1);
        // What the server and the display of a device do after a restart. A YES that is on disk counts once.
        await ask(id);
        await press().catch(() => undefined);
        await press().catch(() => undefined);
        const stored = await conditions();
        expect(stored.length).toBeLessThanOrEqual(1);
        for (const each of stored) expect(each).toMatchObject({ ...CONDITION, id });
      },
    });
  });
});
