import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { mkdir, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { z } from 'zod';
import { AccessStage } from '../../../test/support/agent/access-stage';
import { ScriptedChannel } from '../../../test/support/agent/scripted-channel';
import { recordedJournal, type RecordedJournal } from '../../../test/support/recorded-journal';
import { startFakeRelay } from '../../../test/support/relay/fake-relay';
import { setLimit } from '../../../test/support/relay/test-relay';
import { removeFolder } from '../../../test/support/remove-folder';
import { until } from '../../../test/support/until';
import {
  approval,
  connectionInfoToDevice,
  requestApproval,
  terminate,
  withdrawApproval,
  type SentConnectionInfo,
} from '../../protocol/control-channel';
import { approvalRecord } from '../../protocol/approval-record';
import { toInstant } from '../../protocol/names';
import type { ApprovalRequest, Decision, EndedSession } from './agent-session';
import { Answers } from '../approval/answers';
import { parseConfiguration } from '../configuration/configuration';
import { PermittedOrigins } from '../origins/permitted-origins';
import { RemoteSessions } from './remote-sessions';
import { NO_PROXY } from '../../tunnel/outbound-proxy';

const { devices } = parseConfiguration(
  JSON.stringify({
    devices: [
      {
        id: 'mfp-1',
        name: 'MFP',
        kind: 'mfp',
        applications: [
          ...['web', 'box'].map((id) => ({ id, title: id, target: 'tcp://127.0.0.1:9' })),
          { id: 'documents', title: 'Document boxes', target: 'http://127.0.0.1:9', protocol: 'box' },
          { id: 'screen', title: 'Screen', target: 'tcp://127.0.0.1:9', protocol: 'vnc' },
        ],
      },
    ],
  }),
  '/',
);

const key = generateKeyPairSync('ed25519').privateKey;
const answeredBy = { where: 'local-page' } as const;
const YES: Decision = { decision: 'approved', grant: 'operate', answeredBy };
const NO: Decision = { decision: 'declined', answeredBy };

let folder: string;
let answers: Answers;
let channel: ScriptedChannel;
let recorded: RecordedJournal;
let ended: EndedSession[];
let stage: AccessStage;
let sessions: RemoteSessions;
let relay: Awaited<ReturnType<typeof startFakeRelay>>;
let id: string;
/** What the agent knows of another device at the address. */
let otherDevice: string | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'platen-answers-'));
  id = randomUUID();
  otherDevice = undefined;
  channel = new ScriptedChannel();
  recorded = recordedJournal();
  ended = [];
  stage = new AccessStage(devices, recorded.journal);
  await start();
  relay = await startFakeRelay(id);
});
/** As if the agent were killed and started again. */
async function restart(): Promise<void> {
  channel.online = false;
  await sessions.close(0);
  await answers.close();
  channel.online = true;
  await start();
}
async function start(timeOfDay?: () => number): Promise<void> {
  answers = new Answers({ folder, journal: recorded.journal, signer: { agentId: 'agent-1', key }, timeOfDay });
  await answers.load();
  const onEnded = (each: EndedSession) => ended.push(each);
  const { access } = stage;
  const { journal } = recorded;
  const outbound = NO_PROXY;
  const origins = new PermittedOrigins({ devices, state: folder, journal, panel: { host: '127.0.0.1', port: 0 } });
  const otherDeviceAt = () => otherDevice;
  const options = { devices, channel, access, answers, origins, outbound, otherDeviceAt, journal, onEnded, timeOfDay };
  sessions = new RemoteSessions(options);
}
afterEach(async () => {
  await sessions.close(1_000);
  await answers.close();
  await removeFolder(folder);
  await relay.close();
  await stage.strike();
});

