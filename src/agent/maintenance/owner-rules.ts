import { z } from 'zod';
import { weeklyHours } from '../../protocol/access-conditions';
import { LIMITS } from '../../protocol/limits';
import { operation, type HoldReason, type JobFailure, type Operation } from '../../protocol/maintenance';
import { withinHours, type Moment } from '../../protocol/weekly-hours';

/** Whether a job may start. `detail` is the device's own text. A refused operation would not become possible by waiting. */
export type Determination =
  | { readonly do: 'execute' }
  | { readonly do: 'hold'; readonly hold: HoldReason; readonly detail: string }
  | { readonly do: 'refuse'; readonly failure: JobFailure; readonly detail: string };

/** What the owner of a device decides about one operation, in the configuration of the agent. */
export interface OwnerRule {
  /** `ask`: each job needs a YES at the device. */
  readonly do: 'allow' | 'ask' | 'deny';
  /** Empty: at any time. In the agent's local time. */
  readonly hours: readonly z.output<typeof weeklyHours>[];
  /** Starts within an hour. */
  readonly perHour: number;
  /** Of `firmware-install`: whether a version may be installed that is not newer than the one of the device. */
  readonly downgrade?: boolean;
}
export type OwnerRules = Readonly<Record<Operation, OwnerRule>>;

/** They change nothing at the device and print nothing. */
export const READING: readonly Operation[] = ['information', 'counters', 'settings-read'];
/** Without a rule of the owner, not even with a YES at the device. */
export const ONLY_BY_RULE: readonly Operation[] = ['settings-set', 'logs-read'];

const choiceWithoutRule = (name: Operation): OwnerRule['do'] => {
  if (READING.includes(name)) return 'allow';
  return ONLY_BY_RULE.includes(name) ? 'deny' : 'ask';
};

const boundOf = (name: Operation): number =>
  READING.includes(name) ? LIMITS.READINGS_PER_HOUR : LIMITS.OPERATIONS_PER_HOUR;
const ruleFor = (name: Operation, choice: OwnerRule['do']): OwnerRule => ({
  do: choice,
  hours: [],
  perHour: boundOf(name),
});

const choice = z.enum(['allow', 'ask', 'deny']);
const rule = z.union([
  choice,
  z.strictObject({
    do: choice,
    hours: z.array(weeklyHours).max(LIMITS.WEEKLY_HOURS_PER_CONDITION).default([]),
    perHour: z.int().positive().max(10_000).optional(),
    downgrade: z.boolean().optional(),
  }),
]);

const list = z.array(operation);
const rulesByName = z.partialRecord(operation, rule).superRefine((rules, context) => {
  for (const [name, set] of Object.entries(rules))
    if (name !== 'firmware-install' && typeof set === 'object' && set.downgrade !== undefined)
      context.addIssue({ code: 'custom', path: [name, 'downgrade'], message: 'is only for firmware-install' });
});

/**
 * `maintenance` of a device in the configuration file: a rule for each operation, or a list of those that are allowed
 * without asking; a list denies the others.
 */
export const maintenanceField = z.unknown().transform((value, context) => {
  // not a union, whose error would not name the wrong entry
  const parsed = (Array.isArray(value) ? list : rulesByName).safeParse(value);
  for (const { path, message } of parsed.error?.issues ?? []) context.addIssue({ code: 'custom', path, message });
  return parsed.data ?? z.NEVER;
});

/** Without a rule, an operation only goes without asking if it only reads, settings are not set, and logs not read. */
export function ownerRules(field?: z.output<typeof maintenanceField>): OwnerRules {
  const rules = operation.options.map((name): [Operation, OwnerRule] => {
    if (Array.isArray(field)) return [name, ruleFor(name, field.includes(name) ? 'allow' : 'deny')];
    const set = field?.[name] ?? choiceWithoutRule(name);
    if (typeof set === 'string') return [name, ruleFor(name, set)];
    const { do: choice, hours, perHour = boundOf(name), downgrade } = set;
    return [name, { do: choice, hours, perHour, ...(downgrade && { downgrade }) }];
  });
  return Object.fromEntries(rules) as Record<Operation, OwnerRule>;
}

/** What the decision about one job rests on. */
export interface OwnerFacts {
  readonly rule: OwnerRule;
  /** Starts of this operation at this device within the last hour. */
  readonly recent: number;
  readonly now: Moment;
}

/** Whether the owner lets a job start at a device that could execute it now. Pure. @param approved YES at the device */
export function decideForOwner({ rule, recent, now }: OwnerFacts, approved: boolean): Determination {
  if (rule.do === 'deny') return { do: 'refuse', failure: 'forbidden', detail: '' };
  if (recent >= rule.perHour)
    return { do: 'refuse', failure: 'too-often', detail: `${rule.perHour} in an hour are permitted` };
  if (rule.hours.length > 0 && !rule.hours.some((each) => withinHours(each, now)))
    return { do: 'hold', hold: 'hours', detail: rule.hours.map(textOfHours).join('; ') };
  if (rule.do === 'ask' && !approved) return { do: 'hold', hold: 'approval', detail: '' };
  return { do: 'execute' };
}

const DAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];
const textOfHours = ({ days, from, until }: OwnerRule['hours'][number]): string =>
  `${days.map((day) => DAYS[day - 1]).join(', ')} ${from}-${until}`;
