import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { about } from '../protocol/api';
import { check, note, problem, type CheckFinding as Finding } from '../protocol/check-finding';
import { LIMITS } from '../protocol/limits';
import { isLoopback } from '../protocol/loopback';
import { parseJson } from '../protocol/parse-json';
import { PROTOCOL_VERSION } from '../protocol/version';
import { proxyTo, ProxyRefused, tlsDialler, type OutboundProxy } from '../tunnel/outbound-proxy';
import {
  CertificateMismatch,
  clockHint,
  endpointOf,
  INTERCEPTED,
  isCertificateError,
  type Trust,
} from '../tunnel/pinned-tls';
import { withTimeLimit } from '../tunnel/time-limit';
import { readConfiguration, type Configuration, type Device } from './configuration/configuration';
import { ConfigurationError } from './configuration/configuration.errors';
import { readProxy } from './configuration/proxy';
import type { SnmpAccess } from './configuration/snmp-access';
import { DeviceUnreachable } from './device/device-access';
import { IppDevice } from './device/ipp-device';
import {
  credentialsFileFor,
  CredentialsUnusable,
  readCredentials,
  refuseExisting,
  type Credentials,
} from './enrolment/credentials';
import { serverSocket } from './secure-socket';
import type { MeterMap } from './snmp/meter-map';
import { SHIPPED_METERS } from './snmp/shipped-meters';
import { SnmpDevice } from './snmp/snmp-device';

export interface CheckOptions {
  readonly config: string;
  readonly credentials?: string;
  /** `wss://...`, as in PLATEN_RELAY_PUBLIC_URL. */
  readonly relay?: string;
}

/** `platen agent check`: prints one line for each finding, problems on standard error; exit code 1 if there are any. */
export async function checkAgent({ config, credentials, relay }: CheckOptions): Promise<void> {
  try {
    const configuration = await readConfiguration(config);
    const outbound = await readProxy(config, process.env);
    const { devices, meterMaps = [] } = configuration;
    const applications = devices.flatMap((device) => device.applications);
    process.stdout.write(`${config}: ${devices.length} device(s), ${applications.length} application(s)\n`);
    const file = credentials ?? credentialsFileFor(config);
    const isEnrolled = await refuseExisting(file).then(
      () => false,
      () => true,
    );
    const server = isEnrolled
      ? serverChecks(configuration, await readCredentials(file), outbound, relay)
      : [Promise.resolve(note('server', 'not checked, because this agent is not enrolled yet'))];
    for (const checked of [...server, ...devices.flatMap((device) => deviceChecks(device, meterMaps))]) {
      const { subject, isProblem, text } = await checked;
      (isProblem ? process.stderr : process.stdout).write(`${subject}: ${text}\n`);
      if (isProblem) process.exitCode = 1;
    }
  } catch (error) {
    if (!(error instanceof ConfigurationError || error instanceof CredentialsUnusable)) throw error;
    const lines = error instanceof ConfigurationError ? error.problems : [error.message];
    process.stderr.write(lines.map((line) => `${line}\n`).join(''));
    process.exitCode = 1;
  }
}

