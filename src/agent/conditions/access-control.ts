import type { Journal } from '../../journal/journal';
import type { AccessCondition, Denial, NewAccessCondition, PermittedAccess } from '../../protocol/access-conditions';
import type { AnsweredBy } from '../../protocol/approval-record';
import type { Asker } from '../../protocol/asker';
import { toInstant } from '../../protocol/names';
import { ProblemError } from '../../protocol/problems';
import type { Grant } from '../../protocol/remote-session';
import type { Application } from '../configuration/application';
import type { Device } from '../configuration/configuration';
import type { ApprovalRequest, Decision, RequestedApproval } from '../sessions/agent-session';
import { reasonToEnd } from './access-decision';
import type { ConditionStore } from './condition-store';
import type { DenialLog } from './denial-log';

/** Askers that the pages and the display offer in a new condition. */
const ASKERS_KEPT = 50;

/** Applies the access conditions of this agent's devices to sessions, and remembers who asked. */
export class AccessControl {
  /** Latest first; of this run. */
  #askers: readonly { deviceId: string; asker: Asker }[] = [];

  constructor(
    private readonly devices: readonly Device[],
    readonly store: ConditionStore,
    readonly denials: DenialLog,
    private readonly journal: Journal,
  ) {}

  /**
   * @param id of the condition; setting it again has no effect
   * @throws ProblemError unknown-device, invalid-request, conflict; the error of the file system
   */
  async set(deviceId: string, condition: NewAccessCondition, by: AnsweredBy, id?: string): Promise<AccessCondition> {
    const device = this.devices.find(({ id }) => id === deviceId);
    if (!device) throw new ProblemError('unknown-device', 'this agent does not have the device');
    refuseImpossible(device, condition);
    const set = await this.store.set(deviceId, condition, placeOf(by), id);
    this.journal.info('access condition set', { deviceId, conditionId: set.id, setBy: set.setBy, asker: set.who });
    return set;
  }

  /** Ends at once what runs on it. @throws ProblemError not-found; the error of the file system */
  async revoke(conditionId: string): Promise<void> {
    await this.store.revoke(conditionId);
    this.journal.info('access condition revoked', { conditionId });
  }

  /**
   * YES for some time: the condition that approves further requests of the same asker for the same application. It has
   * the ID of the session, so that a YES that arrives again sets no second one.
   */
  async alsoFor(minutes: number, asked: RequestedApproval, grant: Grant, by: AnsweredBy): Promise<void> {
    const { remoteSessionId, deviceId, applicationId, asker } = asked;
    const until = toInstant(this.store.now().at + minutes * 60_000);
    const access: PermittedAccess = { kind: 'session', applications: [applicationId], grant };
    const condition = { who: asker, access, from: null, until, hours: [], times: null, bytes: null };
    await this.set(deviceId, condition, by, remoteSessionId);
  }

  /**
   * The answer to a request for a session, counted as a use. undefined: the person at the device answers.
   * A document box is never the subject of a YES: each request to it is compared with the conditions.
   */
  async answer(request: ApprovalRequest, application: Application): Promise<Decision | undefined> {
    const { deviceId, asker, remoteSessionId } = request;
    this.#remember(deviceId, asker);
    if (application.protocol === 'box') return this.#answerBox(request);
    const access = { kind: 'session', applicationId: application.id } as const;
    const offered = this.store.decide(deviceId, { asker, access });
    if (!offered.permitted || !enforceable(offered.condition, application)) return undefined;
    try {
      const decision = await this.store.admit(deviceId, { asker, access });
      if (!decision.permitted || !enforceable(decision.condition, application)) return undefined;
      return approvedBy(decision.condition);
    } catch (error) {
      // The person at the device can still decide.
      const detail = (error as Error).message;
      this.journal.error('the use of an access condition could not be stored', { deviceId, remoteSessionId, detail });
      return undefined;
    }
  }

