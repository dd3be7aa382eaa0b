import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { AlertResolution, AlertRule } from '../../../protocol/alert';
import { sha256 } from '../../../tunnel/sha256';
import type { AlertEntity, AlertState } from '../alert.entity';
import type { Condition } from './conditions';

/** What alerts are about, and where it is. */
export type Target = Pick<AlertEntity, 'customerId' | 'siteId' | 'agentId' | 'deviceId' | 'deviceName'>;

/** One change of the table of alerts; `event`: what is reported about it. */
export type AlertChange =
  | { readonly do: 'insert'; readonly alert: AlertEntity; readonly event?: 'raised' }
  | {
      readonly do: 'update';
      readonly from: AlertState;
      /** As it is after the change. */
      readonly alert: AlertEntity;
      readonly values: Partial<AlertEntity>;
      readonly event?: 'raised' | 'resolved';
    }
  | { readonly do: 'delete'; readonly id: string };

const PLACE = ['customerId', 'siteId', 'agentId', 'deviceName'] as const;

export const openKeyOf = (rule: AlertRule, { agentId, deviceId }: Target, subject: string): string => {
  const target = deviceId !== null ? { deviceId } : { agentId };
  return sha256(JSON.stringify([rule, target, subject])).toString('base64url');
};

/**
 * What changes if these are the conditions of a target now. Pure.
 * @param standing the alerts of the target that are waiting or open
 * @param covers whether the conditions say all about a rule; alerts of other rules stay as they are
 */
export function reconcile(
  standing: readonly AlertEntity[],
  conditions: readonly Condition[],
  target: Target,
  now: Date,
  covers: (rule: AlertRule) => boolean = () => true,
  resolutionOf: (rule: AlertRule) => AlertResolution = () => 'cleared',
): AlertChange[] {
  const found = new Map(conditions.map((each) => [openKeyOf(each.rule, target, each.subject), each]));
  const known = new Map(standing.map((alert) => [alert.openKey, alert]));
  const over = standing.filter(({ openKey, rule }) => !found.has(openKey!) && covers(rule));
  return [
    ...[...found].flatMap(([key, condition]) => {
      const alert = known.get(key);
      return alert ? continued(alert, condition, target, now) : begun(key, condition, target, now);
    }),
    ...over.map((alert) => ended(alert, now, resolutionOf(alert.rule))),
  ];
}

function begun(openKey: string, condition: Condition, target: Target, now: Date): AlertChange[] {
  const { rule, severity, facts, raises, holdMs, since = now } = condition;
  if (!raises) return [];
  const { customerId, siteId, agentId, deviceId, deviceName } = target;
  const dueAt = new Date(since.getTime() + holdMs);
  const isRaised = dueAt <= now;
  const alert: AlertEntity = {
    ...{ id: randomUUID(), rule, openKey, severity, facts, since },
    ...{ customerId, siteId, agentId, deviceId, deviceName },
    state: isRaised ? 'open' : 'waiting',
    dueAt: isRaised ? null : dueAt,
    raisedAt: isRaised ? now : null,
    ...{ acknowledgedAt: null, acknowledgedBy: null, resolvedAt: null, resolution: null },
  };
  return [{ do: 'insert', alert, ...(isRaised && { event: 'raised' }) }];
}

function continued(alert: AlertEntity, condition: Condition, target: Target, now: Date): AlertChange[] {
  const { severity, facts, raises, holdMs } = condition;
  const isWaiting = alert.state === 'waiting';
  if (isWaiting && !raises) return [{ do: 'delete', id: alert.id }];
  const values: Partial<AlertEntity> = {};
  if (alert.severity !== severity) values.severity = severity;
  if (!isDeepStrictEqual(alert.facts, facts)) values.facts = facts;
  for (const each of PLACE) if (alert[each] !== target[each]) Object.assign(values, { [each]: target[each] });
  const dueAt = new Date(alert.since.getTime() + holdMs);
  if (isWaiting && dueAt <= now)
    return [changed(alert, { ...values, state: 'open', dueAt: null, raisedAt: now }, 'raised')];
  if (isWaiting && alert.dueAt?.getTime() !== dueAt.getTime()) values.dueAt = dueAt;
  return Object.keys(values).length > 0 ? [changed(alert, values)] : [];
}

/** The condition of an alert is over, or its rule or target is. */
export function ended(alert: AlertEntity, now: Date, resolution: AlertResolution): AlertChange {
  if (alert.state === 'waiting') return { do: 'delete', id: alert.id };
  return changed(alert, { state: 'resolved', openKey: null, resolvedAt: now, resolution }, 'resolved');
}

/** Without current information, what is waiting is not raised; it is due again when there is some. */
export const suspended = (standing: readonly AlertEntity[]): AlertChange[] =>
  standing.filter(({ dueAt }) => dueAt !== null).map((alert) => changed(alert, { dueAt: null }));

const changed = (alert: AlertEntity, values: Partial<AlertEntity>, event?: 'raised' | 'resolved'): AlertChange => ({
  ...{ do: 'update', from: alert.state, alert: { ...alert, ...values }, values },
  ...(event && { event }),
});
