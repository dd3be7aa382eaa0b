import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { z } from 'zod';
import { LOG_LEVELS } from '../journal/journal';
import { isLoopback, isProtected } from '../protocol/loopback';
import { spkiPin } from '../protocol/names';
import { region } from '../protocol/relay-choice';
import { AUTHORITY_RULE, authorityOf } from '../tunnel/authority';
import { isSelfSigned, type CertificateFiles } from '../tunnel/certificate-files';
import { spkiPinOf, type Trust } from '../tunnel/pinned-tls';
import { isUnnamed, proxySetting } from '../tunnel/reverse-proxies';
import { PAIR_NUMBER, portOf } from './pair-url';

const filled = z.string().min(1);

/** Every variable the relay reads. */
const environment = z
  .object({
    PLATEN_RELAY_ID: z
      .string()
      .regex(/^[a-z0-9_-]{1,64}$/, 'must be 1 to 64 of a-z 0-9 _ -')
      .default('local'),
    PLATEN_RELAY_SECRET_FILE: filled,
    PLATEN_RELAY_DATA: filled,
    PLATEN_RELAY_REGION: region.optional(),
    PLATEN_RELAY_HOST: z.string().default('127.0.0.1'),
    PLATEN_RELAY_PORT: z.coerce.number().int().min(0).max(65535).default(8090),
    PLATEN_RELAY_PUBLIC_URL: z
      .string()
      .refine(isPublicUrl, 'must be a wss: URL without query (ws: on loopback); it may contain {pair}')
      .optional(),
    PLATEN_RELAY_PAIRS: z.coerce.number().int().min(1).max(64).default(1),
    PLATEN_RELAY_INSTANCE: z.uuid().optional(),
    PLATEN_RELAY_PAIR: z.coerce.number().int().min(1).max(64).default(1),
    PLATEN_RELAY_BEHIND_PROXY: proxySetting,
    PLATEN_SERVER_URL: z.url({ protocol: /^https?$/ }).refine(isProtected, 'must be an https: URL (http: on loopback)'),
    PLATEN_SERVER_PIN: spkiPin.optional(),
    PLATEN_SERVER_CERTIFICATE: filled.optional(),
    PLATEN_TLS_CERTIFICATE: filled.optional(),
    PLATEN_TLS_KEY: filled.optional(),
    PLATEN_TLS_CA: filled.optional(),
    PLATEN_LOG_LEVEL: z.enum(LOG_LEVELS).default('info'),
  })
  .refine((env) => !env.PLATEN_TLS_CERTIFICATE === !env.PLATEN_TLS_KEY, {
    path: ['PLATEN_TLS_KEY'],
    message: 'PLATEN_TLS_CERTIFICATE and PLATEN_TLS_KEY must be set together',
  })
  // E13: both halves are encrypted outside a loopback demo.
  .refine(
    (env) =>
      isLoopback(env.PLATEN_RELAY_HOST) || env.PLATEN_TLS_CERTIFICATE || env.PLATEN_RELAY_BEHIND_PROXY.length > 0,
    {
      path: ['PLATEN_RELAY_HOST'],
      message:
        'an address other than loopback needs PLATEN_TLS_CERTIFICATE, or PLATEN_RELAY_BEHIND_PROXY behind a TLS proxy',
    },
  )
  .refine((env) => isLoopback(env.PLATEN_RELAY_HOST) || !isUnnamed(env.PLATEN_RELAY_BEHIND_PROXY), {
    path: ['PLATEN_RELAY_BEHIND_PROXY'],
    message:
      'yes is for a proxy on this computer, with PLATEN_RELAY_HOST on loopback; ' +
      'otherwise name its addresses, such as 192.0.2.10 or 10.0.0.0/24',
  })
  .refine((env) => !/^(0\.0\.0\.0|::)$/.test(env.PLATEN_RELAY_HOST) || env.PLATEN_RELAY_PUBLIC_URL, {
    path: ['PLATEN_RELAY_PUBLIC_URL'],
    message: 'is required: peers cannot dial the address that the relay listens on',
  })
  .refine((env) => lastPortOf(env) <= 65_535, {
    path: ['PLATEN_RELAY_PAIRS'],
    message: 'each pair needs its own port, but there are not enough ports after the first one',
  });

/** The relay's settings, read once; no other code reads the environment. */
export interface RelayConfig {
  readonly id: string;
  readonly secret: string;
  /** Where it is; undefined: an administrator names its region, or none. */
  readonly region: string | undefined;
  /** Folder of the session database and the relay's own key. */
  readonly data: string;
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** The address that peers dial (pair-url.ts), without trailing slash; undefined: the address listened on. */
  readonly publicUrl: string | undefined;
  readonly pairs: number;
  /** ID of this run, set by the keeper. */
  readonly instance: string;
  /** Number of this process's pair, from 1, set by the Master. */
  readonly pair: number;
  /** ws: or wss: address of the control plane's RPC. */
  readonly rpcUrl: string;
  readonly serverPin: string | undefined;
  /** PEM file of the server's certificate, which may be renewed with another key; undefined: `serverPin` stays. */
  readonly serverCertificate: string | undefined;
  /** PEM text. `pin` is set for a self-signed certificate. */
  readonly tls:
    | {
        readonly cert: string;
        readonly key: string;
        readonly pin: string | undefined;
        readonly files?: CertificateFiles;
      }
    | undefined;
  /** PEM of the private authority that signed the certificates of relay and server; undefined: a public one. */
  readonly authority: string | undefined;
  /** Addresses and networks of the reverse proxies that provide TLS; empty: none. */
  readonly proxies: readonly string[];
  readonly logLevel: string;
}

