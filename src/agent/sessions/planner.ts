import { DENIALS, type Denial } from '../../protocol/access-conditions';
import { LIMITS } from '../../protocol/limits';
import type { ProblemCode } from '../../protocol/problems';
import type { Ending, Grant } from '../../protocol/remote-session';
import type {
  Action,
  AgentSession,
  AgentSessions,
  Answer,
  RequestedApproval,
  Decision,
  Input,
  Phase,
  Plan,
} from './agent-session';

/** How long after the answer deadline a YES still waits for token and session ID (S149). */
export const APPROVED_MS = LIMITS.ADMISSION_MS + LIMITS.PREPARE_MS + LIMITS.XMPP_IQ_TIMEOUT_MS;
/** How long an ID is remembered after its session has ended. */
export const REMEMBER_MS = 10 * 60_000;
/** Maximum number of sessions in memory, ended ones included. */
export const SESSIONS_KEPT = 4 * LIMITS.DEVICES_PER_AGENT;

/**
 * The transition for one input: the next state of this agent's remote sessions, the actions to perform in order, and
 * the answer. Pure; `now` is on the clock of `Asked`.
 */
export function plan(sessions: AgentSessions, input: Input, now: number): Plan {
  if (input.kind === 'request-approval') return requestApproval(sessions, input, now);
  if (input.kind === 'clock') return forEach(sessions, (session) => passTime(session, now));
  if (input.kind === 'shutdown') return forEach(sessions, (session) => end(session, now));
  const id = input.kind === 'connection-info' ? input.info.remoteSessionId : input.remoteSessionId;
  const session = sessions.get(id);
  if (!session) return { sessions, actions: [], answer: withoutSession(input) };
  const next = step(session, input, now);
  return { sessions: replace(sessions, session, next), actions: next.actions ?? [], answer: next.answer ?? OK };
}

/** When `clock` next changes anything; undefined: never. */
export function nextDeadline(sessions: AgentSessions): number | undefined {
  const deadlines = [...sessions.values()].map(deadlineOf).filter((at) => at !== undefined);
  return deadlines.length === 0 ? undefined : Math.min(...deadlines);
}

const LIVE: readonly Phase['name'][] = ['approved', 'connecting', 'connected'];
const OK: Answer = { ok: true, connected: false };
const CONNECTED: Answer = { ok: true, connected: true };
const refused = (code: ProblemCode, detail: string): Answer => ({ ok: false, code, detail });

/** The result for one session. Without `phase` the session is unchanged; `forgotten` removes it. */
interface Next {
  readonly phase?: Phase | 'forgotten';
  readonly grant?: Grant;
  readonly conditionId?: string | null;
  readonly actions?: readonly Action[];
  readonly answer?: Answer;
}
type OneSession = Exclude<Input, { kind: 'request-approval' | 'clock' | 'shutdown' }>;

function step(session: AgentSession, input: OneSession, now: number): Next {
  switch (input.kind) {
    case 'withdraw':
      return withdraw(session, input.ending, now);
    case 'connection-info':
      return connectionInfo(session, input, now);
    case 'terminate':
      return terminate(session, input.ending, now);
    case 'decide':
      return decide(session, input.answer, now);
    case 'end':
      return end(session, now);
    case 'permission-ended':
      return end(session, now, input.denied);
    case 'answer-refused':
      return session.phase.name === 'approved' ? over(session, now, 'failed', input.detail) : {};
    case 'connected':
      return connected(session, now);
    case 'draining':
      return session.phase.name === 'connected' ? { phase: { ...session.phase, draining: input.draining } } : {};
    case 'closed':
      return closed(session, input, now);
  }
}

function withoutSession(input: OneSession): Answer {
  if (input.kind === 'connection-info')
    return refused('wrong-state', 'this session has not been approved at the device');
  if (input.kind === 'decide' || input.kind === 'end') return refused('unknown-session', 'unknown session');
  return OK;
}

function requestApproval(
  sessions: AgentSessions,
  { request, decision }: Extract<Input, { kind: 'request-approval' }>,
  now: number,
): Plan {
  // The server repeats requests that may not have arrived.
  if (sessions.has(request.remoteSessionId)) return { sessions, actions: [], answer: OK };
  const { answerWithinSeconds, ...rest } = request;
  const waiting = [...sessions.values()].filter(
    ({ asked, phase }) => phase.name === 'asking' && asked.deviceId === request.deviceId,
  );
  if (!decision && waiting.length >= LIMITS.REQUESTS_PER_DEVICE)
    return { sessions, actions: [], answer: refused('requests-waiting', 'other requests wait for an answer here') };
  const asked: RequestedApproval = { ...rest, answerBefore: now + answerWithinSeconds * 1000 };
  const room = makeRoom(sessions);
  if (!room) return { sessions, actions: [], answer: refused('too-many-requests', 'too many sessions at this agent') };
  const session: AgentSession = { asked, grant: null, conditionId: null, phase: { name: 'asking' } };
  room.set(asked.remoteSessionId, session);
  if (!decision) return { sessions: room, actions: [{ do: 'show', asked }], answer: OK };
  const next = decide(session, decision, now);
  return { sessions: replace(room, session, next), actions: next.actions ?? [], answer: OK };
}

