import type { Journal } from '../../journal/journal';
import {
  approval,
  connectionInfoToDevice,
  requestApproval,
  terminate,
  withdrawApproval,
  type SentConnectionInfo,
} from '../../protocol/control-channel';
import { toInstant } from '../../protocol/names';
import { ProblemError } from '../../protocol/problems';
import type { Grant } from '../../protocol/remote-session';
import { timerMs } from '../../protocol/waits';
import type {
  Action,
  AgentSessions,
  Answer,
  ApprovalRequest,
  RequestedApproval,
  EndedSession,
  Input,
  Outcome,
  Phase,
  Decision,
} from './agent-session';
import type { Denial } from '../../protocol/access-conditions';
import type { Answers, GivenAnswer } from '../approval/answers';
import { ApprovalDelivery } from './approval-delivery';
import { BoxGateway } from '../cloud-hub/box-gateway';
import { CloudHubAgent } from '../cloud-hub/cloud-hub-agent';
import type { AccessControl } from '../conditions/access-control';
import type { Application } from '../configuration/application';
import type { Device } from '../configuration/configuration';
import type { ControlChannel } from '../channel/control-channel';
import type { OutboundProxy } from '../../tunnel/outbound-proxy';
import type { PermittedOrigins } from '../origins/permitted-origins';
import { nextDeadline, plan } from './planner';

export interface RemoteSessionsOptions {
  readonly devices: readonly Device[];
  readonly channel: Pick<ControlChannel, 'handle' | 'reaches' | 'request'>;
  readonly access: AccessControl;
  readonly answers: Pick<Answers, 'give' | 'of'>;
  readonly origins: Pick<PermittedOrigins, 'originsOf' | 'open' | 'propose'>;
  readonly outbound: OutboundProxy;
  /** In words, that another device answers at the address of the device; undefined: as far as is known, it is the right one. */
  readonly otherDeviceAt: (deviceId: string) => string | undefined;
  readonly journal: Journal;
  readonly onEnded: (ended: EndedSession) => void;
  /** Time of day in epoch milliseconds; used for the history only. */
  readonly timeOfDay?: () => number;
}

const ENDED: readonly Phase['name'][] = ['declined', 'ending', 'over'];

/** The remote sessions of this agent: passes each event to the planner and performs the actions that it returns. */
export class RemoteSessions {
  #sessions: AgentSessions = new Map();
  readonly #hubs = new Map<string, CloudHubAgent>();
  readonly #boxes = new Map<string, BoxGateway>();
  readonly #delivery: ApprovalDelivery;
  /** Requests whose answer by an access condition is being stored. */
  readonly #answering = new Map<string, { withdrawn: boolean }>();
  readonly #listeners = new Set<() => void>();
  #timer: NodeJS.Timeout | undefined;
  #permissionTimer: NodeJS.Timeout | undefined;

