import { z } from 'zod';
import { accessCondition, boxName, denial, newAccessCondition } from './access-conditions';
import { asker } from './asker';
import { LIMITS } from './limits';
import { applicationId, deviceId, instant } from './names';
import { grant } from './remote-session';
import { shownLine } from './shown-text';

/**
 * Display interface: how an agent uses the display of a device for approval (Fig. 11) and access conditions. The device's
 * application serves it over HTTP to its agent alone, and the agent is the client. Both know a shared secret, sent as
 * `Authorization: Bearer`; outside loopback it is TLS. Version 1.
 *
 *   PUT  <base>/state                       the agent sends the whole state, and repeats it; the display shows it
 *   GET  <base>/inputs?run=<run>&after=<n>  long poll: the inputs of the person at the device with a greater number,
 *                                           oldest first
 *
 * `after` acknowledges the inputs up to `n` of `run`; an agent that knows no run yet sends neither, and the device sends
 * every input that it keeps. Numbers count from 1 within a run. The device starts a new run when it has lost inputs, and
 * ignores an acknowledgement of another run. What the person set or pressed has taken effect when the next state says so.
 */
export const displayState = z.object({
  deviceId,
  /** Name of the vendor's server that asks, as the agent knows it. */
  server: shownLine(200),
  /** The agent is connected to that server. */
  online: z.boolean(),
  /** Approval requests, oldest first. */
  asking: z
    .array(
      z.object({
        remoteSessionId: z.uuid(),
        asker,
        reason: shownLine(LIMITS.REASON_CHARACTERS),
        applicationTitle: shownLine(100),
        minutes: z.int().positive(),
        /** The application supports the grant `view`. */
        viewable: z.boolean(),
        /** Counted from receipt. */
        answerWithinSeconds: z.int().nonnegative(),
      }),
    )
    .max(LIMITS.DISPLAY_SESSIONS),
  live: z
    .array(z.object({ remoteSessionId: z.uuid(), asker, applicationTitle: shownLine(100), grant: grant.nullable() }))
    .max(LIMITS.DISPLAY_SESSIONS),
  conditions: z.array(accessCondition).max(LIMITS.CONDITIONS_PER_DEVICE),
  /** What a condition can name. `viewable`: the application supports the grant `view`. */
  applications: z
    .array(z.object({ id: applicationId, title: shownLine(100), viewable: z.boolean() }))
    .max(LIMITS.APPLICATIONS_PER_DEVICE),
  /** Document boxes that the agent knows of. */
  boxes: z.array(boxName).max(LIMITS.DISPLAY_ROWS),
  /** Everybody who has asked for this device lately, latest first, for the choice in a new condition. */
  askers: z.array(asker).max(LIMITS.DISPLAY_ROWS),
  /** Latest first. */
  denials: z.array(z.object({ at: instant, asker, what: shownLine(200), reason: denial })).max(LIMITS.DISPLAY_ROWS),
  /** The last input that had no effect, and why. */
  refused: z.object({ input: z.int().positive(), text: shownLine(200) }).nullable(),
});
export type DisplayState = z.infer<typeof displayState>;

export const displayInput = z.discriminatedUnion('do', [
  z.strictObject({
    do: z.literal('approve'),
    remoteSessionId: z.uuid(),
    grant,
    /** YES to further requests of the same asker for the same application during this time. */
    alsoForMinutes: z.int().positive().max(LIMITS.SESSION_MINUTES).optional(),
  }),
  z.strictObject({ do: z.literal('decline'), remoteSessionId: z.uuid() }),
  z.strictObject({ do: z.literal('end'), remoteSessionId: z.uuid() }),
  z.strictObject({ do: z.literal('set-condition'), condition: newAccessCondition }),
  z.strictObject({ do: z.literal('revoke-condition'), id: z.uuid() }),
]);
export type DisplayInput = z.infer<typeof displayInput>;

export const displayInputs = z.object({
  run: z.uuid(),
  inputs: z.array(z.object({ number: z.int().positive(), input: displayInput })).max(LIMITS.DISPLAY_INPUTS),
});
export type DisplayInputs = z.infer<typeof displayInputs>;
