import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { announcementExcess } from '../channel/announcement';
import { announcedApplication, deviceKind, wakeAddress } from '../../protocol/control-channel';
import { kindHas, storesDocuments } from '../../protocol/device-kinds';
import { LIMITS } from '../../protocol/limits';
import { isLoopback } from '../../protocol/loopback';
import type { Operation } from '../../protocol/maintenance';
import { applicationId, deviceId, secret, spkiPin } from '../../protocol/names';
import { shownLine } from '../../protocol/shown-text';
import { releaseKeyIn } from '../../tunnel/signing-key';
import { ConfigurationError } from './configuration.errors';
import { DeviceLogin, deviceLogin } from './device-login';
import { maintenanceField, ownerRules } from '../maintenance/owner-rules';
import { meterMap, type MeterMap } from '../snmp/meter-map';
import { jsonFault } from './json-fault';
import { proxyField } from './proxy';
import { SnmpAccess, snmpField } from './snmp-access';
import { certificate, displayAddress, firmwareAddress, ippAddress } from './device-address';

const CONFIGURATION_BYTES = 1024 * 1024;

const NOT_LOOPBACK =
  'is not a loopback address (127.0.0.1, ::1, localhost). This page has no login: anyone who reaches it over the network ' +
  'could press YES instead of the person at the device. For phones in the LAN, add "lan": { "port": 8634 } beside it';
const NOT_TRUE =
  'must be an object such as { "port": 8634 }. There is no page without login in the LAN any more: this one has TLS, and ' +
  'approvers log in with a PIN. Remove "host" beside it, and pair a phone: platen agent pairing-code';

/** Address of an application: an origin only, because the tunnel does not parse the bytes. */
export const target = z.string().transform((text, context) => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !['tcp:', 'http:', 'https:'].includes(url.protocol) || url.hostname === '')
    return problem(context, 'must look like tcp://host:port, http://host:port or https://host:port');
  if (url.username !== '' || url.password !== '') return problem(context, 'must not contain a user or password');
  if (!['', '/'].includes(url.pathname) || url.search !== '' || url.hash !== '')
    return problem(context, 'must end after the port');
  const port = url.port === '' ? { 'http:': 80, 'https:': 443 }[url.protocol] : Number(url.port);
  if (!port) return problem(context, 'must name a port from 1 to 65535');
  const tls = url.protocol === 'https:';
  // for applications that speak HTTP: their origin at the device (RFC 6454 6.2)
  const http = url.protocol === 'tcp:' ? {} : { origin: url.origin };
  return { host: url.hostname.replace(/^\[|\]$/g, ''), port, tls, ...http };
});

function problem(context: z.RefinementCtx, message: string, path: string[] = []): never {
  context.addIssue({ code: 'custom', message, path });
  return z.NEVER;
}

const application = z
  .strictObject({
    id: applicationId,
    title: shownLine(100).min(1),
    target,
    protocol: announcedApplication.shape.protocol.removeDefault().optional(),
    viewTarget: target.optional(),
    origins: z.array(target).max(LIMITS.APPLICATION_ORIGINS).optional(),
  })
  .transform(({ protocol, ...rest }, context) => {
    const http = rest.target.origin !== undefined;
    if (protocol !== undefined && ['http', 'box'].includes(protocol) !== http)
      return problem(context, 'must be http or box for an http or https target, and tcp or vnc for a tcp target', [
        'protocol',
      ]);
    if (protocol === 'box' && rest.viewTarget)
      return problem(context, 'is not possible for a document box; its access conditions name the operations', [
        'viewTarget',
      ]);
    if (rest.viewTarget && (rest.viewTarget.origin !== undefined) !== http)
      return problem(context, 'must have the same protocol as the target', ['viewTarget']);
    const spoken = protocol ?? (http ? 'http' : 'tcp');
    if (rest.origins && spoken !== 'http') return problem(context, 'are for applications that speak http', ['origins']);
    for (const [index, { origin }] of (rest.origins ?? []).entries())
      if (origin === undefined || origin === rest.target.origin)
        return problem(context, 'must be http or https, and another than the target', ['origins', String(index)]);
    // The agent enforces `view` for VNC itself (rfb-view-only), so no `viewTarget` is needed.
    return { ...rest, protocol: spoken, viewable: rest.viewTarget !== undefined || spoken === 'vnc' };
  });