  constructor(private readonly options: RemoteSessionsOptions) {
    const { access, channel, journal } = options;
    this.#delivery = new ApprovalDelivery(
      channel,
      journal,
      (remoteSessionId, detail) => this.#dispatch({ kind: 'answer-refused', remoteSessionId, detail }),
      () => this.#notify(),
    );
    channel.handle(requestApproval, (request) => this.#requestApproval(request));
    channel.handle(withdrawApproval, (body) => {
      this.#withdrawAnswering(body.remoteSessionId);
      return answered(this.#dispatch({ kind: 'withdraw', ...body }));
    });
    channel.handle(connectionInfoToDevice, ({ deviceId, ...info }) => {
      this.#refuseOtherDevice(deviceId);
      this.#endUnpermitted();
      return answered(this.#dispatch({ kind: 'connection-info', info, deviceId }));
    });
    channel.handle(terminate, (body) => {
      this.#withdrawAnswering(body.remoteSessionId);
      return connectedOf(this.#dispatch({ kind: 'terminate', ...body }));
    });
    access.store.onChange(() => this.#endUnpermitted());
  }

  get sessions(): AgentSessions {
    return this.#sessions;
  }

  /** Whether any session is requested or open. */
  get busy(): boolean {
    return [...this.#sessions.values()].some(({ phase }) => phase.name !== 'over');
  }

  /** Sessions of the device that are open or wait for approval. */
  openAt(deviceId: string): number {
    const closed = ['declined', 'over'];
    return [...this.#sessions.values()].filter(
      ({ asked, phase }) => asked.deviceId === deviceId && !closed.includes(phase.name),
    ).length;
  }

  /** Called after every change. */
  onChange(listener: () => void): void {
    this.#listeners.add(listener);
  }

  /** YES or NO at the device; NO after YES ends the session. @throws ProblemError unknown-session, wrong-state */
  decide(remoteSessionId: string, answer: Decision): void {
    const asked = this.#sessions.get(remoteSessionId)?.asked;
    const viewOnly = answer.decision === 'approved' && answer.grant === 'view';
    if (viewOnly && asked && !this.#application(asked)?.viewable)
      throw new ProblemError('wrong-state', 'this application has no view-only access');
    answered(this.#dispatch({ kind: 'decide', remoteSessionId, answer }));
  }

  /** "End now" at the panel. @throws ProblemError unknown-session */
  end(remoteSessionId: string): void {
    answered(this.#dispatch({ kind: 'end', remoteSessionId }));
  }

  /** Ends the sessions at a device: it is no longer at the address to which they lead. */
  endAt(deviceId: string): void {
    for (const { asked } of this.#sessions.values())
      if (asked.deviceId === deviceId) this.#dispatch({ kind: 'end', remoteSessionId: asked.remoteSessionId });
  }

  /** Ends every session: this agent was removed from the server. */
  revoke(): void {
    for (const remoteSessionId of this.#sessions.keys())
      this.#dispatch({ kind: 'terminate', remoteSessionId, ending: 'revoked' });
  }

  /** Ends every session in order; resolves when all have ended and all answers are delivered, or after `timeoutMs`. */
  async close(timeoutMs: number): Promise<void> {
    this.#dispatch({ kind: 'shutdown' });
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, timeoutMs);
      const check = () => {
        const delivering = this.#delivery.pending > 0 && this.options.channel.reaches(approval);
        if (this.#hubs.size > 0 || delivering) return;
        clearTimeout(timer);
        resolve();
      };
      this.onChange(check);
      check();
    });
    this.#delivery.stopAll();
    clearTimeout(this.#timer);
    clearTimeout(this.#permissionTimer);
  }

  async #requestApproval(request: ApprovalRequest): Promise<Record<string, never>> {
    const device = this.options.devices.find(({ id }) => id === request.deviceId);
    if (!device) throw new ProblemError('unknown-device', 'this agent does not have the device');
    const application = device.applications.find(({ id }) => id === request.applicationId);
    if (!application) throw new ProblemError('unknown-application', 'the device has no such application');
    this.#refuseOtherDevice(request.deviceId);
    const { remoteSessionId } = request;
    // The server repeats requests that may not have arrived.
    if (this.#sessions.has(remoteSessionId) || this.#answering.has(remoteSessionId)) return {};
    const given = this.options.answers.of(remoteSessionId);
    if (given) return this.#repeated(request, given);
    const answering = { withdrawn: false };
    this.#answering.set(remoteSessionId, answering);
    try {
      const decision = await this.options.access.answer(request, application);
      return answering.withdrawn ? {} : answered(this.#dispatch({ kind: 'request-approval', request, decision }));
    } finally {
      this.#answering.delete(remoteSessionId);
    }
  }

  /** A technician must not be led to another device than the one that was asked for. */
  #refuseOtherDevice(deviceId: string): void {
    const difference = this.options.otherDeviceAt(deviceId);
    if (difference !== undefined) throw new ProblemError('other-device', difference);
  }

  #withdrawAnswering(remoteSessionId: string): void {
    const answering = this.#answering.get(remoteSessionId);
    if (answering) answering.withdrawn = true;
  }

  /** Ends what runs on an access condition that was revoked or no longer applies. */
  #endUnpermitted(): void {
    for (const { asked, conditionId, phase } of this.#sessions.values()) {
      if (conditionId === null || ENDED.includes(phase.name)) continue;
      const { remoteSessionId } = asked;
      const denied = this.options.access.endOf(asked, conditionId);
      if (denied) this.#dispatch({ kind: 'permission-ended', remoteSessionId, denied });
      else this.#boxes.get(remoteSessionId)?.check();
    }
  }

  #setPermissionTimer(): void {
    clearTimeout(this.#permissionTimer);
    const running = [...this.#sessions.values()].some(
      ({ conditionId, phase }) => conditionId !== null && !ENDED.includes(phase.name),
    );
    if (!running) return;
    this.#permissionTimer = setTimeout(() => {
      this.#endUnpermitted();
      this.#setPermissionTimer();
    }, timerMs(this.options.access.nextCheckMs()));
  }

  #dispatch(input: Input): Answer {
    const { sessions, actions, answer } = plan(this.#sessions, input, performance.now());
    this.#sessions = sessions;
    for (const action of actions) this.#perform(action);
    if (!answer.ok)
      this.options.journal.warn('refused', { input: input.kind, problem: answer.code, detail: answer.detail });
    this.#setTimer();
    this.#setPermissionTimer();
    this.#notify();
    return answer;
  }

  #notify(): void {
    for (const listener of this.#listeners) listener();
  }

  #perform(action: Action): void {
    const { journal } = this.options;
    switch (action.do) {
      case 'show':
        return journal.step('S143', action.asked.remoteSessionId, { deviceId: action.asked.deviceId });
      case 'deliver':
        return this.#deliver(action.asked, action.answer, action.until);
      case 'take-back':
        return this.#takeBack(action.remoteSessionId, action.until, action.denied);
      case 'stop-delivery':
        return this.#delivery.stop(action.remoteSessionId);
      case 'connect':
        return this.#connect(action.asked, action.grant, action.info);
      case 'end-half':
        return this.#hubs.get(action.remoteSessionId)?.end();
      case 'record': {
        const { asked, ending, detail } = action.outcome;
        const { remoteSessionId, deviceId } = asked;
        journal.info('remote session ended', { remoteSessionId, deviceId, ending, detail });
        return this.options.onEnded(endedSession(action.outcome, this.options.timeOfDay?.() ?? Date.now()));
      }
    }
  }

  #deliver(asked: RequestedApproval, decision: Decision, until: number): void {
    const { remoteSessionId, deviceId } = asked;
    const { answeredBy } = decision;
    const about = { remoteSessionId, deviceId, decision: decision.decision, answeredBy };
    this.options.journal.info('approval request answered', about);
    this.#delivery.start(remoteSessionId, this.options.answers.give(asked, decision), until);
  }

  /** The record stays that of the YES: an answer is signed once. */
  #takeBack(remoteSessionId: string, until: number, denied?: Denial): void {
    const given = this.options.answers.of(remoteSessionId);
    const answer = { decision: 'declined', record: given?.answer.record, denied } as const;
    const stored = Promise.resolve(given?.stored).catch(() => undefined); // a NO that is not stored does no harm
    this.#delivery.start(remoteSessionId, { answer, stored }, until);
  }

  /** A request that was answered before this agent was restarted, or long ago. A NO is repeated; a YES counts once. */
  #repeated({ remoteSessionId, answerWithinSeconds }: ApprovalRequest, given: GivenAnswer): Record<string, never> {
    if (given.answer.decision === 'approved')
      throw new ProblemError('wrong-state', 'this request was answered before the agent was restarted');
    this.#delivery.start(remoteSessionId, given, performance.now() + answerWithinSeconds * 1000);
    return {};
  }

  #applications({ deviceId }: RequestedApproval): readonly Application[] {
    return this.options.devices.find(({ id }) => id === deviceId)?.applications ?? [];
  }

  #application(asked: RequestedApproval): Application | undefined {
    return this.#applications(asked).find(({ id }) => id === asked.applicationId);
  }

