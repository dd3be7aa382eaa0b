import { DENIALS, type AccessCondition, type BoxOperation, type Denial } from '../../protocol/access-conditions';
import type { Asker } from '../../protocol/asker';
import { withinHours, type Moment } from '../../protocol/weekly-hours';

/** What is asked for. null in access to a box: anything, as in a session with the box or the list of all boxes. */
export type RequestedAccess =
  | {
      readonly kind: 'box';
      readonly box: string | null;
      readonly operation: BoxOperation | null;
      /** Length of the document that is to be transferred; null: unknown. */
      readonly bytes: number | null;
    }
  | { readonly kind: 'session'; readonly applicationId: string };

export interface AccessRequest {
  readonly asker: Asker;
  readonly access: RequestedAccess;
}

export type AccessDecision =
  | { readonly permitted: true; readonly condition: AccessCondition }
  | { readonly permitted: false; readonly reason: Denial };

/** The reasons from the most distant to the closest. A condition is checked in this order up to the first that applies. */
const REASONS = Object.keys(DENIALS) as Denial[];

/**
 * Whether the access conditions of a device permit a request. Without a condition nothing is permitted. The reason of a
 * denial is that of the closest condition: the one that passes most checks in the order of `DENIALS`. Of several that
 * permit it, one that does not count is used before one that does, otherwise the one that was set first.
 */
export function decideAccess(
  conditions: readonly AccessCondition[],
  request: AccessRequest,
  now: Moment,
): AccessDecision {
  const checked = conditions.map((condition) => ({ condition, reason: reasonAgainst(condition, request, now) }));
  const permitting = checked.filter(({ reason }) => reason === undefined).map(({ condition }) => condition);
  const [condition] = [...permitting.filter((each) => !isCounted(each)), ...permitting];
  if (condition) return { permitted: true, condition };
  const closest = Math.max(0, ...checked.map(({ reason }) => REASONS.indexOf(reason as Denial)));
  return { permitted: false, reason: REASONS[closest]! };
}

/** Why a condition that has permitted something no longer does so for what runs on it; what it counted does not matter. */
export const reasonToEnd = (condition: AccessCondition, now: Moment): Denial | undefined => timeAgainst(condition, now);

const isCounted = ({ times, bytes }: AccessCondition): boolean => times !== null || bytes !== null;

function reasonAgainst(condition: AccessCondition, request: AccessRequest, now: Moment): Denial | undefined {
  const { who } = condition;
  if (who.kind !== request.asker.kind || who.id !== request.asker.id) return 'no-condition';
  return (
    accessAgainst(condition, request.access) ?? timeAgainst(condition, now) ?? countAgainst(condition, request.access)
  );
}

function accessAgainst({ access }: AccessCondition, asked: RequestedAccess): Denial | undefined {
  if (access.kind === 'session')
    if (asked.kind !== 'session') return 'no-condition';
    else return access.applications.includes(asked.applicationId) ? undefined : 'operation';
  if (asked.kind !== 'box') return 'no-condition';
  if (access.box !== null && asked.box !== null && access.box !== asked.box) return 'box';
  return asked.operation === null || access.operations.includes(asked.operation) ? undefined : 'operation';
}

function timeAgainst({ from, until, hours }: AccessCondition, now: Moment): Denial | undefined {
  if (from !== null && now.at < Date.parse(from)) return 'not-yet';
  if (until !== null && now.at >= Date.parse(until)) return 'expired';
  return hours.length === 0 || hours.some((each) => withinHours(each, now)) ? undefined : 'hours';
}

function countAgainst({ times, bytes, used }: AccessCondition, asked: RequestedAccess): Denial | undefined {
  if (times !== null && used.times >= times) return 'times';
  if (bytes === null || asked.kind !== 'box' || !isTransfer(asked.operation)) return undefined;
  // A transfer of unknown length may begin if anything is left, and is cut at the limit.
  return used.bytes + (asked.bytes ?? 1) > bytes ? 'bytes' : undefined;
}

const isTransfer = (operation: BoxOperation | null): boolean => operation === 'get' || operation === 'put';
