import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { announcementExcess } from '../channel/announcement';
import { weeklyHours } from '../../protocol/access-conditions';
import { wakeAddress } from '../../protocol/control-channel';
import { COMMAND } from '../command-name';
import { LIMITS } from '../../protocol/limits';
import { isLoopback } from '../../protocol/loopback';
import { secret } from '../../protocol/names';
import { releaseKeyIn } from '../../tunnel/signing-key';
import { rangesField } from './address-ranges';
import { ConfigurationError } from './configuration.errors';
import { device } from './device-fields';
import { DeviceLogin } from './device-login';
import { meterMap, type MeterMap } from '../snmp/meter-map';
import { problem, unique } from './field-problem';
import { jsonFault } from './json-fault';
import { proxyField } from './proxy';
import { SnmpAccess, snmpField } from './snmp-access';
import { stateFolderFor } from './state-folder';

const CONFIGURATION_BYTES = 1024 * 1024;

const NOT_LOOPBACK =
  'is not a loopback address (127.0.0.1, ::1, localhost). This page has no login: anyone who reaches it over the network ' +
  'could press YES instead of the person at the device. For phones in the LAN, add "lan": { "port": 8634 } beside it';
const NOT_TRUE =
  'must be an object such as { "port": 8634 }. There is no page without login in the LAN any more: this one has TLS, and ' +
  'approvers log in with a PIN. Remove "host" beside it, and pair a phone: ' +
  `${COMMAND} pairing-code`;

const address = z.union([z.ipv4(), z.ipv6(), z.hostname()]);
const lanPage = z
  .strictObject(
    {
      host: address.default('0.0.0.0'),
      port: z.int().min(0).max(65535).default(8634),
      name: z
        .hostname()
        .transform((name) => name.toLowerCase())
        .optional(),
      certificate: z.string().min(1).optional(),
      key: z.string().min(1).optional(),
    },
    { error: ({ code }) => (code === 'invalid_type' ? NOT_TRUE : undefined) },
  )
  .transform(({ certificate: chain, key, ...rest }, context) => {
    if ((chain === undefined) !== (key === undefined))
      return problem(context, 'needs both "certificate" and "key", or neither', [
        chain === undefined ? 'certificate' : 'key',
      ]);
    return { ...rest, files: chain !== undefined && key !== undefined ? { certificate: chain, key } : undefined };
  });

/** Of the server: an origin, so that it replaces what the enrolment stored. */
const serverOrigin = z.string().transform((text, context) => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const permitted = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url.hostname));
  if (!url || !permitted || ![url.origin, `${url.origin}/`].includes(text))
    return problem(context, 'must look like https://host[:port]');
  return url.origin;
});

const discoveryField = z.strictObject({
  everyHours: z.number().min(1).max(LIMITS.DISCOVERY_INTERVAL_HOURS_MAX).default(24),
  probe: z.boolean().default(true),
  dnsSd: z.boolean().default(true),
  takeIn: z.boolean().default(false),
  snmp: snmpField.prefault({}),
});

const wakeField = z.strictObject({ ...wakeAddress.shape, mac: wakeAddress.shape.mac.default(null) });

