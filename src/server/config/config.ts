import { join, resolve } from 'node:path';
import type { Role } from '../../protocol/api';
import type { HistoryKind } from '../../protocol/retention';
import { isLoopback } from '../../protocol/loopback';
import type { CertificateFiles } from '../../tunnel/certificate-files';
import { endpointOf } from '../../tunnel/pinned-tls';
import { ConfigurationError } from './configuration-error';
import { environment, unknownIn, type UnknownSetting } from './environment';
import type { OidcSettings } from './oidc-settings';
import { mailSettings, type MailSettings } from './mail-settings';
import { traceSettings, type TraceSettings } from './trace-settings';

/** The server's settings. They are read once; no other code reads the environment. */
export interface Config {
  /** The folder in which the server stores its data. */
  readonly data: string;
  /** Names in the environment that look like settings but are none. */
  readonly unknown: readonly UnknownSetting[];
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
  /** Whether this server waits while another one uses the database. */
  readonly standby: boolean;
  readonly xmpp: {
    readonly host: string;
    readonly port: number;
    readonly domain: string;
    readonly publicHost: string | undefined;
    readonly publicPort: number | undefined;
    /** Addresses and networks of the reverse proxies that send the PROXY protocol; empty: none. */
    readonly proxies: readonly string[];
    /** The XMPP engine that has the agents' streams; undefined: the server that is embedded here. */
    readonly component: { readonly host: string; readonly port: number; readonly secretFile: string } | undefined;
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
  readonly login: {
    /** The roles whose users need a second factor. */
    readonly secondFactorRoles: readonly Role[];
    /** Whether users log in with a password; otherwise only the emergency administrators do. */
    readonly local: boolean;
    /** undefined: no single sign-on. */
    readonly oidc: OidcSettings | undefined;
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
  /** undefined: no traces are recorded. */
  readonly traces: TraceSettings | undefined;
  /** For how many days the history is kept. */
  readonly keepDays: Readonly<Record<HistoryKind, number>>;
}
/** Injection token: `@Inject(CONFIG) config: Config`. */
export const CONFIG = Symbol('Config');

export { ConfigurationError };

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
    standby: e.PLATEN_STANDBY === 'yes',
    xmpp: {
      host: e.PLATEN_XMPP_HOST,
      port: e.PLATEN_XMPP_PORT,
      domain: e.PLATEN_XMPP_DOMAIN,
      publicHost: e.PLATEN_XMPP_PUBLIC_HOST ?? shared?.host,
      publicPort: e.PLATEN_XMPP_PUBLIC_PORT ?? shared?.port,
      proxies: e.PLATEN_XMPP_TRUST_PROXY,
      component: e.PLATEN_XMPP_COMPONENT
        ? {
            ...endpointIn(e.PLATEN_XMPP_COMPONENT),
            secretFile: resolve(e.PLATEN_XMPP_COMPONENT_SECRET_FILE!),
          }
        : undefined,
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
    login: {
      secondFactorRoles: e.PLATEN_SECOND_FACTOR_ROLES,
      local: e.PLATEN_LOCAL_LOGIN === 'yes',
      oidc: e.PLATEN_OIDC_ISSUER
        ? {
            issuer: e.PLATEN_OIDC_ISSUER,
            clientId: e.PLATEN_OIDC_CLIENT_ID!,
            secretFile: resolve(e.PLATEN_OIDC_CLIENT_SECRET_FILE!),
            name: e.PLATEN_OIDC_NAME ?? new URL(e.PLATEN_OIDC_ISSUER).hostname,
            scopes: e.PLATEN_OIDC_SCOPES,
            usernameClaim: e.PLATEN_OIDC_USERNAME_CLAIM,
            groupsClaim: e.PLATEN_OIDC_GROUPS_CLAIM,
            groupsFile: e.PLATEN_OIDC_GROUPS_FILE && resolve(e.PLATEN_OIDC_GROUPS_FILE),
            createsUsers: e.PLATEN_OIDC_USERS === 'create',
            checksFactors: e.PLATEN_OIDC_SECOND_FACTOR === 'provider',
          }
        : undefined,
    },
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
    traces: traceSettings(e),
    keepDays: {
      sessions: e.PLATEN_KEEP_SESSIONS_DAYS,
      jobs: e.PLATEN_KEEP_JOBS_DAYS,
      campaigns: e.PLATEN_KEEP_CAMPAIGNS_DAYS,
      deployments: e.PLATEN_KEEP_DEPLOYMENTS_DAYS,
      notices: e.PLATEN_KEEP_NOTICES_DAYS,
      alerts: e.PLATEN_KEEP_ALERTS_DAYS,
      denials: e.PLATEN_KEEP_DENIALS_DAYS,
      readings: e.PLATEN_KEEP_READINGS_DAYS,
      audit: e.PLATEN_KEEP_AUDIT_DAYS,
    },
  });
}

/** @param text `host:port`, IPv6 addresses in brackets */
function endpointIn(text: string): { host: string; port: number } {
  const colon = text.lastIndexOf(':');
  return { host: text.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(text.slice(colon + 1)) };
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