const question = (change: Partial<ApprovalRequest> = {}): ApprovalRequest => ({
  remoteSessionId: id,
  deviceId: 'mfp-1',
  applicationId: 'web',
  asker: { kind: 'user', id: 'tina', name: 'Tina' },
  reason: 'streaks',
  minutes: 30,
  answerWithinSeconds: 60,
  ...change,
});
const info = (): SentConnectionInfo & { deviceId: string } => ({
  remoteSessionId: id,
  deviceId: 'mfp-1',
  applicationId: 'web',
  url: `${relay.url}/cloud-hub`,
  sessionId: 's'.repeat(43),
  token: 't'.repeat(43),
  validUntil: toInstant(Date.now() + 60_000),
  validForSeconds: 60,
});
/** The answers that the server has received. */
const approvals = () => channel.asked.map((line) => approval.request.parse(JSON.parse(line.slice(line.indexOf(' ')))));
const recordIn = ({ record }: z.infer<typeof approval.request>) => approvalRecord.parse(JSON.parse(record!.text));
const phase = () => sessions.sessions.get(id)?.phase.name;

async function connected(): Promise<void> {
  await channel.ask(requestApproval, question());
  sessions.decide(id, YES);
  await until('the YES is sent', () => recorded.steps().includes('S144'));
  await channel.ask(connectionInfoToDevice, info());
  await until('connected', () => phase() === 'connected');
}

