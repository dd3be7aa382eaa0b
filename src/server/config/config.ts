import { join, resolve } from 'node:path';
import { z } from 'zod';
import { LOG_LEVELS } from '../../journal/journal';
import { LIMITS } from '../../protocol/limits';
import type { HistoryKind } from '../../protocol/retention';
import { isLoopback, isProtected } from '../../protocol/loopback';
import type { CertificateFiles } from '../../tunnel/certificate-files';
import { endpointOf } from '../../tunnel/pinned-tls';
import { isUnnamed, proxySetting } from '../../tunnel/reverse-proxies';
import { companyName } from '../../protocol/company';
import { mailServer, mailSettings, type MailSettings } from './mail-settings';

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

const ALL_ADDRESSES = ['0.0.0.0', '::'];

/** `sun_path` of unix(7) holds 108 bytes, the last of them zero. */
const fitsSocket = (data: string): boolean => Buffer.byteLength(join(data, 'relay/keeper.sock')) <= 107;

const KEPT_AUDITED = [
  'PLATEN_KEEP_SESSIONS_DAYS',
  'PLATEN_KEEP_JOBS_DAYS',
  'PLATEN_KEEP_DEPLOYMENTS_DAYS',
  'PLATEN_KEEP_NOTICES_DAYS',
  'PLATEN_KEEP_ALERTS_DAYS',
  'PLATEN_KEEP_DENIALS_DAYS',
] as const;