/** Operations that need IPP only. `firmware-install` also needs an address for the file. */
const BY_IPP: readonly Operation[] = ['information', 'counters', 'identify', 'test-page', 'restart'];
const BY_SNMP: readonly Operation[] = ['information', 'counters'];

const deviceFields = z.strictObject({
  id: deviceId,
  name: shownLine(100).min(1),
  kind: deviceKind,
  model: shownLine(200).default(''),
  serialNumber: shownLine(100).default(''),
  location: shownLine(200).default(''),
  applications: unique(z.array(application).min(1).max(LIMITS.APPLICATIONS_PER_DEVICE), 'application'),
  ipp: ippAddress.optional(),
  firmware: firmwareAddress.optional(),
  certificate: certificate.optional(),
  weakTls: z.literal(true).optional(),
  maintenance: maintenanceField.optional(),
  login: deviceLogin.optional(),
  snmp: snmpField.optional(),
  display: z
    .strictObject({ url: displayAddress, secretFile: z.string().min(1), pin: spkiPin.optional() })
    .superRefine(({ url, pin }, context) => {
      if (pin !== undefined && !url.tls) problem(context, 'is only allowed with an https address', ['pin']);
    })
    .transform(({ url, secretFile, pin }) => ({ address: { ...url, certificate: pin }, secretFile }))
    .optional(),
});
const device = deviceFields.transform((fields, context) => {
  const { maintenance, certificate: key, weakTls, ipp, firmware, snmp, ...rest } = fields;
  const { host, port } = rest.display?.address ?? {};
  for (const [index, { target, viewTarget, origins = [] }] of rest.applications.entries())
    if ([target, viewTarget, ...origins].some((each) => each !== undefined && each.host === host && each.port === port))
      return problem(context, 'must not be the display of the device: technicians could answer their own requests', [
        'applications',
        String(index),
      ]);
  if (rest.login && !ipp) return problem(context, 'requires "ipp"', ['login']);
  if (firmware && !ipp)
    return problem(context, 'requires "ipp", to check the version after the installation', ['firmware']);
  if (key !== undefined && !ipp) return problem(context, 'requires "ipp"', ['certificate']);
  const { kind } = rest;
  for (const [index, { protocol }] of rest.applications.entries())
    if (protocol === 'box' && !storesDocuments(kind))
      return problem(context, `a ${kind} has no document boxes`, ['applications', String(index), 'protocol']);
  const snmpHost = snmp && (snmp.host ?? ipp?.host);
  if (snmp && snmpHost === undefined) return problem(context, 'needs "host", or "ipp" beside it', ['snmp']);
  const byIpp = [...BY_IPP, ...(firmware ? (['firmware-install'] as const) : [])];
  const reachable = ipp ? byIpp : snmp ? BY_SNMP : [];
  const possible = reachable.filter((name) => kindHas(kind, name));
  const rules = ownerRules(maintenance);
  const named = Array.isArray(maintenance)
    ? maintenance.map((name, index) => [name, String(index)] as const)
    : (Object.keys(maintenance ?? {}) as Operation[]).map((name) => [name, name] as const);
  for (const [name, at] of named) {
    if (rules[name].do === 'deny') continue;
    if (!kindHas(kind, name)) return problem(context, `a ${kind} has no ${name}`, ['maintenance', at]);
    const missing =
      ipp && name === 'firmware-install' ? '"firmware"' : BY_SNMP.includes(name) ? '"ipp" or "snmp"' : '"ipp"';
    if (!possible.includes(name)) return problem(context, `${name} requires ${missing}`, ['maintenance', at]);
  }
  return {
    ...rest,
    applications: rest.applications.map((each) => withWeakTls(each, weakTls)),
    ipp: ipp && { ...ipp, certificate: key, weakTls },
    firmware: firmware?.kind === 'http' ? { ...firmware, certificate: key, weakTls } : firmware,
    snmp: snmp && { ...snmp, host: snmpHost! },
    rules,
    /** Operations that are possible and not denied. */
    operations: possible.filter((name) => rules[name].do !== 'deny'),
  };
});