/**
 * The agent's configuration file (JSON):
 *
 *     { "panel": { "host": "127.0.0.1", "port": 8631 },
 *       "devices": [
 *         { "id": "mfp-1", "name": "MFP in the hall", "kind": "mfp", "location": "Hall",
 *           "applications": [
 *             { "id": "web", "title": "Web pages", "target": "http://192.168.1.20:80" },
 *             { "id": "panel", "title": "Operation panel", "target": "tcp://192.168.1.20:5900", "protocol": "vnc" } ] } ] }
 *
 * With
 *
 *     "wake": { "host": "192.168.1.20", "port": 8633, "mac": "00:1a:2b:3c:4d:5e" }, "powerSaving": { "afterMinutes": 10 }
 *
 * the agent listens at `wake` for another agent of its site, which reaches it when its connection to the server is lost, and
 * disconnects from the server when it has been idle for that time. `powerSaving` needs `wake`, not the reverse. `mac` is
 * required if the agent's computer sleeps, too (Wake-on-LAN).
 *
 * With
 *
 *     "substituteFor": [{ "host": "192.168.1.21", "port": 8633, "mac": null }]
 *
 * it connects to these `wake` addresses of other agents when the server asks it to, and to no others.
 *
 * `server`: origin of the server, from which firmware is downloaded; by default that of the enrolment. `releaseKeyFile`: the
 * public key (PEM) that must have signed firmware; by default that of the enrolment.
 *
 * `updates`: permits the server to update this agent, within the weekly hours in `hours` (default: at any time); without it, the
 * server cannot.
 *
 * `proxy`: the outbound proxy, if it is not that of the environment (./proxy).
 *
 * `panel`: loopback address of the local page. With `"lan"` in it, phones in the LAN reach the LAN page over TLS:
 *
 *     "lan": { "host": "0.0.0.0", "port": 8634, "name": "box.example", "certificate": "box.pem", "key": "box.key" }
 *
 * all optional; without `certificate` (PEM, with its chain) and `key`, the agent makes a certificate itself. Passkeys need
 * `name` and a certificate.
 *
 * `state`: folder of the agent's data (default: state-folder.ts). `protocol` of an application: `http` for http
 * and https targets, otherwise `tcp` (the default) or `vnc`; `box` for a document box (an http or https target), which is
 * opened by access conditions only. `viewTarget`: target of view-only sessions; VNC needs none, because the agent
 * itself blocks the input. `origins`: other addresses of an http application (`["https://192.168.1.20"]`) which its pages lead
 * to, such as its TLS port or its name; a session reaches them, too, unless it is view-only.
 *
 * `weakTls: true` of a device permits TLS 1.0 and 1.1, old ciphers and short keys with this device (weak-tls.ts).
 *
 * Maintenance, for each device, all optional:
 *
 *     "ipp": "ipp://192.168.1.20/ipp/print", "firmware": "tcp://192.168.1.20:9100",
 *     "certificate": "any", "maintenance": ["information", "counters", "test-page"],
 *     "login": { "user": "admin", "passwordFile": "mfp-1-password" }
 *
 * `ipp`: the printer's URI (also ipps, http, https); without a path, the agent finds it. `firmware`: where a firmware file is sent, unchanged to a raw port
 * or by `PUT` to an http or https address. `certificate`: for ipps and https, the pin of the device's key, or `any`; by
 * default, a certificate authority that this computer trusts must have signed it. `maintenance`: what the owner decides
 * about each operation (maintenance/owner-rules); by default, reading is allowed, settings
 * are not set (`settings-set`), and the others need a YES at the device. A
 * list allows its operations without asking and denies the others; an object has a rule for each:
 *
 *     "maintenance": { "test-page": "allow", "restart": "ask", "firmware-install": "deny", "identify":
 *       { "do": "allow", "hours": [{ "days": [1, 2, 3, 4, 5], "from": "08:00", "until": "18:00" }], "perHour": 4 } }
 *
 * `"downgrade": true` in the rule of `firmware-install` allows versions that are not newer than the one of the device.
 *
 * `login`: for a device that asks for one over HTTP
 * (Digest or Basic), with `passwordFile` or `password` (then this file must be private). Basic without TLS needs
 * `"clearText": true`.
 *
 * With
 *
 *     "snmp": { "version": "3", "user": "platen", "authentication": { "protocol": "SHA-256", "passwordFile": "mfp-1-auth" },
 *       "privacy": { "protocol": "AES", "passwordFile": "mfp-1-privacy" } }
 *
 * the agent also reads the device by SNMP (snmp-access.ts), at `host` (default: that of `ipp`) and `port`; versions 1 and 2c
 * have a `community` instead. Settings are set by SNMP only with `writeCommunity` (or `writeCommunityFile`), and in version 3 with
 * `"write": true`, if the user may write. `meterFiles`: files that name the meters of further models (snmp/meter-map.ts).
 *
 * `ranges`: IPv4 networks (`["192.168.1.0/24"]`) within which a device is followed to another address (discovery/device-follower).
 *
 * With
 *
 *     "discovery": { "everyHours": 24, "probe": true, "dnsSd": true, "takeIn": true, "snmp": { "community": "public" } }
 *
 * all optional, the agent looks for devices in `ranges` and reports them (discovery/discovery): by `dnsSd`, which wakes none, and
 * unless `probe` is false by an IPP and SNMP request to each address, once in `everyHours`. Only with `takeIn` may an
 * administrator of the server make a found device one of this agent (discovery/taken-in-devices). `snmp` is as that of a device.
 *
 * With
 *
 *     "display": { "url": "http://127.0.0.1:8085", "secretFile": "display-secret" }
 *
 * the display of the device asks for approval and shows and sets access conditions (protocol/device-display). Elsewhere
 * than on this computer the address is https, with `pin` for a self-signed certificate.
 */
