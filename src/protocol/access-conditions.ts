import { z } from 'zod';
import { asker } from './asker';
import { LIMITS } from './limits';
import { applicationId, deviceId, instant } from './names';
import { grant } from './remote-session';
import { shownLine } from './shown-text';

/**
 * Access conditions (abstract 4): what the owner of a device permits from outside. They are set at the device and nowhere
 * else, kept and enforced by its agent, and mirrored by the server. Without a condition nothing is permitted.
 */

/** Operations on a document box, and the HTTP methods that carry them. */
export const BOX_OPERATIONS = ['list', 'get', 'put', 'delete'] as const;
export const boxOperation = z.enum(BOX_OPERATIONS);
export type BoxOperation = z.infer<typeof boxOperation>;

/** Name of a document box, and of a document in one. */
export const boxName = z.string().regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, 'a box name is 1 to 64 of a-z 0-9 . _ -');

/** What is permitted: operations on a document box, or sessions with applications without a YES for each. */
export const permittedAccess = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('box'),
    /** null: every box of the device. */
    box: boxName.nullable(),
    operations: z.array(boxOperation).min(1).max(BOX_OPERATIONS.length),
  }),
  z.strictObject({
    kind: z.literal('session'),
    applications: z.array(applicationId).min(1).max(LIMITS.APPLICATIONS_PER_DEVICE),
    grant,
  }),
]);
export type PermittedAccess = z.infer<typeof permittedAccess>;

const timeOfDay = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'a time of day looks like 08:30');
/** Weekly hours in a local time: of an access condition, that of its agent. `until` at or before `from` means the next day. */
export const weeklyHours = z.strictObject({
  /** 1 is Monday, 7 is Sunday (ISO 8601). */
  days: z.array(z.int().min(1).max(7)).min(1).max(7),
  from: timeOfDay,
  until: timeOfDay,
});
export type WeeklyHours = z.infer<typeof weeklyHours>;

/** A condition as the owner sets it. Every limit that is null or empty does not apply. */
export const newAccessCondition = z.strictObject({
  who: asker,
  access: permittedAccess,
  from: instant.nullable().default(null),
  until: instant.nullable().default(null),
  hours: z.array(weeklyHours).max(LIMITS.WEEKLY_HOURS_PER_CONDITION).default([]),
  /** Number of permitted requests to a box, or of sessions. */
  times: z.int().positive().max(1_000_000).nullable().default(null),
  /** Bytes of documents, both ways together; for boxes only. */
  bytes: z.int().positive().max(Number.MAX_SAFE_INTEGER).nullable().default(null),
});
export type NewAccessCondition = z.infer<typeof newAccessCondition>;

export const accessCondition = newAccessCondition.extend({
  id: z.uuid(),
  deviceId,
  setAt: instant,
  /** Who set it, and where: `display`, `local page`, or the name of an approver. */
  setBy: shownLine(100),
  used: z.object({ times: z.int().nonnegative(), bytes: z.int().nonnegative() }),
});
export type AccessCondition = z.infer<typeof accessCondition>;

/** Why access is denied: the reason class that the client receives with the code `access-denied`. */
export const DENIALS = {
  'no-condition': 'The device permits this client or user nothing of this kind.',
  box: 'The condition is for another box.',
  operation: 'The condition does not include this operation or application.',
  'not-yet': 'The condition does not apply yet.',
  expired: 'The condition no longer applies.',
  hours: 'The condition does not apply at this hour.',
  times: 'The permitted number of accesses is used up.',
  bytes: 'The permitted number of bytes is used up.',
  /** Of a session that was running on the condition. */
  revoked: 'The condition was revoked at the device.',
} as const;
export type Denial = keyof typeof DENIALS;
export const denial = z.enum(Object.keys(DENIALS) as [Denial, ...Denial[]]);
