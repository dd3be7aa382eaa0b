import { randomUUID } from 'node:crypto';
import { ScriptedChannel } from '../../../test/support/agent/scripted-channel';
import { recordedJournal, type RecordedJournal } from '../../../test/support/recorded-journal';
import { startFakeRelay } from '../../../test/support/relay/fake-relay';
import { setLimit } from '../../../test/support/relay/test-relay';
import { until } from '../../../test/support/until';
import {
  connectionInfoToDevice,
  requestApproval,
  terminate,
  withdrawApproval,
  type SentConnectionInfo,
} from '../../protocol/control-channel';
import { toInstant } from '../../protocol/names';
import type { ApprovalRequest, Decision, EndedSession } from './agent-session';
import { parseConfiguration } from '../configuration/configuration';
import { RemoteSessions } from './remote-sessions';

const { devices } = parseConfiguration(
  JSON.stringify({
    devices: [
      {
        id: 'mfp-1',
        name: 'MFP',
        kind: 'mfp',
        applications: [
          ...['web', 'box'].map((id) => ({ id, title: id, target: 'tcp://127.0.0.1:9' })),
          { id: 'screen', title: 'Screen', target: 'tcp://127.0.0.1:9', protocol: 'vnc' },
        ],
      },
    ],
  }),
  '/',
);

const answeredBy = { where: 'local-page' } as const;
const YES: Decision = { decision: 'approved', grant: 'operate', answeredBy };
const NO: Decision = { decision: 'declined', answeredBy };

let channel: ScriptedChannel;
let recorded: RecordedJournal;
let ended: EndedSession[];
let sessions: RemoteSessions;
let relay: Awaited<ReturnType<typeof startFakeRelay>>;
let id: string;

beforeEach(async () => {
  id = randomUUID();
  channel = new ScriptedChannel();
  recorded = recordedJournal();
  ended = [];
  sessions = new RemoteSessions({ devices, channel, journal: recorded.journal, onEnded: (each) => ended.push(each) });
  relay = await startFakeRelay(id);
});
afterEach(async () => {
  await sessions.close(1_000);
  await relay.close();
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
const phase = () => sessions.sessions.get(id)?.phase.name;

async function connected(): Promise<void> {
  await channel.ask(requestApproval, question());
  sessions.decide(id, YES);
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
    await until('the approval is sent', () => channel.asked.length === 1);
    const answer = { remoteSessionId: id, decision: 'approved', grant: 'view' };
    expect(channel.asked).toEqual([`approval ${JSON.stringify(answer)}`]);
    sessions.end(id);
    expect(ended).toEqual([expect.objectContaining({ grant: 'view' })]);
  });

  it('records the history with the local time of day', async () => {
    await sessions.close(100);
    const timeOfDay = () => Date.parse('1999-01-01T00:00:00.000Z');
    const onEnded = (each: EndedSession) => ended.push(each);
    sessions = new RemoteSessions({ devices, channel, journal: recorded.journal, onEnded, timeOfDay });
    await connected();
    sessions.end(id);
    await until('over', () => ended.length === 1);
    expect(ended[0]?.endedAt).toBe('1999-01-01T00:00:00.000Z');
    expect(ended[0]?.connectedAt).toMatch(/^1998-12-31T23:59:5/);
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
