import { DENIALS } from '../../protocol/access-conditions';
import type { SentConnectionInfo } from '../../protocol/control-channel';
import { LIMITS } from '../../protocol/limits';
import type {
  Action,
  AgentSession,
  AgentSessions,
  ApprovalRequest,
  RequestedApproval,
  Input,
  Phase,
} from './agent-session';
import { APPROVED_MS, nextDeadline, plan, REMEMBER_MS, SESSIONS_KEPT } from './planner';

const NOW = 5_000_000;
const remoteSessionId = '7d3c6c0e-8a40-4b6e-9d58-1f1a3a0a6a11';
const request: ApprovalRequest = {
  remoteSessionId,
  deviceId: 'mfp-1',
  applicationId: 'web',
  asker: { kind: 'user', id: 'tina', name: 'Tina Technician' },
  reason: 'streaks',
  minutes: 30,
  answerWithinSeconds: 120,
};
const { answerWithinSeconds: _seconds, ...rest } = request;
const asked: RequestedApproval = { ...rest, answerBefore: NOW + 120_000 };
const info: SentConnectionInfo = {
  remoteSessionId,
  applicationId: 'web',
  url: 'wss://relay.example/cloud-hub',
  sessionId: 'i'.repeat(43),
  token: 't'.repeat(43),
  validUntil: '2030-01-01T12:00:00.000Z',
  validForSeconds: 20 * 60,
};

const PHASES: Record<Phase['name'], Phase> = {
  asking: { name: 'asking' },
  declined: { name: 'declined' },
  approved: { name: 'approved' },
  connecting: { name: 'connecting', endsAt: NOW + 60_000 },
  connected: { name: 'connected', endsAt: NOW + 60_000, since: NOW - 5_000, draining: false },
  ending: { name: 'ending', ending: 'ended-by-terminal', since: NOW - 5_000, detail: '' },
  over: { name: 'over', forgetAt: NOW + 60_000 },
};
type Before = Phase['name'] | 'none';
const GRANTED: Before[] = ['approved', 'connecting', 'connected', 'ending'];

function sessionsIn(before: Before): AgentSessions {
  const session: AgentSession | undefined =
    before === 'none'
      ? undefined
      : { asked, conditionId: null, grant: GRANTED.includes(before) ? 'operate' : null, phase: PHASES[before] };
  return new Map(session ? [[remoteSessionId, session]] : []);
}

function inWords(action: Action): string {
  if (action.do === 'record') return `record ${action.outcome.ending}`;
  return action.do === 'deliver' ? `deliver ${action.answer.decision}` : action.do;
}

function outcome(before: Before, input: Input, now = NOW) {
  const { sessions, actions, answer } = plan(sessionsIn(before), input, now);
  return {
    after: sessions.get(remoteSessionId)?.phase.name ?? 'none',
    actions: actions.map(inWords),
    answer: answer.ok ? (answer.connected ? 'connected' : 'ok') : answer.code,
  };
}

const ask: Input = { kind: 'request-approval', request };
const answeredBy = { where: 'local-page' } as const;
const yes: Input = { kind: 'decide', remoteSessionId, answer: { decision: 'approved', grant: 'operate', answeredBy } };
const no: Input = { kind: 'decide', remoteSessionId, answer: { decision: 'declined', answeredBy } };
const connect: Input = { kind: 'connection-info', info, deviceId: 'mfp-1' };
const withdraw: Input = { kind: 'withdraw', remoteSessionId, ending: 'cancelled' };
const terminate: Input = { kind: 'terminate', remoteSessionId, ending: 'ended-by-administrator' };
const endNow: Input = { kind: 'end', remoteSessionId };
const permissionEnded: Input = { kind: 'permission-ended', remoteSessionId, denied: 'revoked' };
const conditionId = '0b5d7c3e-1f4a-4b6e-9d58-1f1a3a0a6a11';
const byCondition: Input = {
  kind: 'request-approval',
  request,
  decision: { decision: 'approved', grant: 'operate', answeredBy: { where: 'condition', conditionId } },
};
const denied: Input = {
  kind: 'request-approval',
  request,
  decision: { decision: 'declined', denied: 'hours', answeredBy: { where: 'condition', conditionId: null } },
};
const refused: Input = { kind: 'answer-refused', remoteSessionId, detail: 'session over' };
const connected: Input = { kind: 'connected', remoteSessionId };
const draining: Input = { kind: 'draining', remoteSessionId, draining: true };
const closed: Input = { kind: 'closed', remoteSessionId, ending: 'lost-terminal', detail: 'gone' };
const shutdown: Input = { kind: 'shutdown' };
const clock: Input = { kind: 'clock' };

