import { z } from 'zod';
import { instant } from './names';
import { shownLine } from './shown-text';

/** How a user proves who they are, and what the API shows of it. */

/** ID of a login: the hash of its secret (SHA-256 in base64url), which grants nothing. */
export const loginId = z.string().regex(/^[\w-]{43}$/);

/** A browser in which the user is logged in. */
export const login = z.object({
  id: loginId,
  at: instant,
  /** Recorded every few minutes. */
  lastUsedAt: instant,
  expiresAt: instant,
  /** IP address that the login came from. */
  address: z.string(),
  /** Header `User-Agent` of the login, perhaps shortened. */
  userAgent: z.string(),
  /** Whether it is the login of the request. */
  current: z.boolean(),
});
export type Login = z.infer<typeof login>;

// ---- the login in steps

/** `second-factor`: one has to be presented; `set-up`: the user has none yet, and the role requires one. */
export const loginStep = z.enum(['second-factor', 'set-up']);
export type LoginStep = z.infer<typeof loginStep>;

export const factorKind = z.enum(['totp', 'passkey']);
export type FactorKind = z.infer<typeof factorKind>;

/** `GET /api/auth/login`: how a login can be made here, and how far that of this browser is. */
export const loginState = z.object({
  /** Whether all users with a password can log in; otherwise the emergency administrators only. */
  password: z.boolean(),
  /** Whether passkeys can be used under this address. */
  passkeys: z.boolean(),
  /** The provider of single sign-on, if there is one: `GET /api/auth/oidc/login`. */
  oidc: z.object({ name: z.string() }).nullable(),
  /** The password was right, but nothing is permitted yet; null: it has not begun, or it is complete. */
  pending: z
    .object({
      step: loginStep,
      username: z.string(),
      /** What the user can present. Recovery codes can always be entered. */
      factors: z.array(factorKind),
    })
    .nullable(),
});
export type LoginState = z.infer<typeof loginState>;
/** Of an authenticator app, or a recovery code. Spaces and hyphens are ignored. */
export const factorCode = z.string().trim().min(1).max(40);
export const codeRequest = z.strictObject({ code: factorCode });

// ---- passkeys

/** Of WebAuthn, for `navigator.credentials`; JSON as in WebAuthn 5.1.8. */
export const passkeyOptions = z.looseObject({ challenge: z.string() });
/** What the authenticator has answered. */
const passkeyAnswer = z.looseObject({ id: z.string().min(1).max(1400) });
export const passkeyLogin = z.strictObject({ response: passkeyAnswer });
export const newPasskey = z.strictObject({ name: shownLine(100).min(1), response: passkeyAnswer });

// ---- factors

export const factor = z.object({
  id: z.uuid(),
  kind: factorKind,
  name: z.string(),
  createdAt: instant,
  lastUsedAt: instant.nullable(),
});
export type Factor = z.infer<typeof factor>;
export const factors = z.object({
  factors: z.array(factor),
  /** Recovery codes that have not been used. */
  recoveryCodes: z.int(),
  /** Whether the role of the user requires a factor. */
  required: z.boolean(),
});
export type Factors = z.infer<typeof factors>;
export const newFactor = z.strictObject({ name: shownLine(100).min(1) });
/** The only answer that contains the secret. */
export const newTotp = z.object({
  id: z.uuid(),
  /** Base32, for typing. */
  secret: z.string(),
  /** `otpauth://totp/...`, for a QR code. */
  uri: z.string(),
});
/** Recovery codes, in the only answer that contains them; null: those that the user has stay valid. */
export const recoveryCodes = z.object({ recoveryCodes: z.array(z.string()).nullable() });

// ---- single sign-on

/** Why a login by single sign-on was refused: as the parameter `refused` of the console shows it. */
export const OIDC_REFUSALS = {
  unreachable: 'oidc-unreachable',
  expired: 'oidc-expired',
  cancelled: 'oidc-cancelled',
  failed: 'oidc-failed',
  'no-group': 'oidc-no-group',
  'no-user-id': 'oidc-no-user-id',
  'unknown-user': 'oidc-unknown-user',
  'other-login': 'oidc-other-login',
  deactivated: 'oidc-deactivated',
} as const;
export type OidcRefusal = keyof typeof OIDC_REFUSALS;