describe('RemoteSessions', () => {
  it('takes the steps of Fig. 8 and 9 in order and logs no secrets', async () => {
    await connected();
    expect(recorded.steps()).toEqual(['S143', 'S144', 'S171', 'S172']);
    expect(recorded.text()).not.toMatch(/s{43}|t{43}/);
  });

  it.each([
    ['an unknown device', { deviceId: 'mfp-2' }, 'unknown-device'],
    ['an unknown application', { applicationId: 'panel' }, 'unknown-application'],
  ])('refuses %s', async (_case, change, code) => {
    await expect(channel.ask(requestApproval, question(change))).rejects.toMatchObject({ code });
    expect(sessions.sessions.size).toBe(0);
    expect(recorded.steps()).toEqual([]);
  });

  it('uses no token without a YES at this device (E20)', async () => {
    await expect(channel.ask(connectionInfoToDevice, info())).rejects.toMatchObject({ code: 'wrong-state' });
    await channel.ask(requestApproval, question());
    await expect(channel.ask(connectionInfoToDevice, info())).rejects.toMatchObject({ code: 'wrong-state' });
    sessions.decide(id, NO);
    await expect(channel.ask(connectionInfoToDevice, info())).rejects.toMatchObject({ code: 'wrong-state' });
    expect(relay.establishes).toEqual([]);
  });

  it('leads to no other device at the address of this one', async () => {
    otherDevice = 'serial number "B" instead of "A"';
    const refused = { code: 'other-device', detail: otherDevice };
    await expect(channel.ask(requestApproval, question())).rejects.toMatchObject(refused);
    expect(sessions.sessions.size).toBe(0);
    // it is noticed after the YES
    otherDevice = undefined;
    await channel.ask(requestApproval, question());
    sessions.decide(id, YES);
    otherDevice = refused.detail;
    await expect(channel.ask(connectionInfoToDevice, info())).rejects.toMatchObject(refused);
    expect(relay.establishes).toEqual([]);
  });

  it('uses no token for an application that was not approved (E20)', async () => {
    await channel.ask(requestApproval, question());
    sessions.decide(id, YES);
    const other = { ...info(), applicationId: 'box' };
    await expect(channel.ask(connectionInfoToDevice, other)).rejects.toMatchObject({ code: 'wrong-state' });
    expect(relay.establishes).toEqual([]);
  });

  it('accepts the grant view only if it can be enforced', async () => {
    await channel.ask(requestApproval, question());
    expect(() => sessions.decide(id, { decision: 'approved', grant: 'view', answeredBy })).toThrow(
      expect.objectContaining({ code: 'wrong-state' }),
    );
    expect(phase()).toBe('asking');
  });

  it('sends the grant to the server and keeps it', async () => {
    await channel.ask(requestApproval, question({ applicationId: 'screen' }));
    sessions.decide(id, { decision: 'approved', grant: 'view', answeredBy });
    await until('the approval is sent', () => channel.asked.length >= 1);
    expect(approvals()).toEqual([
      { remoteSessionId: id, decision: 'approved', grant: 'view', record: expect.anything() },
    ]);
    sessions.end(id);
    expect(ended).toEqual([expect.objectContaining({ grant: 'view' })]);
  });

  it('signs what was asked, and who answered', async () => {
    await channel.ask(requestApproval, question());
    sessions.decide(id, NO);
    await until('the answer is sent', () => channel.asked.length >= 1);
    const { answerWithinSeconds: _, ...asked } = question();
    expect(recordIn(approvals()[0]!)).toEqual({
      version: 1,
      agentId: 'agent-1',
      ...asked,
      decision: 'declined',
      grant: null,
      answeredBy,
      answeredAt: expect.any(String),
    });
  });

  it('sends the record of the YES with the NO that takes it back', async () => {
    await channel.ask(requestApproval, question());
    sessions.decide(id, YES);
    await until('the YES is sent', () => channel.asked.length >= 1);
    sessions.end(id);
    await until('the NO is sent', () => channel.asked.length >= 2);
    const [yes, no] = approvals();
    expect([yes!.decision, no!.decision]).toEqual(['approved', 'declined']);
    expect(no!.record).toEqual(yes!.record);
  });

  it('repeats a NO unchanged after a restart, without asking again', async () => {
    channel.online = false;
    await channel.ask(requestApproval, question());
    sessions.decide(id, NO);
    const given = answers.of(id)!.answer;
    await restart();
    await channel.ask(requestApproval, question());
    await until('the answer is sent', () => channel.asked.length >= 1);
    expect(phase()).toBeUndefined();
    expect(approvals()).toEqual([{ remoteSessionId: id, ...given }]);
  });

  it.each([
    ['the same request', {}],
    ['another application under the same ID', { applicationId: 'screen' }],
  ])('refuses %s after a YES and a restart: a YES counts once', async (_case, change) => {
    await channel.ask(requestApproval, question());
    sessions.decide(id, YES);
    await until('the YES is sent', () => channel.asked.length >= 1);
    await restart();
    await expect(channel.ask(requestApproval, question(change))).rejects.toMatchObject({ code: 'wrong-state' });
    await expect(channel.ask(connectionInfoToDevice, info())).rejects.toMatchObject({ code: 'wrong-state' });
    expect([phase(), channel.asked.length]).toEqual([undefined, 1]);
  });

  it('ends a session whose YES cannot be stored, and sends nothing', async () => {
    await channel.ask(requestApproval, question());
    await removeFolder(folder);
    sessions.decide(id, YES);
    await until('over', () => phase() === 'over');
    expect(channel.asked).toEqual([]);
    expect(ended).toEqual([expect.objectContaining({ ending: 'failed', detail: expect.stringContaining('ENOENT') })]);
    await mkdir(folder);
  });

  it('records the history with the local time of day', async () => {
    await sessions.close(100);
    await start(() => Date.parse('1999-01-01T00:00:00.000Z'));
    await connected();
    sessions.end(id);
    await until('over', () => ended.length >= 1);
    expect(ended[0]?.endedAt).toBe('1999-01-01T00:00:00.000Z');
    expect(ended[0]?.connectedAt).toMatch(/^1998-12-31T23:5/);
  });

  it('connects once, even if the server repeats the connection information', async () => {
    await connected();
    await channel.ask(requestApproval, question());
    await channel.ask(connectionInfoToDevice, info());
    expect(relay.establishes).toHaveLength(1);
    expect(recorded.steps().filter((step) => step === 'S143')).toHaveLength(1);
  });

  it('ends in order when the server terminates, and reports that it was connected', async () => {
    await connected();
    const ending = { remoteSessionId: id, ending: 'ended-by-terminal' as const };
    expect(await channel.ask(terminate, ending)).toEqual({ connected: true });
    await until('over', () => phase() === 'over');
    expect(recorded.steps().slice(-2)).toEqual(['S291', 'S292']);
    expect(ended).toEqual([expect.objectContaining({ remoteSessionId: id, ending: 'ended-by-terminal' })]);
    expect(await channel.ask(terminate, ending)).toEqual({ connected: false });
  });

  it('ends when the person at the device ends it', async () => {
    await connected();
    sessions.end(id);
    await until('over', () => phase() === 'over');
    expect(ended).toEqual([expect.objectContaining({ ending: 'ended-by-device' })]);
    expect(ended[0]?.connectedAt).not.toBeNull();
  });

  it('hides the approval screen when the request is withdrawn', async () => {
    const changes: unknown[] = [];
    sessions.onChange(() => changes.push(phase()));
    await channel.ask(requestApproval, question());
    await channel.ask(withdrawApproval, { remoteSessionId: id, ending: 'cancelled' });
    expect(changes).toEqual(['asking', 'over']);
    expect(() => sessions.decide(id, YES)).toThrow(/already answered, or ended/);
  });

  it('hides the approval screen when the time to answer is up', async () => {
    await channel.ask(requestApproval, question({ answerWithinSeconds: 0.1 }));
    await until('over', () => phase() === 'over');
    expect(ended).toEqual([expect.objectContaining({ ending: 'expired' })]);
    expect(channel.asked).toEqual([]);
  });

  it('refuses an answer to an unknown session', () => {
    expect(() => sessions.decide(id, YES)).toThrow(expect.objectContaining({ code: 'unknown-session' }));
    expect(() => sessions.end(id)).toThrow(expect.objectContaining({ code: 'unknown-session' }));
  });

  it('ends all sessions in order when the agent stops', async () => {
    await connected();
    await sessions.close(5_000);
    expect(phase()).toBe('over');
    expect(recorded.steps().slice(-2)).toEqual(['S291', 'S292']);
  });

  it('stops in time even if the relay does not answer', async () => {
    await connected();
    relay.half('/cloud-hub')?.pause();
    setLimit('RELAY_CLOSE_MS', 2 ** 31 - 1); // so that only the bound of close() can end the wait
    await sessions.close(200);
    jest.restoreAllMocks();
    relay.half('/cloud-hub')?.resume();
  });
});