export class RelayConfigurationError extends Error {
  override readonly name = 'RelayConfigurationError';
  readonly code = 'relay-configuration';
}

/** @throws RelayConfigurationError naming every bad variable, never its value */
export function readRelayConfig(env: NodeJS.ProcessEnv): RelayConfig {
  const set = Object.entries(env).filter(([, value]) => value !== undefined && value !== '');
  const parsed = environment.safeParse(Object.fromEntries(set));
  if (!parsed.success) {
    const lines = parsed.error.issues.map((issue) => `  ${issue.path.join('.')}: ${issue.message}`);
    throw new RelayConfigurationError(`These settings are not valid:\n${lines.join('\n')}`);
  }
  const e = parsed.data;
  const secret = read('PLATEN_RELAY_SECRET_FILE', e.PLATEN_RELAY_SECRET_FILE).trim();
  if (!/^[\x21-\x7e]{16,256}$/.test(secret))
    throw new RelayConfigurationError(
      'PLATEN_RELAY_SECRET_FILE: must contain one secret of 16 to 256 printable characters',
    );
  return Object.freeze<RelayConfig>({
    id: e.PLATEN_RELAY_ID,
    secret,
    region: e.PLATEN_RELAY_REGION,
    data: resolve(e.PLATEN_RELAY_DATA),
    host: e.PLATEN_RELAY_HOST,
    port: e.PLATEN_RELAY_PORT,
    publicUrl: e.PLATEN_RELAY_PUBLIC_URL && withoutSlash(e.PLATEN_RELAY_PUBLIC_URL),
    pairs: e.PLATEN_RELAY_PAIRS,
    instance: e.PLATEN_RELAY_INSTANCE ?? randomUUID(),
    pair: e.PLATEN_RELAY_PAIR,
    rpcUrl: `${withoutSlash(e.PLATEN_SERVER_URL).replace(/^http/, 'ws')}/internal/relay`,
    serverPin: e.PLATEN_SERVER_PIN,
    serverCertificate: e.PLATEN_SERVER_CERTIFICATE,
    tls: e.PLATEN_TLS_CERTIFICATE && e.PLATEN_TLS_KEY ? tls(e.PLATEN_TLS_CERTIFICATE, e.PLATEN_TLS_KEY) : undefined,
    authority: e.PLATEN_TLS_CA && authorityIn(e.PLATEN_TLS_CA),
    proxies: e.PLATEN_RELAY_BEHIND_PROXY,
    logLevel: e.PLATEN_LOG_LEVEL,
  });
}

/** What identifies the server at the next connection to it. */
export function serverTrust({
  serverPin,
  serverCertificate,
  authority,
}: Pick<RelayConfig, 'serverPin' | 'serverCertificate' | 'authority'>): Trust {
  try {
    const pin = serverCertificate === undefined ? serverPin : spkiPinOf(readFileSync(serverCertificate, 'utf8'));
    return { pin, authority };
  } catch {
    return { pin: serverPin, authority }; // while it is being replaced
  }
}

function tls(certificateFile: string, keyFile: string): RelayConfig['tls'] {
  const cert = read('PLATEN_TLS_CERTIFICATE', certificateFile);
  const key = read('PLATEN_TLS_KEY', keyFile);
  try {
    const pin = isSelfSigned(cert) ? spkiPinOf(cert) : undefined;
    return { cert, key, pin, files: { certificate: certificateFile, key: keyFile } };
  } catch {
    throw new RelayConfigurationError('PLATEN_TLS_CERTIFICATE: does not contain a PEM certificate');
  }
}

function authorityIn(file: string): string {
  const pem = authorityOf(read('PLATEN_TLS_CA', file));
  if (pem !== undefined) return pem;
  throw new RelayConfigurationError(`PLATEN_TLS_CA: ${AUTHORITY_RULE}`);
}

function isPublicUrl(text: string): boolean {
  const one = text.replaceAll(PAIR_NUMBER, '1');
  return /^wss?:\/\/[^?#]+$/.test(one) && URL.canParse(one) && isProtected(one);
}

/** Highest port that the pairs need, local or public. */
function lastPortOf(env: { PLATEN_RELAY_PORT: number; PLATEN_RELAY_PUBLIC_URL?: string; PLATEN_RELAY_PAIRS: number }) {
  const last = (port: number) => (port === 0 ? 0 : port + env.PLATEN_RELAY_PAIRS - 1);
  const url = env.PLATEN_RELAY_PUBLIC_URL;
  return Math.max(last(env.PLATEN_RELAY_PORT), url && !url.includes(PAIR_NUMBER) ? last(portOf(new URL(url))) : 0);
}

const withoutSlash = (url: string): string => url.replace(/\/+$/, '');

function read(variable: string, file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new RelayConfigurationError(
      `${variable}: the file cannot be read (${(error as NodeJS.ErrnoException).code})`,
    );
  }
}
