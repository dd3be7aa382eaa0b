import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { role } from '../../protocol/api';
import { LIMITS } from '../../protocol/limits';
import { parseJson } from '../../protocol/parse-json';
import { ConfigurationError } from './configuration-error';

/** The provider of single sign-on (OpenID Connect). */
export interface OidcSettings {
  readonly issuer: string;
  readonly clientId: string;
  readonly secretFile: string;
  /** On the login screen. */
  readonly name: string;
  readonly scopes: string;
  /** Claims with the user ID and with the groups. */
  readonly usernameClaim: string;
  readonly groupsClaim: string;
  readonly groupsFile: string | undefined;
  /** Whether users are created at their first login. */
  readonly createsUsers: boolean;
  /** Whether the provider checks a second factor whenever one is required. */
  readonly checksFactors: boolean;
}

/** What members of a group are. The highest role counts, and all customers. */
const groupRule = z.strictObject({
  group: z.string().min(1).max(200),
  role,
  /** Names of customers, for technicians. */
  customers: z.array(z.string().min(1).max(100)).max(LIMITS.CUSTOMERS).optional(),
});
export type GroupRule = z.infer<typeof groupRule>;
const groupRules = z.array(groupRule).min(1).max(LIMITS.OIDC_GROUP_RULES);

/** The client secret, and the rules about groups; undefined: users keep the role that they have in Platen. */
export interface OidcFiles {
  readonly secret: string;
  readonly rules: readonly GroupRule[] | undefined;
}

/** Read at the start, and again for every login. @throws ConfigurationError naming the variable, never its value */
export function readOidcFiles({ secretFile, groupsFile }: OidcSettings): OidcFiles {
  const secret = read('PLATEN_OIDC_CLIENT_SECRET_FILE', secretFile).trim();
  if (secret === '') throw new ConfigurationError('PLATEN_OIDC_CLIENT_SECRET_FILE: the file is empty');
  if (groupsFile === undefined) return { secret, rules: undefined };
  const rules = groupRules.safeParse(parseJson(read('PLATEN_OIDC_GROUPS_FILE', groupsFile)));
  if (!rules.success)
    throw new ConfigurationError(`PLATEN_OIDC_GROUPS_FILE: ${z.prettifyError(rules.error).replaceAll('\n', ' ')}`);
  return { secret, rules: rules.data };
}

function read(variable: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new ConfigurationError(`${variable}: the file cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
}