/** Every variable that the server reads; `.env.example` documents them. */
const environment = z
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
    PLATEN_DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }).optional(),
    PLATEN_XMPP_HOST: z.string().default('127.0.0.1'),
    PLATEN_XMPP_PORT: port.default(5223),
    PLATEN_XMPP_DOMAIN: z.string().default('platen.local'),
    PLATEN_XMPP_PUBLIC_HOST: z.string().optional(),
    PLATEN_XMPP_PUBLIC_PORT: port.optional(),
    PLATEN_XMPP_TRUST_PROXY: proxySetting,
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
    PLATEN_COMPANY_NAME: companyName.optional(),
    PLATEN_COMPANY_LOGO: z.string().optional(),
    PLATEN_RELEASE_PUBLIC_KEY: z.string().optional(),
    PLATEN_DEPLOY_PROVE_SECONDS: seconds.max(24 * 60 * 60).default(LIMITS.DEPLOYMENT_MONITOR_MS / 1000),
    PLATEN_DEPLOY_COMMAND: z.string().startsWith('/', 'must be an absolute path').optional(),
    // at least a week: relays and agents have reported by then all that they still know
    PLATEN_KEEP_SESSIONS_DAYS: days(7).default(LIMITS.SESSIONS_KEPT_DAYS),
    PLATEN_KEEP_JOBS_DAYS: days(7).default(LIMITS.JOBS_KEPT_DAYS),
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
  .refine((env) => env.PLATEN_RELAY !== 'local' || fitsSocket(resolve(env.PLATEN_DATA)), {
    path: ['PLATEN_DATA'],
    message: 'must be a shorter path: with relay/keeper.sock it may have 107 bytes (unix(7))',
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
  .refine((env) => env.PLATEN_READINGS_ALL_DAYS <= env.PLATEN_READINGS_DAILY_DAYS, {
    path: ['PLATEN_READINGS_DAILY_DAYS'],
    message: 'must not be less than PLATEN_READINGS_ALL_DAYS',
  })
  .refine((env) => env.PLATEN_READINGS_DAILY_DAYS <= env.PLATEN_KEEP_READINGS_DAYS, {
    path: ['PLATEN_KEEP_READINGS_DAYS'],
    message: 'must not be less than PLATEN_READINGS_DAILY_DAYS',
  });

/** What other programs of Platen read; one environment may serve several. */
const OF_OTHERS =
  /^PLATEN_(TEST_\w+|CREDENTIALS|CLIENT_(ID|SECRET)|SERVER(_PIN|_URL|_CERTIFICATE)?|RELAY_(BEHIND_PROXY|DATA|ID|SECRET_FILE|INSTANCE|PAIR)|CONSOLE_DIST|COOKIES|SETTINGS)$/;

/** The names in an environment that look like settings but are none, each with the setting that it resembles most. */
function unknownIn(names: readonly string[]): Config['unknown'] {
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

/** The server's settings. They are read once; no other code reads the environment. */
export interface Config {
  /** The folder in which the server stores its data. */
  readonly data: string;
  /** Names in the environment that look like settings but are none; `meant`: the setting that one resembles. */
  readonly unknown: readonly { readonly name: string; readonly meant: string | undefined }[];
  readonly logLevel: string;
  readonly http: {
    readonly host: string;
    readonly port: number;
    readonly publicUrl: string | undefined;
    /** Further host names of the console, lower case. */
    readonly otherNames: readonly string[];
    /**
     * Addresses and networks of the reverse proxies that provide TLS; empty: none. Their forwarded headers are believed,
     * and only they and this computer are answered.
     */
    readonly proxies: readonly string[];
    /** Whether this port also serves the control channel and the local relay. */
    readonly onePort: boolean;
    /** Devices' pages are shown under `s-<label>.<domain>`; undefined: no browser sessions. */
    readonly sessionDomain: string | undefined;
    /** Whether this server terminates TLS: on every address except loopback, unless a proxy does; on one port always. */
    readonly tls: boolean;
  };
  /** PEM files; undefined: the server makes its own certificate in the data folder. */
  readonly tls: CertificateFiles | undefined;
  /** PEM file of the private authority that signed the certificates of server and relay; undefined: a public one did. */
  readonly authority: string | undefined;
  readonly database:
    { readonly type: 'sqlite'; readonly path: string } | { readonly type: 'postgres'; readonly url: string };
  readonly xmpp: {
    readonly host: string;
    readonly port: number;
    readonly domain: string;
    readonly publicHost: string | undefined;
    readonly publicPort: number | undefined;
    /** Addresses and networks of the reverse proxies that send the PROXY protocol; empty: none. */
    readonly proxies: readonly string[];
  };
  readonly relay: {
    /** Whether this server starts and supervises a local relay. */
    readonly local: boolean;
    readonly host: string;
    readonly port: number;
    readonly pairs: number;
    readonly publicUrl: string | undefined;
  };
  readonly information: {
    /** Device information older than this is acquired again before a session is connected (B2). */
    readonly freshMs: number;
  };
  readonly readings: {
    /** How often devices are read on schedule, unless their customer has another schedule; 0: not at all. */
    readonly hours: number;
    /** For how many days all readings are kept, and for how many one of each day; after that, one of each month is. */
    readonly allDays: number;
    readonly dailyDays: number;
  };
  readonly notices: {
    /** Whether a user's administrator is also notified when the user's session is halted ([0153]). */
    readonly administrator: 'never' | 'when-logged-out' | 'always';
  };
  /** Who runs the server, for approval screens. Without a name, there is no logo. */
  readonly company: { readonly name?: string; readonly logoFile?: string };
  /** undefined: no mail is sent. */
  readonly mail: MailSettings | undefined;
  /** Addresses and networks that are not public, and to which webhooks may be sent. */
  readonly webhookNetworks: readonly string[];
  /** Milliseconds. */
  readonly timeouts: {
    readonly approval: number;
    readonly connect: number;
    readonly halfEnd: number;
    readonly endLogs: number;
  };
  readonly deployment: {
    /** PEM file of the key that verifies releases; undefined: releases are refused. */
    readonly releaseKey: string | undefined;
    /** How long a relay is monitored after it has taken over. */
    readonly proveMs: number;
    /** The executable that deploys remote relays; undefined: they cannot be deployed from here. */
    readonly command: string | undefined;
  };
  /** undefined: none are written on schedule. */
  readonly backups:
    | {
        readonly folder: string;
        readonly hours: number;
        /** How many are kept. */
        readonly kept: number;
        /** undefined: they are not encrypted. */
        readonly passphraseFile: string | undefined;
      }
    | undefined;
  /** For how many days the history is kept. */
  readonly keepDays: Readonly<Record<HistoryKind, number>>;
}
/** Injection token: `@Inject(CONFIG) config: Config`. */
export const CONFIG = Symbol('Config');

export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
}

/** @throws ConfigurationError naming every bad variable, never its value. */
export function readConfig(env: NodeJS.ProcessEnv): Config {
  const set = Object.entries(env).filter(([, value]) => value !== undefined && value !== '');
  const parsed = environment.safeParse(Object.fromEntries(set));
  if (!parsed.success) {
    const lines = parsed.error.issues.map((issue) => `  ${issue.path.join('.')}: ${issue.message}`);
    throw new ConfigurationError(`These settings are not usable:\n${lines.join('\n')}`);
  }
  const e = parsed.data;
  const data = resolve(e.PLATEN_DATA);
  const onePort = e.PLATEN_ONE_PORT === 'yes';
  const shared = onePort ? endpointOf(new URL(e.PLATEN_PUBLIC_URL!)) : undefined;
  return deepFreeze<Config>({
    data,
    unknown: unknownIn(set.map(([name]) => name)),
    logLevel: e.PLATEN_LOG_LEVEL,
    http: {
      host: e.PLATEN_HOST,
      port: e.PLATEN_PORT,
      publicUrl: e.PLATEN_PUBLIC_URL,
      otherNames: e.PLATEN_HOST_NAMES,
      proxies: e.PLATEN_TRUST_PROXY,
      sessionDomain: e.PLATEN_SESSION_DOMAIN ?? usualSessionDomain(e.PLATEN_HOST, e.PLATEN_PUBLIC_URL),
      onePort,
      tls: onePort || (!isLoopback(e.PLATEN_HOST) && e.PLATEN_TRUST_PROXY.length === 0),
    },
    tls:
      e.PLATEN_TLS_CERTIFICATE && e.PLATEN_TLS_KEY
        ? { certificate: resolve(e.PLATEN_TLS_CERTIFICATE), key: resolve(e.PLATEN_TLS_KEY) }
        : undefined,
    authority: e.PLATEN_TLS_CA,
    database: e.PLATEN_DATABASE_URL
      ? { type: 'postgres', url: e.PLATEN_DATABASE_URL }
      : { type: 'sqlite', path: join(data, 'platen.sqlite') },
    xmpp: {
      host: e.PLATEN_XMPP_HOST,
      port: e.PLATEN_XMPP_PORT,
      domain: e.PLATEN_XMPP_DOMAIN,
      publicHost: e.PLATEN_XMPP_PUBLIC_HOST ?? shared?.host,
      publicPort: e.PLATEN_XMPP_PUBLIC_PORT ?? shared?.port,
      proxies: e.PLATEN_XMPP_TRUST_PROXY,
    },
    relay: {
      local: e.PLATEN_RELAY === 'local',
      host: e.PLATEN_RELAY_HOST,
      port: e.PLATEN_RELAY_PORT,
      pairs: e.PLATEN_RELAY_PAIRS,
      publicUrl: e.PLATEN_RELAY_PUBLIC_URL,
    },
    information: { freshMs: e.PLATEN_INFORMATION_FRESH_SECONDS * 1000 },
    readings: {
      hours: e.PLATEN_READING_HOURS,
      allDays: e.PLATEN_READINGS_ALL_DAYS,
      dailyDays: e.PLATEN_READINGS_DAILY_DAYS,
    },
    notices: { administrator: e.PLATEN_NOTIFY_ADMINISTRATOR },
    company: {
      name: e.PLATEN_COMPANY_NAME,
      logoFile: e.PLATEN_COMPANY_LOGO && resolve(e.PLATEN_COMPANY_LOGO),
    },
    mail: mailSettings(e.PLATEN_SMTP_URL, e.PLATEN_SMTP_PASSWORD_FILE, e.PLATEN_SMTP_CA, e.PLATEN_MAIL_FROM),
    webhookNetworks: e.PLATEN_WEBHOOK_NETWORKS,
    timeouts: {
      approval: e.PLATEN_APPROVAL_SECONDS * 1000,
      connect: e.PLATEN_CONNECT_SECONDS * 1000,
      halfEnd: e.PLATEN_HALF_END_SECONDS * 1000,
      endLogs: e.PLATEN_END_LOG_SECONDS * 1000,
    },
    deployment: {
      releaseKey: e.PLATEN_RELEASE_PUBLIC_KEY && resolve(e.PLATEN_RELEASE_PUBLIC_KEY),
      proveMs: e.PLATEN_DEPLOY_PROVE_SECONDS * 1000,
      command: e.PLATEN_DEPLOY_COMMAND,
    },
    backups: e.PLATEN_BACKUP_FOLDER
      ? {
          folder: resolve(e.PLATEN_BACKUP_FOLDER),
          hours: e.PLATEN_BACKUP_HOURS,
          kept: e.PLATEN_BACKUPS_KEPT,
          passphraseFile: e.PLATEN_BACKUP_PASSPHRASE_FILE,
        }
      : undefined,
    keepDays: {
      sessions: e.PLATEN_KEEP_SESSIONS_DAYS,
      jobs: e.PLATEN_KEEP_JOBS_DAYS,
      deployments: e.PLATEN_KEEP_DEPLOYMENTS_DAYS,
      notices: e.PLATEN_KEEP_NOTICES_DAYS,
      alerts: e.PLATEN_KEEP_ALERTS_DAYS,
      denials: e.PLATEN_KEEP_DENIALS_DAYS,
      readings: e.PLATEN_KEEP_READINGS_DAYS,
      audit: e.PLATEN_KEEP_AUDIT_DAYS,
    },
  });
}

/** Browsers resolve every name under `localhost` to loopback (RFC 6761 6.3), where this server listens by default. */
function usualSessionDomain(host: string, publicUrl: string | undefined): string | undefined {
  const reached = publicUrl === undefined || isLoopback(new URL(publicUrl).hostname);
  return isLoopback(host) && reached ? 'localhost' : undefined;
}

function deepFreeze<T extends object>(value: T): T {
  for (const inner of Object.values(value))
    if (typeof inner === 'object' && inner !== null) deepFreeze(inner as object);
  return Object.freeze(value);
}
