import { z } from 'zod';
import type { PanelView } from './approval-screen';
import { LIMITS } from './limits';
import { deviceId } from './names';
import { shownText } from './shown-text';

// HTTP messages between the agent and its LAN page, and between the agent and the page on its own computer that
// manages approvers. Answers that fail are problems (RFC 9457) with the codes of PAGE_PROBLEMS.

/** An access condition names in `setBy` an approver or one of these. */
const PLACES = ['display', 'local page'];

/** Shown to others, and in the approval record. */
export const approverName = z
  .string()
  .max(200)
  .overwrite(shownText)
  .min(1)
  .max(60)
  .refine((name) => !PLACES.includes(name.toLowerCase()), 'a name is not that of a place');

export const pin = z.string().regex(/^\d{6,12}$/, 'a PIN has 6 to 12 digits');

/** `POST /pair`: a phone becomes that of an approver. `name` is required unless the code is for one who exists. */
export const pairBody = z.strictObject({ code: z.string().max(40), name: approverName.optional(), pin });
/** `POST /login`: at a paired phone; also renews the proof that a YES needs. */
export const loginBody = z.strictObject({ pin: z.string().max(12) });
/** `POST /pin` */
export const changePinBody = z.strictObject({ pin: z.string().max(12), newPin: pin });
/** `POST /logout`, `POST /passkeys/options`, `POST /passkey-login/options` */
export const emptyBody = z.strictObject({});
const credential = z.looseObject({ id: z.string().max(1024), type: z.literal('public-key') });
/** `POST /passkeys`, `POST /passkey-login`: what `navigator.credentials` returned, as JSON (WebAuthn 5.1). */
export const passkeyBody = z.strictObject({ response: credential });

/** `GET /login`: what the page may know before login. */
export interface LoginState {
  readonly state: 'unknown' | 'paired' | 'logged-in';
  /** Of the approver whose phone this is. */
  readonly name: string | null;
  /** Whether this agent offers passkeys. */
  readonly passkeys: boolean;
}

/** The complete state of the LAN page for one login; every event of its `GET /events` carries one. */
export interface LanView extends PanelView {
  readonly approver: {
    readonly name: string;
    readonly setsConditions: boolean;
    /** Until when a YES needs no PIN; null: it needs one. */
    readonly provenUntil: number | null;
    readonly passkeys: number;
  };
}

/** `POST /approvers/codes` on the local page: for a new approver with these devices (null: all), or for one who exists. */
export const codeBody = z.union([
  z.strictObject({
    devices: z.array(deviceId).min(1).max(LIMITS.DEVICES_PER_AGENT).nullable(),
    /** Whether the new approver may also set access conditions. */
    setsConditions: z.boolean().default(false),
  }),
  z.strictObject({ approver: z.uuid() }),
]);
export const pairingCode = z.object({ code: z.string(), validForSeconds: z.int().positive() });
export type PairingCode = z.infer<typeof pairingCode>;

/** `GET /approvers` on the local page. */
export const approverAdministration = z.object({
  /** null: the configuration has no LAN page. */
  lan: z
    .object({
      url: z.string(),
      /** SHA-256 of the certificate in hexadecimal, as browsers show it. */
      fingerprint: z.string(),
      selfSigned: z.boolean(),
    })
    .nullable(),
  devices: z.array(z.object({ id: z.string(), name: z.string(), location: z.string() })),
  approvers: z.array(
    z.object({
      id: z.uuid(),
      name: z.string(),
      /** null: all. */
      devices: z.array(z.string()).nullable(),
      setsConditions: z.boolean(),
      phones: z.int(),
      passkeys: z.int(),
      pairedAt: z.string(),
    }),
  ),
});
export type ApproverAdministration = z.infer<typeof approverAdministration>;

/** Problems of the agent's pages, by code: HTTP status and meaning. Further codes are those of the REST API. */
export const PAGE_PROBLEMS = {
  refused: { status: 403, meaning: 'another web page sent the request, or it names another host or content type' },
  overloaded: { status: 503, meaning: 'too many open pages, or too many checks of a PIN at a time' },
  'pairing-refused': { status: 403, meaning: 'the pairing code is wrong, used or expired' },
  'name-required': { status: 400, meaning: 'the pairing code is for a new approver' },
  'name-taken': { status: 409, meaning: 'another approver has this name' },
  'too-many-approvers': { status: 409, meaning: 'no room for another approver, passkey or pairing code' },
  'weak-pin': { status: 400, meaning: 'the PIN is easy to guess' },
  'pin-refused': { status: 403, meaning: 'wrong PIN' },
  'not-paired': { status: 401, meaning: 'this phone is not paired, or no longer' },
  'not-permitted': { status: 403, meaning: 'this approver may not set access conditions' },
  'proof-required': { status: 403, meaning: 'a YES needs the PIN or the passkey again' },
  'passkey-refused': { status: 403, meaning: 'unknown passkey, or an answer that is not valid' },
} as const satisfies Record<string, { status: number; meaning: string }>;
export type PageProblemCode = keyof typeof PAGE_PROBLEMS;