const TINA = { kind: 'user', id: 'tina', name: 'Tina' } as const;
const BOX = { kind: 'box', box: null, operations: ['get' as const] } as const;
const SESSION = { kind: 'session', applications: ['web'], grant: 'operate' as const } as const;
const permitSession = (change: object = {}) =>
  stage.set({ who: TINA, access: { ...SESSION, applications: [...SESSION.applications] }, ...change });
const permitBox = (change: object = {}) =>
  stage.set({ who: TINA, access: { ...BOX, operations: [...BOX.operations] }, ...change });
const lastAnswer = () => approvals().at(-1)!;

/** A request that a condition has approved, with its connection. */
async function unattended(): Promise<void> {
  await channel.ask(requestApproval, question());
  await until('the answer', () => channel.asked.length >= 1);
  await channel.ask(connectionInfoToDevice, info());
  await until('connected', () => phase() === 'connected');
}

describe('access conditions', () => {
  it('approve a session without YES, with a record that names the condition', async () => {
    const { id: conditionId } = await permitSession({ times: 1 });
    await unattended();
    expect(recorded.steps()).not.toContain('S143');
    expect(lastAnswer()).toMatchObject({ decision: 'approved', grant: 'operate' });
    expect(recordIn(lastAnswer())).toMatchObject({ answeredBy: { where: 'condition', conditionId } });
    expect(stage.access.store.find(conditionId)?.used.times).toBe(1);
    await channel.ask(requestApproval, question()); // repeated by the server
    expect(stage.access.store.find(conditionId)?.used.times).toBe(1);
  });

  it.each([
    ['another application', { applicationId: 'screen' }],
    ['another user', { asker: { ...TINA, id: 'tom' } }],
    ['a client with the ID of the user', { asker: { ...TINA, kind: 'client' as const } }],
  ])('leave %s to the person at the device', async (_case, change) => {
    await permitSession();
    await channel.ask(requestApproval, question(change));
    expect([phase(), channel.asked]).toEqual(['asking', []]);
  });

  it('deny a document box at once, without asking; a permitted one is approved', async () => {
    await channel.ask(requestApproval, question({ applicationId: 'documents' }));
    await until('the answer', () => channel.asked.length >= 1);
    expect(lastAnswer()).toMatchObject({ decision: 'declined', denied: 'no-condition' });
    expect(ended).toEqual([expect.objectContaining({ ending: 'denied' })]);
    expect(stage.access.denials.latest(1)).toMatchObject([{ what: 'session documents', remoteSessionId: id }]);
    expect(() => sessions.decide(id, YES)).toThrow(expect.objectContaining({ code: 'wrong-state' }));
    await permitBox();
    id = randomUUID();
    await channel.ask(requestApproval, question({ applicationId: 'documents' }));
    await until('the answer', () => channel.asked.length >= 2);
    expect(lastAnswer()).toMatchObject({ decision: 'approved' });
  });

  it.each([
    ['is revoked', () => stage.access.revoke(stage.access.store.all[0]!.id), 'revoked'],
    ['expires', () => Promise.resolve((stage.now += 3_600_000)), 'expired'],
  ])('end a session at once when the condition %s, and say why', async (_case, end, denied) => {
    stage.now = Date.parse('2030-01-07T09:59:59.900Z');
    await permitSession({ until: '2030-01-07T10:00:00.000Z' });
    await unattended();
    await end();
    await until('over', () => phase() === 'over');
    expect(recorded.steps().slice(-2)).toEqual(['S291', 'S292']);
    expect(lastAnswer()).toMatchObject({ decision: 'declined', denied });
    expect(ended).toEqual([expect.objectContaining({ ending: 'denied', connectedAt: expect.any(String) })]);
  });

  it('keep a session that a person has approved when a condition is revoked', async () => {
    const { id: conditionId } = await permitSession({ who: { ...TINA, id: 'tom' } });
    await connected();
    await stage.access.revoke(conditionId);
    expect(phase()).toBe('connected');
  });

  it('keep a session with a document box while any condition supports it', async () => {
    const [first, second] = [await permitBox(), await permitBox()];
    await channel.ask(requestApproval, question({ applicationId: 'documents' }));
    await stage.access.revoke(first.id);
    expect(phase()).toBe('approved');
    await stage.access.revoke(second.id);
    expect(phase()).toBe('over');
  });
});