const fields = z.strictObject({
  panel: z
    .strictObject({
      host: address.default('127.0.0.1'),
      port: z.int().min(0).max(65535).default(8631),
      lan: lanPage.optional(),
    })
    .superRefine(({ host }, context) => {
      if (!isLoopback(host)) problem(context, NOT_LOOPBACK, ['host']);
    })
    .prefault({}),
  state: z.string().min(1).optional(),
  /** Without effect; accepted because earlier versions needed it. */
  site: z.unknown().optional(),
  server: serverOrigin.optional(),
  proxy: proxyField.optional(),
  releaseKeyFile: z.string().min(1).optional(),
  updates: z
    .strictObject({ hours: z.array(weeklyHours).max(LIMITS.WEEKLY_HOURS_PER_CONDITION).default([]) })
    .optional(),
  meterFiles: z.array(z.string().min(1)).max(LIMITS.METER_FILES).default([]),
  wake: wakeField.optional(),
  substituteFor: z.array(wakeField).max(LIMITS.WAKE_ADDRESSES).default([]),
  powerSaving: z
    .strictObject({
      afterMinutes: z
        .number()
        .positive()
        .max(7 * 24 * 60),
      /** Where earlier versions had it. */
      wake: wakeField.optional(),
    })
    .optional(),
  ranges: rangesField,
  discovery: discoveryField.optional(),
  devices: unique(z.array(device).max(LIMITS.DEVICES_PER_AGENT), 'device'),
});

const configuration = fields.transform(({ wake, powerSaving, ...rest }, context) => {
  if (wake && powerSaving?.wake)
    return problem(context, 'is also there as "wake"; remove this one', ['powerSaving', 'wake']);
  const address = wake ?? powerSaving?.wake;
  if (powerSaving && !address)
    return problem(context, 'requires "wake", where another agent wakes this one', ['powerSaving']);
  if (rest.discovery && rest.ranges.isEmpty)
    return problem(context, 'requires "ranges", in which devices are looked for', ['discovery']);
  if (rest.devices.length === 0 && !rest.discovery)
    return problem(context, 'needs a device, or "discovery" beside it', ['devices']);
  return { ...rest, wake: address, powerSaving: powerSaving && { afterMinutes: powerSaving.afterMinutes } };
});

export type Device = Omit<z.output<typeof device>, 'login' | 'snmp'> & {
  readonly login?: DeviceLogin;
  readonly snmp?: SnmpAccess;
};
/** `snmp`: at any host. */
export type DiscoverySettings = Omit<z.output<typeof discoveryField>, 'snmp'> & { readonly snmp: SnmpAccess };
/** Paths of `files` are absolute. */
export type LanPage = z.output<typeof lanPage>;
/** `state` is an absolute folder. */
export type Configuration = Omit<z.output<typeof configuration>, 'devices' | 'discovery'> & {
  readonly state: string;
  readonly discovery?: DiscoverySettings;
  readonly devices: readonly Device[];
  /** The key in `releaseKeyFile`, in its short form. */
  readonly releaseKey?: string;
  /** Of `meterFiles`. */
  readonly meterMaps?: readonly MeterMap[];
};

/** @throws ConfigurationError naming every bad field, or a secret that cannot be read */
export async function readConfiguration(file: string): Promise<Configuration> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new ConfigurationError([`${file}: cannot be read (${error.code})`]);
  });
  const parsed = parseConfiguration(text, dirname(resolve(file)), stateFolderFor(file));
  for (const { display, login, snmp } of parsed.devices) {
    if (display) await readDisplaySecret(display.secretFile);
    for (const secrets of [login, snmp])
      await secrets?.load(file).catch((error: Error) => {
        throw new ConfigurationError([error.message]);
      });
  }
  await parsed.discovery?.snmp.load(file).catch((error: Error) => {
    throw new ConfigurationError([error.message]);
  });
  const { releaseKeyFile, meterFiles } = parsed;
  const meterMaps = await Promise.all(meterFiles.map(readMeterMap));
  const releaseKey = releaseKeyFile === undefined ? undefined : await readReleaseKey(releaseKeyFile);
  return { ...parsed, meterMaps, ...(releaseKey !== undefined && { releaseKey }) };
}