type Row = [before: Before, input: string, after: Before, actions: string[], answer: string];
const INPUTS: Record<string, Input> = {
  ask,
  yes,
  no,
  connect,
  withdraw,
  terminate,
  endNow,
  byCondition,
  denied,
  permissionEnded,
  refused,
  connected,
  draining,
  closed,
  shutdown,
  clock,
};

const ROWS: Row[] = [
  ['none', 'ask', 'asking', ['show'], 'ok'],
  ['none', 'yes', 'none', [], 'unknown-session'],
  ['none', 'no', 'none', [], 'unknown-session'],
  ['none', 'connect', 'none', [], 'wrong-state'],
  ['none', 'withdraw', 'none', [], 'ok'],
  ['none', 'terminate', 'none', [], 'ok'],
  ['none', 'endNow', 'none', [], 'unknown-session'],
  ['none', 'byCondition', 'approved', ['deliver approved'], 'ok'],
  ['none', 'denied', 'declined', ['deliver declined', 'record denied'], 'ok'],
  ['none', 'permissionEnded', 'none', [], 'ok'],
  ['none', 'refused', 'none', [], 'ok'],
  ['none', 'connected', 'none', [], 'ok'],
  ['none', 'draining', 'none', [], 'ok'],
  ['none', 'closed', 'none', [], 'ok'],
  ['none', 'shutdown', 'none', [], 'ok'],
  ['none', 'clock', 'none', [], 'ok'],

  ['asking', 'ask', 'asking', [], 'ok'],
  ['asking', 'yes', 'approved', ['deliver approved'], 'ok'],
  ['asking', 'no', 'declined', ['deliver declined', 'record declined'], 'ok'],
  ['asking', 'connect', 'asking', [], 'wrong-state'],
  ['asking', 'withdraw', 'over', ['stop-delivery', 'record cancelled'], 'ok'],
  ['asking', 'terminate', 'over', ['stop-delivery', 'record ended-by-administrator'], 'ok'],
  ['asking', 'endNow', 'asking', [], 'ok'],
  ['asking', 'byCondition', 'asking', [], 'ok'],
  ['asking', 'denied', 'asking', [], 'ok'],
  ['asking', 'permissionEnded', 'asking', [], 'ok'],
  ['asking', 'refused', 'asking', [], 'ok'],
  ['asking', 'connected', 'asking', [], 'ok'],
  ['asking', 'draining', 'asking', [], 'ok'],
  ['asking', 'closed', 'asking', [], 'ok'],
  ['asking', 'shutdown', 'asking', [], 'ok'],
  ['asking', 'clock', 'asking', [], 'ok'],

  ['declined', 'ask', 'declined', [], 'ok'],
  ['declined', 'yes', 'declined', [], 'wrong-state'],
  ['declined', 'no', 'declined', [], 'ok'],
  ['declined', 'connect', 'declined', [], 'wrong-state'],
  ['declined', 'withdraw', 'over', ['stop-delivery'], 'ok'],
  ['declined', 'terminate', 'over', ['stop-delivery'], 'ok'],
  ['declined', 'endNow', 'declined', [], 'ok'],
  ['declined', 'byCondition', 'declined', [], 'ok'],
  ['declined', 'denied', 'declined', [], 'ok'],
  ['declined', 'permissionEnded', 'declined', [], 'ok'],
  ['declined', 'refused', 'declined', [], 'ok'],
  ['declined', 'connected', 'declined', [], 'ok'],
  ['declined', 'draining', 'declined', [], 'ok'],
  ['declined', 'closed', 'declined', [], 'ok'],
  ['declined', 'shutdown', 'declined', [], 'ok'],
  ['declined', 'clock', 'declined', [], 'ok'],

  ['approved', 'ask', 'approved', [], 'ok'],
  ['approved', 'yes', 'approved', [], 'ok'],
  ['approved', 'no', 'over', ['stop-delivery', 'record ended-by-device', 'take-back'], 'ok'],
  ['approved', 'connect', 'connecting', ['stop-delivery', 'connect'], 'ok'],
  ['approved', 'withdraw', 'over', ['stop-delivery', 'record cancelled'], 'ok'],
  ['approved', 'terminate', 'over', ['stop-delivery', 'record ended-by-administrator'], 'ok'],
  ['approved', 'endNow', 'over', ['stop-delivery', 'record ended-by-device', 'take-back'], 'ok'],
  ['approved', 'byCondition', 'approved', [], 'ok'],
  ['approved', 'denied', 'approved', [], 'ok'],
  ['approved', 'permissionEnded', 'over', ['stop-delivery', 'record denied', 'take-back'], 'ok'],
  ['approved', 'refused', 'over', ['stop-delivery', 'record failed'], 'ok'],
  ['approved', 'connected', 'approved', [], 'ok'],
  ['approved', 'draining', 'approved', [], 'ok'],
  ['approved', 'closed', 'approved', [], 'ok'],
  ['approved', 'shutdown', 'over', ['stop-delivery', 'record ended-by-device', 'take-back'], 'ok'],
  ['approved', 'clock', 'approved', [], 'ok'],

  ['connecting', 'ask', 'connecting', [], 'ok'],
  ['connecting', 'yes', 'connecting', [], 'wrong-state'],
  ['connecting', 'no', 'ending', ['end-half', 'take-back'], 'ok'],
  ['connecting', 'connect', 'connecting', [], 'ok'],
  ['connecting', 'withdraw', 'connecting', [], 'wrong-state'],
  ['connecting', 'terminate', 'ending', ['end-half'], 'ok'],
  ['connecting', 'endNow', 'ending', ['end-half', 'take-back'], 'ok'],
  ['connecting', 'byCondition', 'connecting', [], 'ok'],
  ['connecting', 'denied', 'connecting', [], 'ok'],
  ['connecting', 'permissionEnded', 'ending', ['end-half', 'take-back'], 'ok'],
  ['connecting', 'refused', 'connecting', [], 'ok'],
  ['connecting', 'connected', 'connected', [], 'ok'],
  ['connecting', 'draining', 'connecting', [], 'ok'],
  ['connecting', 'closed', 'over', ['record lost-terminal'], 'ok'],
  ['connecting', 'shutdown', 'ending', ['end-half', 'take-back'], 'ok'],
  ['connecting', 'clock', 'connecting', [], 'ok'],

  ['connected', 'ask', 'connected', [], 'ok'],
  ['connected', 'yes', 'connected', [], 'wrong-state'],
  ['connected', 'no', 'ending', ['end-half'], 'ok'],
  ['connected', 'connect', 'connected', [], 'ok'],
  ['connected', 'withdraw', 'connected', [], 'wrong-state'],
  ['connected', 'terminate', 'ending', ['end-half'], 'connected'],
  ['connected', 'endNow', 'ending', ['end-half'], 'ok'],
  ['connected', 'byCondition', 'connected', [], 'ok'],
  ['connected', 'denied', 'connected', [], 'ok'],
  ['connected', 'permissionEnded', 'ending', ['end-half', 'take-back'], 'ok'],
  ['connected', 'refused', 'connected', [], 'ok'],
  ['connected', 'connected', 'connected', [], 'ok'],
  ['connected', 'draining', 'connected', [], 'ok'],
  ['connected', 'closed', 'over', ['record lost-terminal'], 'ok'],
  ['connected', 'shutdown', 'ending', ['end-half'], 'ok'],
  ['connected', 'clock', 'connected', [], 'ok'],

  ['ending', 'ask', 'ending', [], 'ok'],
  ['ending', 'yes', 'ending', [], 'wrong-state'],
  ['ending', 'no', 'ending', [], 'wrong-state'],
  ['ending', 'connect', 'ending', [], 'wrong-state'],
  ['ending', 'withdraw', 'ending', [], 'ok'],
  ['ending', 'terminate', 'ending', [], 'connected'],
  ['ending', 'endNow', 'ending', [], 'ok'],
  ['ending', 'byCondition', 'ending', [], 'ok'],
  ['ending', 'denied', 'ending', [], 'ok'],
  ['ending', 'permissionEnded', 'ending', [], 'ok'],
  ['ending', 'refused', 'ending', [], 'ok'],
  ['ending', 'connected', 'ending', [], 'ok'],
  ['ending', 'draining', 'ending', [], 'ok'],
  ['ending', 'closed', 'over', ['record ended-by-terminal'], 'ok'],
  ['ending', 'shutdown', 'ending', [], 'ok'],
  ['ending', 'clock', 'ending', [], 'ok'],

  ['over', 'ask', 'over', [], 'ok'],
  ['over', 'yes', 'over', [], 'wrong-state'],
  ['over', 'no', 'over', [], 'wrong-state'],
  ['over', 'connect', 'over', [], 'wrong-state'],
  ['over', 'withdraw', 'over', [], 'ok'],
  ['over', 'terminate', 'over', [], 'ok'],
  ['over', 'endNow', 'over', [], 'ok'],
  ['over', 'byCondition', 'over', [], 'ok'],
  ['over', 'denied', 'over', [], 'ok'],
  ['over', 'permissionEnded', 'over', [], 'ok'],
  ['over', 'refused', 'over', [], 'ok'],
  ['over', 'connected', 'over', [], 'ok'],
  ['over', 'draining', 'over', [], 'ok'],
  ['over', 'closed', 'over', [], 'ok'],
  ['over', 'shutdown', 'over', [], 'ok'],
  ['over', 'clock', 'over', [], 'ok'],
];