/** The ways to the server, all at the same time. @param relay its address; null: no line about relays */
export function serverChecks(
  { server }: Pick<Configuration, 'server'>,
  account: Credentials,
  outbound: OutboundProxy,
  relay?: string | null,
): Promise<Finding>[] {
  const { pin, nextPin, authority } = account;
  const trust = { pin, nextPin, authority };
  const { host, port } = account.xmpp;
  const channel = new URL(`https://${host.includes(':') ? `[${host}]` : host}:${port}`);
  const origin = server ?? account.server;
  const explained = (url: URL) => (error: NodeJS.ErrnoException) => explain(error, url, outbound);

  const answers = async (url: URL): Promise<IncomingMessage> => {
    await resolved(url, outbound);
    const socket = url.protocol === 'https:' ? await serverSocket(url, trust, outbound) : undefined;
    const request = httpRequest(url.href.replace(/^https:/, 'http:'), {
      headers: { host: url.host },
      signal: AbortSignal.timeout(LIMITS.DIAL_TIMEOUT_MS),
      ...(socket ? { createConnection: () => socket } : { agent: false }),
    });
    request.end();
    const [answer] = (await once(request, 'response')) as [IncomingMessage];
    return answer;
  };
  const checks = [
    check(
      `control channel ${channel.host}`,
      async () => {
        await resolved(channel, outbound);
        await handshake(channel, { pin, nextPin }, outbound);
        return `is reached, and has the key of the enrolment${through(channel, outbound)}`;
      },
      explained(channel),
    ),
  ];
  if (origin !== undefined) {
    const url = new URL('/api/about', origin);
    checks.unshift(
      check(
        `server ${url.host}`,
        async () => `${await describe(await answers(url))}${through(url, outbound)}`,
        explained(url),
      ),
    );
  }
  if (relay === null) return checks;
  if (relay === undefined) checks.push(Promise.resolve(note('relay', 'not checked; name its address with --relay')));
  else if (!URL.canParse(relay) || new URL(relay).protocol !== 'wss:')
    checks.push(Promise.resolve(problem('relay', `${relay} must look like wss://host:port or wss://host/1`)));
  else {
    const url = new URL(relay.replace(/^wss:/, 'https:').replaceAll('{pair}', '1'));
    const work = async () => {
      (await answers(url)).destroy();
      return `answers${through(url, outbound)}`;
    };
    checks.push(check(`relay ${url.host}`, work, explained(url)));
  }
  return checks;
}

function through(url: URL, outbound: OutboundProxy): string {
  const { host, port } = endpointOf(url);
  const proxy = proxyTo(outbound, host, port);
  return proxy ? `, through the proxy ${proxy.host}:${proxy.port}` : '';
}

/** Without a proxy, this computer has to know the name. @throws the error of the resolver */
async function resolved(url: URL, outbound: OutboundProxy): Promise<void> {
  const { host, port } = endpointOf(url);
  if (isIP(host) === 0 && !isLoopback(host) && !proxyTo(outbound, host, port)) await lookup(host);
}

/** TLS only, because a login would end that of the running agent. */
async function handshake(url: URL, trust: Trust, outbound: OutboundProxy): Promise<void> {
  const socket = await new Promise<Socket>((resolve, reject) => {
    const dialled = tlsDialler(url, trust, outbound, ['xmpp-client'])({}, (error, later) =>
      error ? reject(error) : resolve(later),
    );
    if (dialled) resolve(dialled);
  });
  socket.on('error', () => undefined); // a wrong key is reported after secureConnect
  try {
    await withTimeLimit(LIMITS.DIAL_TIMEOUT_MS, undefined, (signal) => once(socket, 'secureConnect', { signal }));
    if (socket.errored) throw socket.errored;
  } finally {
    socket.destroy();
  }
}

/** @throws Error if it is no server that this agent can use */
async function describe(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    if (chunks.reduce((sum, { length }) => sum + length, 0) > LIMITS.API_BODY_BYTES) break;
  }
  const { data } = about.safeParse(parseJson(Buffer.concat(chunks).toString()));
  if (!data)
    throw new Error(
      `is not a Platen server (status ${answer.statusCode}); check the address, and the reverse proxy in front of it`,
    );
  if (data.protocol !== PROTOCOL_VERSION)
    throw new Error(
      `has protocol version ${data.protocol}, and this agent ${PROTOCOL_VERSION}; install the same version of Platen`,
    );
  const wrongMs = Math.abs(Date.parse(answer.headers.date ?? '') - Date.now());
  if (wrongMs > LIMITS.CLOCK_TOLERANCE_MS)
    throw new Error(`has another time (${answer.headers.date}); set the clock of this computer`);
  return `answers, version ${data.version}`;
}

const NO_NAME = ['ENOTFOUND', 'EAI_AGAIN', 'ENODATA'];

function explain(error: NodeJS.ErrnoException, url: URL, outbound: OutboundProxy): string {
  const { code = '', message, name } = error;
  const { host, port } = endpointOf(url);
  if (error instanceof ProxyRefused) return message;
  if (error instanceof CertificateMismatch) {
    if (error.interceptor !== undefined) return `${message}; ${INTERCEPTED}`;
    return `${message}; if it was changed on purpose, enrol this agent again`;
  }
  if (isCertificateError(code))
    return `its certificate cannot be verified (${code}); ${CERTIFICATE_HELP}${clockHint(code)}`;
  if (NO_NAME.includes(code)) return `the name ${host} cannot be resolved (${code}); check DNS, or set "proxy"`;
  const isSilent = name === 'TimeoutError' || name === 'AbortError' || code === 'ETIMEDOUT';
  if (isSilent || code !== '') {
    const why = isSilent ? 'no answer' : code;
    const way = proxyTo(outbound, host, port) ? 'behind the proxy' : 'of this network';
    return `cannot be reached (${why}); have TCP port ${port} to ${host} permitted in the firewall ${way}`;
  }
  return message;
}