function makeRoom(sessions: AgentSessions): Map<string, AgentSession> | undefined {
  const room = new Map(sessions);
  if (room.size < SESSIONS_KEPT) return room;
  const oldest = [...room].find(([, { phase }]) => phase.name === 'over');
  if (!oldest) return undefined;
  room.delete(oldest[0]);
  return room;
}

function decide(session: AgentSession, answer: Decision, now: number): Next {
  const { asked, phase } = session;
  if (answer.decision === 'declined' && phase.name === 'declined') return {};
  if (answer.decision === 'declined' && LIVE.includes(phase.name)) return end(session, now);
  if (answer.decision === 'approved' && phase.name === 'approved' && session.grant === answer.grant) return {};
  if (phase.name !== 'asking') return { answer: refused('wrong-state', 'already answered, or ended') };
  if (now >= asked.answerBefore) return { answer: refused('wrong-state', 'the time to answer is up') };
  const deliver: Action = { do: 'deliver', asked, answer, until: asked.answerBefore };
  if (answer.decision === 'approved') {
    const conditionId = answer.answeredBy.where === 'condition' ? answer.answeredBy.conditionId : null;
    return { phase: { name: 'approved' }, grant: answer.grant, conditionId, actions: [deliver] };
  }
  const [ending, detail] = answer.denied ? (['denied', DENIALS[answer.denied]] as const) : (['declined', ''] as const);
  return { phase: { name: 'declined' }, actions: [deliver, record(session, ending, detail, null, now)] };
}

function withdraw(session: AgentSession, ending: Ending, now: number): Next {
  const { phase } = session;
  if (phase.name === 'asking' || phase.name === 'approved') return over(session, now, ending, '');
  if (phase.name === 'declined') return forgetLater(session, now);
  if (phase.name === 'over' || phase.name === 'ending') return {};
  return { answer: refused('wrong-state', 'the device is already connected; terminate the session instead') };
}

function connectionInfo(
  { asked, grant, phase }: AgentSession,
  { info, deviceId }: Extract<Input, { kind: 'connection-info' }>,
  now: number,
): Next {
  const sameTarget = info.applicationId === asked.applicationId && deviceId === asked.deviceId;
  // E20: a token is used only for the device and application that the person at the device has approved.
  if (!sameTarget) return { answer: refused('wrong-state', 'another device or application was approved') };
  if (phase.name === 'connecting' || phase.name === 'connected') return {};
  if (phase.name !== 'approved' || !grant)
    return { answer: refused('wrong-state', `the session is not approved: its state is ${phase.name}`) };
  // The approved minutes are the upper limit, even if the server allows more.
  const minutes = Math.min(asked.minutes, LIMITS.SESSION_MINUTES);
  const endsAt = now + Math.min(info.validForSeconds * 1000, minutes * 60_000 + LIMITS.CONNECT_MS);
  return {
    phase: { name: 'connecting', endsAt },
    actions: [
      { do: 'stop-delivery', remoteSessionId: asked.remoteSessionId },
      { do: 'connect', asked, grant, info },
    ],
  };
}

function terminate(session: AgentSession, ending: Ending, now: number): Next {
  const { phase } = session;
  if (phase.name === 'connected') return { ...endHalf(session, ending, phase.since), answer: CONNECTED };
  if (phase.name === 'connecting') return endHalf(session, ending, undefined);
  if (phase.name === 'ending') return phase.since === undefined ? {} : { answer: CONNECTED };
  if (phase.name === 'declined') return forgetLater(session, now);
  if (phase.name === 'over') return {};
  return over(session, now, ending, '');
}

/** Ended by the person at the device, by the stop of this program, or, with `denied`, by the access conditions. */
function end(session: AgentSession, now: number, denied?: Denial): Next {
  const { phase } = session;
  const [ending, detail] = denied ? (['denied', DENIALS[denied]] as const) : (['ended-by-device', ''] as const);
  if (phase.name === 'connected') {
    const ended = endHalf(session, ending, phase.since, detail);
    // the relay reports the end, but not its reason
    return denied ? andDecline(session, ended, now, denied) : ended;
  }
  // No half exists yet that could end in order, so the server receives a NO.
  if (phase.name === 'connecting') return andDecline(session, endHalf(session, ending, undefined, detail), now, denied);
  if (phase.name === 'approved') return andDecline(session, over(session, now, ending, detail), now, denied);
  return {};
}