describe('plan', () => {
  it('has a row for every input in every phase', () => {
    const pairs = new Set(ROWS.map(([before, input]) => `${before} ${input}`));
    expect(pairs.size).toBe((Object.keys(PHASES).length + 1) * Object.keys(INPUTS).length);
  });

  it.each(ROWS)('%s + %s -> %s %j %s', (before, input, after, actions, answer) => {
    expect(outcome(before, INPUTS[input] as Input)).toEqual({ after, actions, answer });
  });

  it.each<[Before, number, Before, string[]]>([
    ['asking', asked.answerBefore, 'over', ['stop-delivery', 'record expired']],
    ['declined', asked.answerBefore, 'over', ['stop-delivery']],
    ['approved', asked.answerBefore, 'approved', []],
    ['approved', asked.answerBefore + APPROVED_MS, 'over', ['stop-delivery', 'record failed']],
    ['connecting', NOW + 60_000, 'connecting', []],
    ['connecting', NOW + 60_000 + LIMITS.RELAY_EXPIRY_GRACE_MS, 'ending', ['end-half']],
    ['connected', NOW + 60_000 + LIMITS.RELAY_EXPIRY_GRACE_MS, 'ending', ['end-half']],
    ['ending', NOW + 24 * 60 * 60_000, 'ending', []],
    ['over', NOW + 60_000, 'none', []],
  ])('%s at %d -> %s %j', (before, now, after, actions) => {
    expect(outcome(before, clock, now)).toEqual({ after, actions, answer: 'ok' });
  });

  it.each<[string, Input, number, string]>([
    ['another application', { ...connect, info: { ...info, applicationId: 'box' } }, NOW, 'wrong-state'],
    ['another device', { ...connect, deviceId: 'mfp-2' }, NOW, 'wrong-state'],
  ])('refuses connection information for %s (E20)', (_case, input, now, answer) => {
    expect(outcome('approved', input, now)).toEqual({ after: 'approved', actions: [], answer });
  });

  it('counts the time to answer from receipt', () => {
    const { sessions } = plan(sessionsIn('none'), ask, NOW);
    expect(sessions.get(remoteSessionId)?.asked.answerBefore).toBe(NOW + 120_000);
  });

  it.each(['1999-01-01T00:00:00.000Z', '2999-01-01T00:00:00.000Z'])(
    'counts the valid duration from receipt, not by %s',
    (validUntil) => {
      const { sessions } = plan(sessionsIn('approved'), { ...connect, info: { ...info, validUntil } }, NOW);
      expect(sessions.get(remoteSessionId)?.phase).toEqual({ name: 'connecting', endsAt: NOW + 20 * 60_000 });
    },
  );

  it('refuses a YES after the time to answer', () => {
    expect(outcome('asking', yes, asked.answerBefore)).toEqual({ after: 'asking', actions: [], answer: 'wrong-state' });
  });

  it('ends a session after the approved minutes, even if the server allows more', () => {
    const long: Input = { ...connect, info: { ...info, validForSeconds: 10 * 60 * 60 } };
    const { sessions } = plan(sessionsIn('approved'), long, NOW);
    expect(sessions.get(remoteSessionId)?.phase).toEqual({
      name: 'connecting',
      endsAt: NOW + 30 * 60_000 + LIMITS.CONNECT_MS,
    });
  });

  it('stores that the relay is draining', () => {
    const { sessions } = plan(sessionsIn('connected'), draining, NOW);
    expect(sessions.get(remoteSessionId)?.phase).toEqual({ ...PHASES.connected, draining: true });
    const resumed = plan(sessions, { ...draining, draining: false }, NOW);
    expect(resumed.sessions.get(remoteSessionId)?.phase).toEqual(PHASES.connected);
  });

  it('records the request and the duration', () => {
    const { actions } = plan(sessionsIn('connected'), closed, NOW);
    expect(actions.at(-1)).toEqual({
      do: 'record',
      outcome: { asked, grant: 'operate', ending: 'lost-terminal', detail: 'gone', connectedForMs: 5_000 },
    });
  });

  it('keeps the grant from YES to the history', () => {
    const view: Input = { ...yes, answer: { decision: 'approved', grant: 'view', answeredBy } };
    let now = plan(sessionsIn('asking'), view, NOW);
    now = plan(now.sessions, connect, NOW);
    expect(now.actions.at(-1)).toMatchObject({ do: 'connect', grant: 'view' });
    now = plan(plan(now.sessions, connected, NOW).sessions, closed, NOW);
    expect(now.actions.at(-1)).toMatchObject({ do: 'record', outcome: { grant: 'view' } });
  });

  it('does not widen a grant', () => {
    const view: Input = { ...yes, answer: { decision: 'approved', grant: 'view', answeredBy } };
    const { sessions } = plan(sessionsIn('asking'), view, NOW);
    const again = plan(sessions, yes, NOW);
    expect(again.answer).toMatchObject({ ok: false, code: 'wrong-state' });
    expect(again.sessions.get(remoteSessionId)?.grant).toBe('view');
  });

  it('returns the next deadline', () => {
    expect(nextDeadline(new Map())).toBeUndefined();
    expect(nextDeadline(sessionsIn('ending'))).toBeUndefined();
    expect(nextDeadline(sessionsIn('asking'))).toBe(asked.answerBefore);
    const { sessions } = plan(sessionsIn('asking'), withdraw, NOW);
    expect(nextDeadline(sessions)).toBe(asked.answerBefore + REMEMBER_MS);
  });

  it('remembers the condition that has approved a session, and why it ended', () => {
    const { sessions } = plan(new Map(), byCondition, NOW);
    expect(sessions.get(remoteSessionId)).toMatchObject({ conditionId, grant: 'operate', phase: { name: 'approved' } });
    const { actions } = plan(sessions, permissionEnded, NOW);
    expect(actions).toContainEqual({
      do: 'record',
      outcome: expect.objectContaining({ ending: 'denied', detail: DENIALS.revoked, grant: 'operate' }),
    });
    const [record] = plan(new Map(), denied, NOW).actions.slice(-1);
    expect(record).toMatchObject({ outcome: { ending: 'denied', detail: expect.stringContaining('hour') } });
  });

  it('shows a person only so many requests for one device, and refuses more by name', () => {
    const others = (deviceId: string, phase: Phase) =>
      new Map(
        Array.from(
          { length: LIMITS.REQUESTS_PER_DEVICE },
          (_, i) => [`${i}`, { asked: { ...asked, deviceId }, grant: null, conditionId: null, phase }] as const,
        ),
      );
    const crowded = plan(others('mfp-1', PHASES.asking), ask, NOW);
    expect(crowded).toMatchObject({ actions: [], answer: { ok: false, code: 'requests-waiting' } });
    expect(crowded.sessions.size).toBe(LIMITS.REQUESTS_PER_DEVICE);
    expect(plan(others('mfp-2', PHASES.asking), ask, NOW).answer.ok).toBe(true);
    expect(plan(others('mfp-1', PHASES.connected), ask, NOW).answer.ok).toBe(true);
    // an access condition answers without a person
    const decided = { ...ask, decision: { decision: 'declined', answeredBy: { where: 'display' } } } as Input;
    expect(plan(others('mfp-1', PHASES.asking), decided, NOW).answer.ok).toBe(true);
  });

  it('limits the number of sessions: removes ended ones first, then refuses', () => {
    const many = (phase: Phase) =>
      new Map(
        Array.from(
          { length: SESSIONS_KEPT },
          (_, i) => [`${i}`, { asked, grant: null, conditionId: null, phase }] as const,
        ),
      );
    const after = plan(many(PHASES.over), ask, NOW);
    expect([after.sessions.size, after.sessions.has('0'), after.answer.ok]).toEqual([SESSIONS_KEPT, false, true]);
    expect(plan(many(PHASES.connected), ask, NOW).answer).toMatchObject({ ok: false, code: 'too-many-requests' });
  });

  it('does not modify its input', () => {
    const before = sessionsIn('asking');
    plan(before, yes, NOW);
    expect(before.get(remoteSessionId)?.phase.name).toBe('asking');
  });
});
