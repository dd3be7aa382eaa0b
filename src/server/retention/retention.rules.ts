import type { EntityTarget, ObjectLiteral } from 'typeorm';
import { OPEN_CAMPAIGN_STATES } from '../../protocol/campaign';
import type { LIMITS } from '../../protocol/limits';
import { OPEN_JOB_STATES } from '../../protocol/maintenance';
import type { HistoryKind } from '../../protocol/retention';
import { AlertEntity } from '../alerts/alert.entity';
import { DeliveryEntity } from '../alerts/delivery/delivery.entity';
import { CampaignDeviceEntity } from '../campaigns/campaign-device.entity';
import { CampaignEntity } from '../campaigns/campaign.entity';
import { DeploymentEntity } from '../deployment/deployment.entity';
import { DeploymentSessionEntity } from '../deployment/halt/deployment-session.entity';
import { DenialEntity } from '../devices/conditions/denial.entity';
import { JobEntity } from '../maintenance/job.entity';
import { NoticeEntity } from '../notices/notice.entity';
import { HalfLogEntity } from '../sessions/half-log.entity';
import { SessionStepEntity } from '../sessions/session-step.entity';
import { SessionEntity } from '../sessions/session.entity';

/** Readings are thinned before they are deleted, by `src/server/readings`; the audit trail is a chain (`AuditService`). */
export type RuledKind = Exclude<HistoryKind, 'readings' | 'audit'>;

interface RuleOf<Row extends ObjectLiteral> {
  readonly kind: RuledKind;
  readonly entity: EntityTarget<Row>;
  /** When the row was stored; has an index. */
  readonly stored: string & keyof Row;
  /** When it was over, from which its age counts; not before `stored`. */
  readonly over: string & keyof Row;
  /** The limit of rows beyond which the oldest are deleted whatever their age. */
  readonly most?: keyof typeof LIMITS;
  /** What is true, and stays true, of the rows `x` that may be deleted; `:now` in milliseconds. */
  readonly deletable: readonly string[];
  /** Rows of other tables that are deleted with a row `x`, by the column that has its ID. */
  readonly parts?: readonly (readonly [entity: EntityTarget<ObjectLiteral>, column: string])[];
}
export type RetentionRule = RuleOf<ObjectLiteral>;

const rule = <Row extends ObjectLiteral>(of: RuleOf<Row>): RetentionRule => of;

/** The user of a session that a deployment has halted is still to be notified (S315), which needs both. */
const hasNoNoticeDue = (column: string): string =>
  `NOT EXISTS (SELECT 1 FROM deployment_sessions halted WHERE halted."${column}" = x."id"
     AND halted."toldAt" IS NULL AND halted.outcome IN ('asked', 'ended', 'forced'))`;

/**
 * What is deleted of the past, and what never is; docs/LIMITS.md lists it. Tables that have no rule are bounded otherwise:
 * by what exists (users, agents, devices), or because they delete what has expired whenever something is added.
 */
export const RETENTION_RULES: readonly RetentionRule[] = [
  rule<SessionEntity>({
    kind: 'sessions',
    entity: SessionEntity,
    stored: 'requestedAt',
    over: 'endedAt',
    most: 'SESSIONS_KEPT',
    deletable: [
      `x."openPair" IS NULL AND x."state" = 'ended'`,
      // a half that has connected has an end log, too
      `x."deviceHalf" <> 'connected' AND x."terminalHalf" <> 'connected'`,
      // its relay may still carry it, if its end was presumed
      '(x."validUntil" IS NULL OR x."validUntil" < :now)',
      hasNoNoticeDue('remoteSessionId'),
    ],
    parts: [
      [SessionStepEntity, 'sessionId'],
      [HalfLogEntity, 'sessionId'],
    ],
  }),
  rule<JobEntity>({
    kind: 'jobs',
    entity: JobEntity,
    stored: 'requestedAt',
    over: 'endedAt',
    most: 'JOBS_KEPT',
    deletable: [
      `x."state" NOT IN (${OPEN_JOB_STATES.map((state) => `'${state}'`).join(', ')})`,
      // an agent that has it and does not know that it is over must not start it
      'x."expiresAt" < :now',
    ],
  }),
  rule<CampaignEntity>({
    kind: 'campaigns',
    entity: CampaignEntity,
    stored: 'createdAt',
    over: 'endedAt',
    most: 'CAMPAIGNS_KEPT',
    deletable: [`x."state" NOT IN (${OPEN_CAMPAIGN_STATES.map((state) => `'${state}'`).join(', ')})`],
    parts: [[CampaignDeviceEntity, 'campaignId']],
  }),
  rule<DeploymentEntity>({
    kind: 'deployments',
    entity: DeploymentEntity,
    stored: 'instructedAt',
    over: 'finishedAt',
    most: 'DEPLOYMENTS_KEPT',
    deletable: [
      'x."openRelay" IS NULL',
      hasNoNoticeDue('deploymentId'),
      // the last one of a relay says which release is in service, and can be rolled back
      `(x."state" <> 'deployed' OR EXISTS (SELECT 1 FROM deployments later WHERE later."relayId" = x."relayId"
         AND later."state" = 'deployed' AND later."instructedAt" > x."instructedAt"))`,
    ],
    parts: [[DeploymentSessionEntity, 'deploymentId']],
  }),
  rule<NoticeEntity>({
    kind: 'notices',
    entity: NoticeEntity,
    stored: 'at',
    over: 'at',
    most: 'NOTICES_KEPT',
    deletable: [`x."mail" <> 'pending'`],
  }),
  rule<AlertEntity>({
    kind: 'alerts',
    entity: AlertEntity,
    stored: 'since',
    over: 'resolvedAt',
    most: 'ALERTS_KEPT',
    deletable: [
      `x."state" = 'resolved'`,
      `NOT EXISTS (SELECT 1 FROM alert_deliveries y WHERE y."alertId" = x."id" AND y."state" = 'pending')`,
    ],
    parts: [[DeliveryEntity, 'alertId']],
  }),
  rule<DenialEntity>({
    kind: 'denials',
    entity: DenialEntity,
    stored: 'reportedAt',
    over: 'reportedAt',
    most: 'DENIALS_KEPT',
    deletable: [],
  }),
];