async function readMeterMap(file: string): Promise<MeterMap> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new ConfigurationError([`meterFiles: ${file}: cannot be read (${error.code})`]);
  });
  if (text.length > CONFIGURATION_BYTES) throw new ConfigurationError([`meterFiles: ${file}: is too large`]);
  const { data, error } = meterMap.safeParse(parseJson(text, `meterFiles: ${file}`));
  if (data) return data;
  throw new ConfigurationError(
    error.issues.map(({ path, message }) => `meterFiles: ${file}: ${path.join('.') || 'the file'}: ${message}`),
  );
}

async function readReleaseKey(file: string): Promise<string> {
  try {
    return releaseKeyIn(await readFile(file, 'utf8'));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new ConfigurationError([`releaseKeyFile: ${file}: ${code ? `cannot be read (${code})` : message}`]);
  }
}

/** The secret that a device's display and this agent know: 32 bytes in base64url. @throws ConfigurationError */
export async function readDisplaySecret(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new ConfigurationError([`${file}: cannot be read (${error.code})`]);
  });
  if (secret.safeParse(text.trim()).success) return text.trim();
  throw new ConfigurationError([`${file}: must contain 32 bytes in base64url`]);
}

/**
 * @param folder base of relative paths
 * @param state where the state is, unless `state` says so
 * @throws ConfigurationError
 */
export function parseConfiguration(text: string, folder: string, state = folder): Configuration {
  if (text.length > CONFIGURATION_BYTES) throw new ConfigurationError(['the file is too large']);
  const parsed = configuration.safeParse(parseJson(text));
  if (parsed.success) {
    const excess = announcementExcess(parsed.data.devices);
    if (excess === 0) return withAbsolutePaths(parsed.data, folder, state);
    const why = `too large for one announcement by ${excess} bytes: shorten names, or move some to a second agent`;
    throw new ConfigurationError([`devices: ${why}`]);
  }
  throw new ConfigurationError(
    parsed.error.issues.map((issue) => `${issue.path.join('.') || 'the file'}: ${issue.message}`),
  );
}

function withAbsolutePaths(parsed: z.output<typeof configuration>, folder: string, state: string): Configuration {
  const { lan } = parsed.panel;
  const files = lan?.files && {
    certificate: resolve(folder, lan.files.certificate),
    key: resolve(folder, lan.files.key),
  };
  const panel = { ...parsed.panel, lan: lan && { ...lan, files } };
  const devices = parsed.devices.map(({ display, login, snmp, ...rest }) => ({
    ...rest,
    ...(login && { login: new DeviceLogin(login, folder) }),
    ...(snmp && { snmp: new SnmpAccess(snmp, folder) }),
    display: display && { ...display, secretFile: resolve(folder, display.secretFile) },
  }));
  const key = parsed.releaseKeyFile;
  const releaseKeyFile = key === undefined ? undefined : resolve(folder, key);
  const meterFiles = parsed.meterFiles.map((file) => resolve(folder, file));
  const ownState = parsed.state === undefined ? state : resolve(folder, parsed.state);
  const { discovery: wanted } = parsed;
  const discovery = wanted && { ...wanted, snmp: new SnmpAccess({ ...wanted.snmp, host: '' }, folder) };
  return { ...parsed, panel, devices, discovery, releaseKeyFile, meterFiles, state: ownState };
}

function parseJson(text: string, what = 'the file'): unknown {
  try {
    return JSON.parse(text);
  } catch {
    const before = text.slice(0, jsonFault(text)).split('\n');
    const place = `line ${before.length}, column ${before.at(-1)!.length + 1}`;
    throw new ConfigurationError([`${what}: is not JSON at ${place}`]); // not quoted: it may be a secret
  }
}
