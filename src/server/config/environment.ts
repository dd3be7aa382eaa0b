import { join, resolve } from 'node:path';
import { z } from 'zod';
import { LOG_LEVELS } from '../../journal/journal';
import { companyName } from '../../protocol/company';
import { role } from '../../protocol/api';
import { LIMITS } from '../../protocol/limits';
import { isLoopback, isProtected } from '../../protocol/loopback';
import { shownLine } from '../../protocol/shown-text';
import { isUnnamed, proxySetting } from '../../tunnel/reverse-proxies';
import { mailServer } from './mail-settings';
import { protectsHeaders, traceVariables } from './trace-settings';

const port = z.coerce.number().int().min(0).max(65535);
const seconds = z.coerce.number().positive();
/** A hundred years at most. */
const days = (least: number) => z.coerce.number().int().min(least).max(36_500);
/** RFC 1123 2.1; without port and without the `*.` that its DNS record and certificate carry. */
const domain = z
  .string()
  .toLowerCase()
  .regex(/^(?=.{1,200}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/, 'must be a domain name');
/** Several, separated by commas. */
const names = z
  .string()
  .transform((text) => text.split(',').flatMap((name) => name.trim() || []))
  .pipe(z.array(domain));
const roles = z
  .string()
  .transform((text) => text.split(',').flatMap((name) => name.trim() || []))
  .pipe(z.array(role));

const DATABASE_URL =
  'must be postgres://user:password@host/database, in which special characters of the password are written as in URLs: ' +
  '@ as %40, / as %2F, # as %23, % as %25';
/** A password with / or @ would otherwise be taken for a part of the host or of the database's name. */
const isDatabaseUrl = (text: string): boolean => {
  try {
    const { username, password, pathname } = new URL(text);
    decodeURIComponent(username + password);
    return /^(\/[^/@]*)?$/.test(pathname);
  } catch {
    return false;
  }
};
const databaseUrl = z
  .url({ protocol: /^postgres(ql)?$/, abort: true, error: DATABASE_URL })
  .refine(isDatabaseUrl, DATABASE_URL);

const ALL_ADDRESSES = ['0.0.0.0', '::'];

/** `sun_path` of unix(7) holds 108 bytes, the last of them zero. */
const fitsSocket = (data: string): boolean => Buffer.byteLength(join(data, 'relay/keeper.sock')) <= 107;

const KEPT_AUDITED = [
  'PLATEN_KEEP_SESSIONS_DAYS',
  'PLATEN_KEEP_JOBS_DAYS',
  'PLATEN_KEEP_CAMPAIGNS_DAYS',
  'PLATEN_KEEP_DEPLOYMENTS_DAYS',
  'PLATEN_KEEP_NOTICES_DAYS',
  'PLATEN_KEEP_ALERTS_DAYS',
  'PLATEN_KEEP_DENIALS_DAYS',
] as const;

/** Every variable that the server reads; `.env.example` documents them. */
export const environment = z
  .object({
    PLATEN_DATA: z.string().default('data'),
    PLATEN_LOG_LEVEL: z.enum(LOG_LEVELS).default('info'),
    PLATEN_HOST: z.string().default('127.0.0.1'),
    PLATEN_PORT: port.default(8080),
    PLATEN_PUBLIC_URL: z
      .url({ protocol: /^https?$/ })
      .refine(isProtected, 'must be an https: URL (http: on loopback)')
      .optional(),
    PLATEN_HOST_NAMES: names.default([]),
    PLATEN_TRUST_PROXY: proxySetting,
    PLATEN_ONE_PORT: z.enum(['no', 'yes']).default('no'),
    PLATEN_SESSION_DOMAIN: domain.optional(),
    PLATEN_TLS_CERTIFICATE: z.string().optional(),
    PLATEN_TLS_KEY: z.string().optional(),
    PLATEN_TLS_CA: z.string().optional(),
    PLATEN_DATABASE_URL: databaseUrl.optional(),
    PLATEN_STANDBY: z.enum(['no', 'yes']).default('no'),
    PLATEN_XMPP_HOST: z.string().default('127.0.0.1'),
    PLATEN_XMPP_PORT: port.default(5223),
    PLATEN_XMPP_DOMAIN: z.string().default('platen.local'),
    PLATEN_XMPP_PUBLIC_HOST: z.string().optional(),
    PLATEN_XMPP_PUBLIC_PORT: port.optional(),
    PLATEN_XMPP_TRUST_PROXY: proxySetting,
    PLATEN_XMPP_COMPONENT: z
      .string()
      .regex(/^[^\s:/@[\]]+:\d{1,5}$|^\[[0-9a-f:.]+\]:\d{1,5}$/i, 'must be host:port')
      .refine((text) => Number(/\d+$/.exec(text)) <= 65_535, 'must have a port up to 65535')
      .optional(),
    PLATEN_XMPP_COMPONENT_SECRET_FILE: z.string().optional(),
    PLATEN_RELAY: z.enum(['local', 'remote']).default('local'),
    PLATEN_RELAY_HOST: z.string().default('127.0.0.1'),
    PLATEN_RELAY_PORT: port.default(8090),
    PLATEN_RELAY_PAIRS: z.coerce.number().int().min(1).max(64).default(1),
    PLATEN_RELAY_PUBLIC_URL: z
      .url({ protocol: /^wss?$/ })
      .refine(isProtected, 'must be a wss: URL (ws: on loopback)')
      .optional(),
    PLATEN_APPROVAL_SECONDS: seconds.max(LIMITS.APPROVAL_MS_MAX / 1000).default(LIMITS.APPROVAL_MS / 1000),
    // neither end dials for longer
    PLATEN_CONNECT_SECONDS: seconds.max(LIMITS.CONNECT_MS / 1000).default(LIMITS.CONNECT_MS / 1000),
    PLATEN_HALF_END_SECONDS: seconds.default(LIMITS.HALF_END_MS / 1000),
    PLATEN_END_LOG_SECONDS: seconds.default(LIMITS.PRESUMED_END_MS / 1000),
    PLATEN_INFORMATION_FRESH_SECONDS: z.coerce
      .number()
      .nonnegative()
      .default(LIMITS.INFORMATION_FRESH_MS / 1000),
    PLATEN_NOTIFY_ADMINISTRATOR: z.enum(['never', 'when-logged-out', 'always']).default('when-logged-out'),
    PLATEN_SMTP_URL: mailServer.optional(),
    PLATEN_SMTP_PASSWORD_FILE: z.string().optional(),
    PLATEN_SMTP_CA: z.string().optional(),
    PLATEN_MAIL_FROM: z.email().max(254).optional(),
    PLATEN_WEBHOOK_NETWORKS: proxySetting,
    PLATEN_SECOND_FACTOR_ROLES: roles.default([]),
    PLATEN_LOCAL_LOGIN: z.enum(['yes', 'no']).default('yes'),
    PLATEN_OIDC_ISSUER: z
      .url({ protocol: /^https?$/, abort: true })
      .refine(isProtected, 'must be an https: URL (http: on loopback)')
      .refine((url) => !/[?#]/.test(url), 'must have no query and no fragment')
      .optional(),
    PLATEN_OIDC_CLIENT_ID: z.string().max(200).optional(),
    PLATEN_OIDC_CLIENT_SECRET_FILE: z.string().optional(),
    PLATEN_OIDC_NAME: shownLine(60).min(1).optional(),
    PLATEN_OIDC_SCOPES: z
      .string()
      .max(200)
      .regex(/(^| )openid( |$)/, 'must contain openid')
      .default('openid profile email'),
    PLATEN_OIDC_USERNAME_CLAIM: z.string().max(100).default('preferred_username'),
    PLATEN_OIDC_GROUPS_CLAIM: z.string().max(100).default('groups'),
    PLATEN_OIDC_GROUPS_FILE: z.string().optional(),
    PLATEN_OIDC_USERS: z.enum(['existing', 'create']).default('existing'),
    PLATEN_OIDC_SECOND_FACTOR: z.enum(['platen', 'provider']).default('platen'),
    PLATEN_COMPANY_NAME: companyName.optional(),
    PLATEN_COMPANY_LOGO: z.string().optional(),
    PLATEN_RELEASE_PUBLIC_KEY: z.string().optional(),
    PLATEN_DEPLOY_PROVE_SECONDS: seconds.max(24 * 60 * 60).default(LIMITS.DEPLOYMENT_MONITOR_MS / 1000),
    PLATEN_DEPLOY_COMMAND: z.string().startsWith('/', 'must be an absolute path').optional(),
    // at least a week: relays and agents have reported by then all that they still know
    PLATEN_KEEP_SESSIONS_DAYS: days(7).default(LIMITS.SESSIONS_KEPT_DAYS),
    PLATEN_KEEP_JOBS_DAYS: days(7).default(LIMITS.JOBS_KEPT_DAYS),
    PLATEN_KEEP_CAMPAIGNS_DAYS: days(7).default(LIMITS.CAMPAIGNS_KEPT_DAYS),
    PLATEN_KEEP_DEPLOYMENTS_DAYS: days(7).default(LIMITS.DEPLOYMENTS_KEPT_DAYS),
    PLATEN_KEEP_NOTICES_DAYS: days(1).default(LIMITS.NOTICES_KEPT_DAYS),
    PLATEN_KEEP_ALERTS_DAYS: days(7).default(LIMITS.ALERTS_KEPT_DAYS),
    PLATEN_KEEP_DENIALS_DAYS: days(1).default(LIMITS.DENIALS_KEPT_DAYS),
    PLATEN_KEEP_READINGS_DAYS: days(1).default(LIMITS.READINGS_KEPT_DAYS),
    PLATEN_READINGS_ALL_DAYS: days(1).default(LIMITS.READINGS_ALL_DAYS),
    PLATEN_READINGS_DAILY_DAYS: days(1).default(LIMITS.READINGS_DAILY_DAYS),
    PLATEN_READING_HOURS: z.coerce
      .number()
      .int()
      .min(0)
      .max(31 * 24)
      .default(LIMITS.READING_HOURS),
    // the database refuses to delete younger events
    PLATEN_KEEP_AUDIT_DAYS: days(365).default(LIMITS.AUDIT_KEPT_DAYS),
    PLATEN_BACKUP_FOLDER: z.string().optional(),
    PLATEN_BACKUP_HOURS: z.coerce.number().int().min(1).max(8_760).default(24),
    PLATEN_BACKUPS_KEPT: z.coerce.number().int().min(1).max(1_000).default(7),
    PLATEN_BACKUP_PASSPHRASE_FILE: z.string().optional(),
    ...traceVariables,
  })
  .refine((env) => !env.PLATEN_TLS_CERTIFICATE === !env.PLATEN_TLS_KEY, {
    path: ['PLATEN_TLS_KEY'],
    message: 'PLATEN_TLS_CERTIFICATE and PLATEN_TLS_KEY must be set together',
  })
  .superRefine((env, context) => {
    if (env.PLATEN_TRUST_PROXY.length === 0) return;
    const problem = (name: keyof typeof env, message: string) =>
      context.addIssue({ code: 'custom', path: [name], message });
    const localRelay = env.PLATEN_RELAY === 'local';
    const open = [env.PLATEN_HOST, ...(localRelay ? [env.PLATEN_RELAY_HOST] : [])].filter((host) => !isLoopback(host));
    if (open.length === 0) return;
    // E13: without TLS, other computers than the proxy must not be believed or answered
    if (isUnnamed(env.PLATEN_TRUST_PROXY))
      problem(
        'PLATEN_TRUST_PROXY',
        'yes is for a proxy on this computer, with PLATEN_HOST and PLATEN_RELAY_HOST on loopback; ' +
          'otherwise name its addresses, such as 192.0.2.10 or 10.0.0.0/24',
      );
    const required = 'is required behind a proxy on another computer: the address at which the proxy is reached';
    if (!isLoopback(env.PLATEN_HOST) && !env.PLATEN_PUBLIC_URL) problem('PLATEN_PUBLIC_URL', required);
    if (!localRelay) return;
    if (!isLoopback(env.PLATEN_RELAY_HOST) && !env.PLATEN_RELAY_PUBLIC_URL)
      problem('PLATEN_RELAY_PUBLIC_URL', required);
    if (!isLoopback(env.PLATEN_HOST) && !ALL_ADDRESSES.includes(env.PLATEN_HOST))
      problem('PLATEN_HOST', 'must be 0.0.0.0 or :: behind a proxy, because the local relay connects on loopback');
  })
  .superRefine((env, context) => {
    if (env.PLATEN_ONE_PORT === 'no') return;
    const problem = (name: keyof typeof env, message: string) =>
      context.addIssue({ code: 'custom', path: [name], message });
    if (env.PLATEN_TRUST_PROXY.length > 0)
      problem(
        'PLATEN_ONE_PORT',
        'is for a server without a reverse proxy: leave out PLATEN_TRUST_PROXY, or this setting',
      );
    if (!env.PLATEN_PUBLIC_URL)
      problem('PLATEN_PUBLIC_URL', 'is required with PLATEN_ONE_PORT: the address of that port');
    else if (!env.PLATEN_PUBLIC_URL.startsWith('https:'))
      problem('PLATEN_PUBLIC_URL', 'must be an https: URL with PLATEN_ONE_PORT');
    if (env.PLATEN_RELAY === 'remote') return;
    const served = 'with PLATEN_ONE_PORT, because the server forwards to the relay';
    if (!isLoopback(env.PLATEN_RELAY_HOST)) problem('PLATEN_RELAY_HOST', `must be a loopback address ${served}`);
    if (env.PLATEN_RELAY_PORT === 0) problem('PLATEN_RELAY_PORT', `must be a certain port ${served}`);
    if (env.PLATEN_RELAY_PUBLIC_URL) problem('PLATEN_RELAY_PUBLIC_URL', `must be left out ${served}`);
  })
  .superRefine((env, context) => {
    const problem = (name: keyof typeof env, message: string) =>
      context.addIssue({ code: 'custom', path: [name], message });
    if (!env.PLATEN_XMPP_COMPONENT !== !env.PLATEN_XMPP_COMPONENT_SECRET_FILE)
      problem(
        'PLATEN_XMPP_COMPONENT_SECRET_FILE',
        'PLATEN_XMPP_COMPONENT and PLATEN_XMPP_COMPONENT_SECRET_FILE must be set together',
      );
    if (!env.PLATEN_XMPP_COMPONENT) return;
    const served = 'with PLATEN_XMPP_COMPONENT, because agents connect to the XMPP engine';
    if (env.PLATEN_ONE_PORT === 'yes') problem('PLATEN_ONE_PORT', `must be no ${served}`);
    if (env.PLATEN_XMPP_TRUST_PROXY.length > 0) problem('PLATEN_XMPP_TRUST_PROXY', `must be left out ${served}`);
    if (!domain.safeParse(env.PLATEN_XMPP_DOMAIN).success)
      problem('PLATEN_XMPP_DOMAIN', 'must be a domain name with PLATEN_XMPP_COMPONENT');
  })
  .refine((env) => env.PLATEN_RELAY !== 'local' || fitsSocket(resolve(env.PLATEN_DATA)), {
    path: ['PLATEN_DATA'],
    message: 'must be a shorter path: with relay/keeper.sock it may have 107 bytes (unix(7))',
  })
  .refine((env) => env.PLATEN_STANDBY === 'no' || env.PLATEN_DATABASE_URL, {
    path: ['PLATEN_STANDBY'],
    message: 'needs PLATEN_DATABASE_URL, the PostgreSQL database that the active server uses',
  })
  .refine((env) => env.PLATEN_STANDBY === 'no' || env.PLATEN_RELAY === 'remote', {
    path: ['PLATEN_STANDBY'],
    message: 'needs PLATEN_RELAY=remote: a local relay ends with its machine, and its sessions with it',
  })
  .superRefine((env, context) => {
    const problem = (name: keyof typeof env, message: string) =>
      context.addIssue({ code: 'custom', path: [name], message });
    if (!env.PLATEN_OIDC_ISSUER) {
      if (env.PLATEN_LOCAL_LOGIN === 'no') problem('PLATEN_LOCAL_LOGIN', 'no needs PLATEN_OIDC_ISSUER');
      return;
    }
    for (const name of ['PLATEN_OIDC_CLIENT_ID', 'PLATEN_OIDC_CLIENT_SECRET_FILE', 'PLATEN_PUBLIC_URL'] as const)
      if (!env[name]) problem(name, 'is required with PLATEN_OIDC_ISSUER');
    if (env.PLATEN_OIDC_USERS === 'create' && !env.PLATEN_OIDC_GROUPS_FILE)
      problem('PLATEN_OIDC_GROUPS_FILE', 'is required with PLATEN_OIDC_USERS=create: groups decide about the role');
  })
  .refine((env) => !env.PLATEN_COMPANY_LOGO || env.PLATEN_COMPANY_NAME, {
    path: ['PLATEN_COMPANY_LOGO'],
    message: 'must be set together with PLATEN_COMPANY_NAME',
  })
  .refine((env) => !env.PLATEN_SMTP_URL === !env.PLATEN_MAIL_FROM, {
    path: ['PLATEN_MAIL_FROM'],
    message: 'PLATEN_SMTP_URL and PLATEN_MAIL_FROM must be set together',
  })
  .refine((env) => !env.PLATEN_SMTP_URL?.username === !env.PLATEN_SMTP_PASSWORD_FILE, {
    path: ['PLATEN_SMTP_PASSWORD_FILE'],
    message: 'must be set together with a user in PLATEN_SMTP_URL',
  })
  .refine((env) => KEPT_AUDITED.every((name) => env[name] <= env.PLATEN_KEEP_AUDIT_DAYS), {
    path: ['PLATEN_KEEP_AUDIT_DAYS'],
    message: 'must not be less than any other PLATEN_KEEP_..._DAYS',
  })
  .refine(protectsHeaders, {
    path: ['OTEL_EXPORTER_OTLP_ENDPOINT'],
    message: 'must be an https: URL (http: on loopback) with OTEL_EXPORTER_OTLP_HEADERS, which may contain secrets',
  })
  .refine((env) => env.PLATEN_READINGS_ALL_DAYS <= env.PLATEN_READINGS_DAILY_DAYS, {
    path: ['PLATEN_READINGS_DAILY_DAYS'],
    message: 'must not be less than PLATEN_READINGS_ALL_DAYS',
  })
  .refine((env) => env.PLATEN_READINGS_DAILY_DAYS <= env.PLATEN_KEEP_READINGS_DAYS, {
    path: ['PLATEN_KEEP_READINGS_DAYS'],
    message: 'must not be less than PLATEN_READINGS_DAILY_DAYS',
  });

/** `meant`: the setting that the name resembles. */
export interface UnknownSetting {
  readonly name: string;
  readonly meant: string | undefined;
}

/** What other programs of Platen read; one environment may serve several. */
const OF_OTHERS =
  /^PLATEN_(TEST_\w+|CREDENTIALS|CLIENT_(ID|SECRET)|SERVER(_PIN|_URL|_CERTIFICATE)?|RELAY_(BEHIND_PROXY|DATA|ID|SECRET_FILE|INSTANCE|PAIR)|CONSOLE_DIST|COOKIES|SETTINGS)$/;

/** The names in an environment that look like settings but are none, each with the setting that it resembles most. */
export function unknownIn(names: readonly string[]): UnknownSetting[] {
  const settings = Object.keys(environment.shape);
  return names
    .filter((name) => name.startsWith('PLATEN_') && !settings.includes(name) && !OF_OTHERS.test(name))
    .map((name) => {
      const [nearest] = settings
        .map((setting) => ({ setting, edits: editsBetween(name, setting) }))
        .sort((one, other) => one.edits - other.edits);
      return { name, meant: nearest && nearest.edits <= MOST_EDITS ? nearest.setting : undefined };
    });
}

const MOST_EDITS = 3;
/** Levenshtein's distance. */
function editsBetween(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, at) => at);
  for (let i = 1; i <= one.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= other.length; j += 1)
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (one[i - 1] === other[j - 1] ? 0 : 1)));
    row = next;
  }
  return row[other.length]!;
}