  #answerBox({ deviceId, asker, remoteSessionId, applicationId }: ApprovalRequest): Decision {
    const access = { kind: 'box', box: null, operation: null, bytes: null } as const;
    const decision = this.store.decide(deviceId, { asker, access });
    if (decision.permitted) return approvedBy(decision.condition);
    const { reason } = decision;
    this.deny({ deviceId, remoteSessionId, asker, what: `session ${applicationId}`, reason });
    return { decision: 'declined', answeredBy: { where: 'condition', conditionId: null }, denied: reason };
  }

  /** Why a session that a condition has approved must end now; undefined: it continues. */
  endOf({ deviceId, asker, applicationId }: ApprovalRequestKey, conditionId: string): Denial | undefined {
    const application = this.devices
      .find(({ id }) => id === deviceId)
      ?.applications.find(({ id }) => id === applicationId);
    if (application?.protocol !== 'box') return this.endOfCondition(conditionId);
    // Any condition for a box of this asker supports the session; what was counted only matters to each request.
    const mine = this.store
      .of(deviceId)
      .filter(({ who, access }) => access.kind === 'box' && who.kind === asker.kind && who.id === asker.id);
    const ends = mine.map(({ id }) => this.endOfCondition(id));
    return ends.includes(undefined) ? undefined : (this.endOfCondition(conditionId) ?? 'revoked');
  }

  /** Why what runs on a condition must end now. */
  endOfCondition(conditionId: string): Denial | undefined {
    const condition = this.store.find(conditionId);
    return condition ? reasonToEnd(condition, this.store.now()) : 'revoked';
  }

  /** Milliseconds until a condition may end something: hours end with a minute of the wall clock, `until` at any time. */
  nextCheckMs(): number {
    const { at } = this.store.now();
    const ends = this.store.all.flatMap(({ until }) => (until === null ? [] : [Date.parse(until)]));
    return Math.min(60_000 - (at % 60_000), ...ends.filter((each) => each > at).map((each) => each - at));
  }

  deny(denied: Parameters<DenialLog['add']>[0]): void {
    const { what: access, ...about } = denied;
    this.journal.warn('access denied', { ...about, access });
    this.denials.add(denied, this.store.now().at);
  }

  /** Everybody who has asked for a device lately, or is named by a condition of it; latest first. */
  askersOf(deviceId: string): Asker[] {
    const denied = this.denials.latest(Infinity);
    const seen = [...this.#askers, ...denied].filter((each) => each.deviceId === deviceId).map(({ asker }) => asker);
    return distinct([...seen, ...this.store.of(deviceId).map(({ who }) => who)]).slice(0, ASKERS_KEPT);
  }

  #remember(deviceId: string, asker: Asker): void {
    const others = this.#askers.filter((each) => each.deviceId !== deviceId || keyOf(each.asker) !== keyOf(asker));
    this.#askers = [{ deviceId, asker }, ...others].slice(0, ASKERS_KEPT);
  }
}

type ApprovalRequestKey = Pick<ApprovalRequest, 'deviceId' | 'applicationId' | 'asker'>;

const approvedBy = ({ id, access }: AccessCondition): Decision => ({
  decision: 'approved',
  grant: access.kind === 'session' ? access.grant : 'operate',
  answeredBy: { where: 'condition', conditionId: id },
});

/** The configuration may have changed since the condition was set. */
const enforceable = ({ access }: AccessCondition, { viewable }: Application): boolean =>
  access.kind === 'session' && (access.grant === 'operate' || viewable);

function refuseImpossible({ applications }: Device, { access }: NewAccessCondition): void {
  if (access.kind === 'box') {
    if (applications.some(({ protocol }) => protocol === 'box')) return;
    throw new ProblemError('invalid-request', 'the device has no document box');
  }
  for (const id of access.applications) {
    const application = applications.find((each) => each.id === id);
    if (!application) throw new ProblemError('invalid-request', `the device has no application ${id}`);
    if (application.protocol === 'box')
      throw new ProblemError('invalid-request', 'a document box is permitted by box and operation');
    if (access.grant === 'view' && !application.viewable)
      throw new ProblemError('invalid-request', `the application ${id} has no view-only access`);
  }
}

/** Who has set a condition or permitted an origin, and where. */
export function placeOf(by: AnsweredBy): string {
  if (by.where === 'approver') return by.name;
  return by.where === 'local-page' ? 'local page' : by.where;
}

const keyOf = ({ kind, id }: Asker): string => `${kind} ${id}`;
const distinct = (askers: readonly Asker[]): Asker[] =>
  askers.filter((each, index) => askers.findIndex((other) => keyOf(other) === keyOf(each)) === index);