function withWeakTls(of: z.output<typeof application>, weakTls: true | undefined) {
  const allowing = <T extends z.output<typeof target> | undefined>(each: T) =>
    each?.tls ? { ...each, weakTls } : each;
  const targets = [of.target, of.viewTarget, ...(of.origins ?? [])];
  const weak = weakTls && targets.some((each) => each?.tls === true);
  return {
    ...of,
    target: allowing(of.target),
    viewTarget: allowing(of.viewTarget),
    ...(of.origins && { origins: of.origins.map(allowing) }),
    ...(weak && { weakTls }),
  };
}

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
 * `proxy`: the outbound proxy, if it is not that of the environment (./proxy).
 *
 * `panel`: loopback address of the local page. With `"lan"` in it, phones in the LAN reach the LAN page over TLS:
 *
 *     "lan": { "host": "0.0.0.0", "port": 8634, "name": "box.example", "certificate": "box.pem", "key": "box.key" }
 *
 * all optional; without `certificate` (PEM, with its chain) and `key`, the agent makes a certificate itself. Passkeys need
 * `name` and a certificate.
 *
 * `state`: folder of the agent's data (default: the folder of this file). `protocol` of an application: `http` for http
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
 * about each operation (maintenance/owner-rules); by default, reading is allowed, and the others need a YES at the device. A
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
 * have a `community` instead. `meterFiles`: files that name the meters of further models (snmp/meter-map.ts).
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
  devices: unique(z.array(device).min(1).max(LIMITS.DEVICES_PER_AGENT), 'device'),
});

const configuration = fields.transform(({ wake, powerSaving, ...rest }, context) => {
  if (wake && powerSaving?.wake)
    return problem(context, 'is also there as "wake"; remove this one', ['powerSaving', 'wake']);
  const address = wake ?? powerSaving?.wake;
  if (powerSaving && !address)
    return problem(context, 'requires "wake", where another agent wakes this one', ['powerSaving']);
  return { ...rest, wake: address, powerSaving: powerSaving && { afterMinutes: powerSaving.afterMinutes } };
});

export type Target = z.output<typeof target> & { readonly weakTls?: boolean };
export type Application = z.output<typeof application>;
export type Device = Omit<z.output<typeof device>, 'login' | 'snmp'> & {
  readonly login?: DeviceLogin;
  readonly snmp?: SnmpAccess;
};
/** Paths of `files` are absolute. */
export type LanPage = z.output<typeof lanPage>;
/** `state` is an absolute folder. */
export type Configuration = Omit<z.output<typeof configuration>, 'devices'> & {
  readonly state: string;
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
  const parsed = parseConfiguration(text, dirname(resolve(file)));
  for (const { display, login, snmp } of parsed.devices) {
    if (display) await readDisplaySecret(display.secretFile);
    for (const secrets of [login, snmp])
      await secrets?.load(file).catch((error: Error) => {
        throw new ConfigurationError([error.message]);
      });
  }
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

/** @param folder base of a relative `state` @throws ConfigurationError */
export function parseConfiguration(text: string, folder: string): Configuration {
  if (text.length > CONFIGURATION_BYTES) throw new ConfigurationError(['the file is too large']);
  const parsed = configuration.safeParse(parseJson(text));
  if (parsed.success) {
    const excess = announcementExcess(parsed.data.devices);
    if (excess === 0) return withAbsolutePaths(parsed.data, folder);
    const why = `too large for one announcement by ${excess} bytes: shorten names, or move some to a second agent`;
    throw new ConfigurationError([`devices: ${why}`]);
  }
  throw new ConfigurationError(
    parsed.error.issues.map((issue) => `${issue.path.join('.') || 'the file'}: ${issue.message}`),
  );
}

function withAbsolutePaths(parsed: z.output<typeof configuration>, folder: string): Configuration {
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
  return { ...parsed, panel, devices, releaseKeyFile, meterFiles, state: resolve(folder, parsed.state ?? '.') };
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

function unique<T extends z.ZodType<{ id: string }[]>>(rows: T, what: string) {
  return rows.superRefine((list, context) => {
    const seen = new Set<string>();
    for (const [index, { id }] of list.entries()) {
      if (seen.has(id))
        context.addIssue({ code: 'custom', path: [index, 'id'], message: `the ${what} ID ${id} is used twice` });
      seen.add(id);
    }
  });
}