/** Delivered for CONNECT_MS only: after that, the server has ended the session itself. */
function andDecline(
  { asked: { remoteSessionId } }: AgentSession,
  { phase, actions = [] }: Next,
  now: number,
  denied?: Denial,
): Next {
  return { phase, actions: [...actions, { do: 'take-back', remoteSessionId, until: now + LIMITS.CONNECT_MS, denied }] };
}

function connected({ phase }: AgentSession, now: number): Next {
  if (phase.name !== 'connecting') return {};
  return { phase: { name: 'connected', endsAt: phase.endsAt, since: now, draining: false } };
}

function closed(session: AgentSession, input: Extract<Input, { kind: 'closed' }>, now: number): Next {
  const { phase } = session;
  if (phase.name === 'ending') return overKeepingDelivery(session, now, phase.ending, phase.detail, phase.since);
  const since = phase.name === 'connected' ? phase.since : undefined;
  if (phase.name === 'connecting' || phase.name === 'connected')
    return overKeepingDelivery(session, now, input.ending, input.detail, since);
  return {};
}

function passTime(session: AgentSession, now: number): Next {
  const { phase } = session;
  const at = deadlineOf(session);
  if (at === undefined || now < at) return {};
  switch (phase.name) {
    case 'asking':
      return over(session, now, 'expired', 'no answer at the device in time');
    case 'approved':
      return over(session, now, 'failed', 'no connection information arrived after the approval');
    case 'declined':
      return forgetLater(session, now);
    case 'connecting':
      return endHalf(session, 'expired', undefined);
    case 'connected':
      return endHalf(session, 'expired', phase.since);
    case 'over':
      return { phase: 'forgotten' };
    case 'ending': // the cloud-hub agent has its own timeout
      return {};
  }
}

function deadlineOf({ asked, phase }: AgentSession): number | undefined {
  switch (phase.name) {
    case 'asking':
    case 'declined':
      return asked.answerBefore;
    case 'approved':
      return asked.answerBefore + APPROVED_MS;
    case 'connecting':
    case 'connected':
      // Normally the control plane ends an expired session in order before this deadline.
      return phase.endsAt + LIMITS.RELAY_EXPIRY_GRACE_MS;
    case 'over':
      return phase.forgetAt;
    case 'ending':
      return undefined;
  }
}

function endHalf({ asked }: AgentSession, ending: Ending, since: number | undefined, detail = ''): Next {
  return {
    phase: { name: 'ending', ending, since, detail },
    actions: [{ do: 'end-half', remoteSessionId: asked.remoteSessionId }],
  };
}

function over(session: AgentSession, now: number, ending: Ending, detail: string): Next {
  const { asked } = session;
  return { phase: overUntil(asked, now), actions: [stopDelivery(asked), record(session, ending, detail, null, now)] };
}

/** The delivery of a NO continues after the half has ended. */
function overKeepingDelivery(session: AgentSession, now: number, ending: Ending, detail: string, since?: number): Next {
  return { phase: overUntil(session.asked, now), actions: [record(session, ending, detail, since ?? null, now)] };
}

const forgetLater = ({ asked }: AgentSession, now: number): Next => ({
  phase: overUntil(asked, now),
  actions: [stopDelivery(asked)],
});

const overUntil = (asked: RequestedApproval, now: number): Phase => ({
  name: 'over',
  forgetAt: Math.max(now, asked.answerBefore) + REMEMBER_MS,
});

const stopDelivery = (asked: RequestedApproval): Action => ({
  do: 'stop-delivery',
  remoteSessionId: asked.remoteSessionId,
});

function record(
  { asked, grant }: AgentSession,
  ending: Ending,
  detail: string,
  since: number | null,
  now: number,
): Action {
  const connectedForMs = since === null ? null : now - since;
  return { do: 'record', outcome: { asked, grant, ending, detail, connectedForMs } };
}

function replace(sessions: AgentSessions, session: AgentSession, { phase, grant, conditionId }: Next): AgentSessions {
  if (phase === undefined) return sessions;
  const next = new Map(sessions);
  const { asked } = session;
  if (phase === 'forgotten') next.delete(asked.remoteSessionId);
  else
    next.set(asked.remoteSessionId, {
      asked,
      phase,
      grant: grant ?? session.grant,
      conditionId: conditionId ?? session.conditionId,
    });
  return next;
}

function forEach(sessions: AgentSessions, next: (session: AgentSession) => Next): Plan {
  let state = sessions;
  const actions: Action[] = [];
  for (const session of sessions.values()) {
    const one = next(session);
    state = replace(state, session, one);
    actions.push(...(one.actions ?? []));
  }
  return { sessions: state, actions, answer: OK };
}