  #connect(asked: RequestedApproval, grant: Grant, info: SentConnectionInfo): void {
    const { remoteSessionId, deviceId, asker } = asked;
    const { access, journal, origins, outbound } = this.options;
    // Defined: #requestApproval accepts only applications of the device.
    const approved = this.#application(asked) as Application;
    const box =
      approved.protocol === 'box'
        ? new BoxGateway({ remoteSessionId, deviceId, asker, target: approved.target, access, journal })
        : undefined;
    if (box) this.#boxes.set(remoteSessionId, box);
    const hub = new CloudHubAgent({
      info,
      approved,
      grant,
      box,
      applications: this.#applications(asked),
      permitted: {
        origins: () => origins.originsOf(deviceId, approved),
        open: (origin, clientTls) => origins.open(deviceId, approved, origin, clientTls),
        propose: (origin) => origins.propose({ deviceId, application: approved, userName: asker.name, origin }),
      },
      outbound,
      journal,
      onConnected: () => this.#dispatch({ kind: 'connected', remoteSessionId }),
      onDraining: (draining) => this.#dispatch({ kind: 'draining', remoteSessionId, draining }),
      onClosed: (ending, detail) => {
        this.#hubs.delete(remoteSessionId);
        this.#boxes.delete(remoteSessionId);
        this.#dispatch({ kind: 'closed', remoteSessionId, ending, detail });
      },
    });
    this.#hubs.set(remoteSessionId, hub);
    hub.start();
  }

  #setTimer(): void {
    clearTimeout(this.#timer);
    const deadline = nextDeadline(this.#sessions);
    if (deadline === undefined) return;
    this.#timer = setTimeout(() => this.#dispatch({ kind: 'clock' }), timerMs(deadline - performance.now()));
  }
}

function endedSession({ asked, grant, ending, detail, connectedForMs }: Outcome, now: number): EndedSession {
  const { remoteSessionId, deviceId, applicationId, asker, reason } = asked;
  const connectedAt = connectedForMs === null ? null : toInstant(now - connectedForMs);
  const endedAt = toInstant(now);
  return {
    remoteSessionId,
    deviceId,
    applicationId,
    userName: asker.name,
    reason,
    grant,
    ending,
    detail,
    connectedAt,
    endedAt,
  };
}

function answered(answer: Answer): Record<string, never> {
  if (!answer.ok) throw new ProblemError(answer.code, answer.detail);
  return {};
}

const connectedOf = (answer: Answer): { connected: boolean } => ({ connected: answer.ok && answer.connected });