describe('a hostile server', () => {
  it('cannot use an approval by a condition for another application or device', async () => {
    await permitSession();
    await channel.ask(requestApproval, question());
    for (const change of [{ applicationId: 'screen' }, { applicationId: 'documents' }, { deviceId: 'mfp-2' }])
      await expect(channel.ask(connectionInfoToDevice, { ...info(), ...change })).rejects.toMatchObject({
        code: 'wrong-state',
      });
    expect(relay.establishes).toEqual([]);
  });

  it('cannot make the session longer than was asked for, or than any session may be', async () => {
    await permitSession();
    await channel.ask(requestApproval, question({ minutes: 1_000_000 }));
    await channel.ask(connectionInfoToDevice, { ...info(), validForSeconds: 100_000_000 });
    const session = sessions.sessions.get(id)!;
    const endsAt = 'endsAt' in session.phase ? session.phase.endsAt : Infinity;
    expect(endsAt - performance.now()).toBeLessThanOrEqual((480 + 1) * 60_000);
  });

  it('cannot open again what was approved by a condition that is revoked', async () => {
    const { id: conditionId } = await permitSession();
    await channel.ask(requestApproval, question());
    await stage.access.revoke(conditionId);
    await expect(channel.ask(connectionInfoToDevice, info())).rejects.toMatchObject({ code: 'wrong-state' });
    await channel.ask(requestApproval, question()); // the old request, again
    await expect(channel.ask(connectionInfoToDevice, info())).rejects.toMatchObject({ code: 'wrong-state' });
    await restart();
    await expect(channel.ask(requestApproval, question())).rejects.toMatchObject({ code: 'wrong-state' });
    await expect(channel.ask(connectionInfoToDevice, info())).rejects.toMatchObject({ code: 'wrong-state' });
    expect(relay.establishes).toEqual([]);
  });

  it('cannot use an approval after the time of the condition, even if the timer is late', async () => {
    stage.now = Date.parse('2030-01-07T09:00:00.000Z');
    await permitSession({ until: '2030-01-07T10:00:00.000Z' });
    await channel.ask(requestApproval, question());
    stage.now = Date.parse('2030-01-07T10:00:00.000Z');
    await expect(channel.ask(connectionInfoToDevice, info())).rejects.toMatchObject({ code: 'wrong-state' });
  });

  it('cannot withdraw a request and have it approved by a condition afterwards', async () => {
    await permitSession({ times: 5 });
    const asked = channel.ask(requestApproval, question());
    await channel.ask(withdrawApproval, { remoteSessionId: id, ending: 'cancelled' });
    await asked;
    expect([phase(), channel.asked]).toEqual([undefined, []]);
  });
});