const CERTIFICATE_HELP = 'if a private authority signed it, enrol this agent again with --authority';

/** The addresses of a device in the configuration, all at the same time. */
export function deviceChecks(device: Device, meterMaps: readonly MeterMap[] = []): Promise<Finding>[] {
  const { id, ipp, snmp, firmware, applications, display } = device;
  const reached = (what: string, address: { host: string; port: number; tls?: boolean }): Promise<Finding> =>
    check(
      `${id} ${what}`,
      async () => {
        await answersAt(address);
        return `${at(address)} takes connections`;
      },
      ({ code = '', message, name }) => {
        if (NO_NAME.includes(code)) return `the name ${address.host} cannot be resolved (${code}); check DNS`;
        const why = name === 'TimeoutError' ? 'no answer' : code || message;
        return `${at(address)} cannot be reached (${why}); check that the device is on, and its address and port`;
      },
    );
  const viewed = applications.flatMap(({ id: name, target, viewTarget }) => [
    reached(name, target),
    ...(viewTarget ? [reached(`${name} (view only)`, viewTarget)] : []),
  ]);
  return [
    ...(ipp
      ? [
          check(
            `${id} IPP`,
            () => ippAnswer(device),
            ({ message }) => message,
          ),
        ]
      : []),
    ...(snmp
      ? [
          check(
            `${id} SNMP`,
            () => snmpAnswer(snmp, meterMaps),
            (error) => explainSnmp(error, snmp),
          ),
        ]
      : []),
    ...viewed,
    ...(firmware ? [reached('firmware', firmware.kind === 'raw' ? { ...firmware, tls: false } : firmware)] : []),
    ...(display ? [reached('display', display.address)] : []),
  ];
}

async function ippAnswer(device: Device): Promise<string> {
  const access = new IppDevice(device);
  if (!device.login) {
    const { model } = await access.information();
    return model ? `answers, ${model}` : 'answers';
  }
  return (await access.checkLogin())
    ? 'the device accepts the login'
    : 'the device asks for no login to be read; whether it is right shows at a restart or an installation';
}

async function snmpAnswer(snmp: SnmpAccess, meterMaps: readonly MeterMap[]): Promise<string> {
  const access = new SnmpDevice(snmp, [...meterMaps, ...SHIPPED_METERS]);
  const { model, serialNumber } = await access.information();
  const { size } = access.vendorCounters;
  const facts = [
    ...(model ? [model] : []),
    serialNumber ? `serial number ${serialNumber}` : 'no serial number',
    size > 0 ? `${size} meters of the vendor` : 'no meters of the vendor',
  ];
  return `answers in version ${snmp.version}: ${facts.join(', ')}`;
}

/** A device does not answer at all if the community is not the right one. */
function explainSnmp(error: Error, snmp: SnmpAccess): string {
  if (!(error instanceof DeviceUnreachable) || error.cause !== undefined) return error.message;
  return `${at(snmp)} (UDP) does not answer by SNMP; check that SNMP is switched on at the device, community or user, address and firewalls`;
}

const at = ({ host, port }: { host: string; port: number }): string =>
  `${host.includes(':') ? `[${host}]` : host}:${port}`;

async function answersAt({ host, port, tls = false }: { host: string; port: number; tls?: boolean }): Promise<void> {
  const socket = tls
    ? connectTls({ host, port, servername: isIP(host) ? '' : host, rejectUnauthorized: false, minVersion: 'TLSv1' })
    : connectTcp({ host, port });
  try {
    await withTimeLimit(LIMITS.DIAL_TIMEOUT_MS, undefined, (signal) =>
      once(socket, tls ? 'secureConnect' : 'connect', { signal }),
    );
  } finally {
    socket.on('error', () => undefined).destroy();
  }
}
