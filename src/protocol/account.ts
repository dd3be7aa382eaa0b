import { z } from 'zod';
import { instant } from './names';

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
