import { z } from 'zod';
import { LIMITS } from './limits';
import { shownLine } from './shown-text';

export const companyName = shownLine(60).min(1);
/**
 * The company that runs a server, as the approval screens of its agents show it. An agent gets it with its account and keeps
 * it, so that a server cannot take the name of another company later.
 */
export const company = z.object({
  name: companyName,
  /** PNG, in base64 (RFC 4648 4). */
  logo: z
    .string()
    .regex(/^[A-Za-z0-9+/]+={0,2}$/)
    .max(Math.ceil(LIMITS.COMPANY_LOGO_BYTES / 3) * 4)
    .optional(),
});
export type Company = z.infer<typeof company>;
