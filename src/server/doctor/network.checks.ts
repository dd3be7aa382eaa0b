import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { createServer, isIP } from 'node:net';
import { join } from 'node:path';
import { z } from 'zod';
import { about } from '../../protocol/api';
import { check, note, problem, type CheckFinding } from '../../protocol/check-finding';
import { isLoopback } from '../../protocol/loopback';
import { parseJson } from '../../protocol/parse-json';
import { clockHint, endpointOf, isCertificateError, type Trust } from '../../tunnel/pinned-tls';
import type { Certificate } from '../config/certificate';
import type { Config } from '../config/config';
import { listenFailure } from '../http/listen-failure';
import { ownUrlOf, publicUrlOf } from '../http/own-url';
import { RELAY_FOLDER, relayUrl } from '../relays/relay-environment';
import { runningRelay } from '../relays/relay-process';
import { validUntil } from './certificate.checks';
import { answerOf, handshake } from './probes';
import { shownSite, siteName } from './site-name';

/** Of the console's live channel, to a request without a login. */
const REFUSED = 401;

/** Of `/readyz`. */
const readiness = z.object({ error: z.record(z.string(), z.object({ message: z.string().optional() })).optional() });

/** Whether a server of these settings runs on this machine, and what is not ready. */
export async function runningServer(config: Config): Promise<{ runs: boolean; finding: CheckFinding }> {
  const url = new URL('/readyz', ownUrlOf(config, config.http.port));
  try {
    // the certificate is for its public names; on this machine, the port says which server it is
    const { status, body } = await answerOf(url, { unverified: true });
    const { data } = readiness.safeParse(parseJson(body));
    if (!data) {
      const foreign = `another program answers at its port (${url.host}); stop it, or set PLATEN_PORT`;
      return { runs: false, finding: problem('server', foreign) };
    }
    const down = Object.entries(data.error ?? {}).map(([name, { message = 'down' }]) => `${name} (${message})`);
    const finding =
      status === 200 ? note('server', 'runs, and is ready') : problem('server', `is not ready: ${down.join(', ')}`);
    return { runs: true, finding };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const text = `does not run (${code ?? message}); what is checked at a running one is left out`;
    return { runs: false, finding: problem('server', text) };
  }
}

const CONTINUES =
  'maybe with sessions: start the server, and it continues with them; otherwise the relay exits 10 minutes after the last session';

/** Whether a server could listen on its ports. */
export function portChecks({ data, http, xmpp, relay }: Config): Promise<CheckFinding>[] {
  const ports = [
    { name: 'port of console and API', host: http.host, port: http.port },
    // otherwise it is the engine's
    ...(xmpp.component ? [] : [{ name: 'port of the control channel', host: xmpp.host, port: xmpp.port }]),
    ...(relay.local ? [{ name: 'port of the relay', host: relay.host, port: relay.port }] : []),
  ];
  const left = relay.local && runningRelay(join(data, RELAY_FOLDER));
  return ports.map(({ name, host, port }) =>
    check(
      name,
      async () => {
        if (left && port === relay.port && left.environment.PLATEN_RELAY_PORT === String(port))
          return `${host}:${port} is used by the relay that a killed server has left (process ${left.pid}), ${CONTINUES}`;
        const server = createServer().listen(port, host);
        await once(server, 'listening').finally(() => server.close());
        return `${host}:${port} is free`;
      },
      (error) => listenFailure(error) ?? error.message,
    ),
  );
}

/** The ways that agents, technicians and browsers take, tried from this machine, all at the same time. */
export function waysIn(config: Config, certificate: Certificate): Promise<CheckFinding>[] {
  const { http, xmpp } = config;
  const { authority } = certificate;
  const ownKey = http.tls && certificate.selfSigned;
  const trust: Trust = ownKey ? { pin: certificate.pin } : { authority };
  const url = new URL(publicUrlOf(config, http.port));
  const site = siteName(config);
  const host = xmpp.publicHost ?? xmpp.host;
  const channel = new URL(`https://${host.includes(':') ? `[${host}]` : host}:${xmpp.publicPort ?? xmpp.port}`);
  return [
    way('console and API', url, async () => {
      const { body, status, presented } = await answerOf(new URL('/api/about', url), { trust });
      const { data } = about.safeParse(parseJson(body));
      if (!data) throw new Error(`another program answers there (status ${status}); check the reverse proxy and DNS`);
      return `version ${data.version} answers${validUntil(presented)}`;
    }),
    way('live state of the console', url, async () => {
      const { status } = await answerOf(new URL('/api/live', url), {
        trust,
        headers: { ...UPGRADE, origin: url.origin },
      });
      if (status === REFUSED) return 'WebSocket connections pass';
      throw new Error(
        `WebSocket connections do not pass (status ${status}); the reverse proxy has to pass on Upgrade, Connection and Host`,
      );
    }),
    way('control channel', channel, async () => {
      const { pin, next } = certificate.controlChannel;
      await handshake(channel, { pin, nextPin: next?.pin });
      return 'has the key that agents expect';
    }),
    relayCheck(config, trust),
    ...(site === undefined ? [] : [siteCheck(url, site, trust)]),
    ...http.otherNames.map((name) => {
      const other = new URL(url);
      other.hostname = name;
      return way('further name of the console', other, async () => {
        await answerOf(new URL('/api/about', other), { trust });
        return 'answers';
      });
    }),
  ];
}

async function relayCheck(config: Config, trust: Trust): Promise<CheckFinding> {
  const announced = relayUrl(config);
  if (!config.relay.local) return note('relay', 'relays on other machines are not checked from here');
  if (announced === undefined) return note('relay', 'chooses its port itself, so it is not checked');
  const url = new URL(announced.replace(/^ws/, 'http').replaceAll('{pair}', '1'));
  return way('relay', url, async () => `answers${validUntil((await answerOf(url, { trust })).presented)}`);
}

/** Each session's pages have a name of their own under the domain. */
function siteCheck(console: URL, name: string, trust: Trust): Promise<CheckFinding> {
  const site = new URL('/', console);
  site.hostname = name;
  return way('pages of devices', site, async () => `answers${validUntil((await answerOf(site, { trust })).presented)}`);
}

const UPGRADE = {
  connection: 'Upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': Buffer.alloc(16).toString('base64'),
};

function way(subject: string, url: URL, work: () => Promise<string>): Promise<CheckFinding> {
  const { host, port } = endpointOf(url);
  const at = `${shownSite(host)}:${port}`;
  return check(
    subject,
    async () => {
      if (isIP(host) === 0 && !isLoopback(host)) await lookup(host);
      return `${at}: ${await work()}${isLoopback(host) ? '; other machines cannot reach it' : ''}`;
    },
    (error) => `${at}: ${explain(error, host)}`,
  );
}

function explain({ code = '', message, name }: NodeJS.ErrnoException, host: string): string {
  if (['ENOTFOUND', 'EAI_AGAIN', 'ENODATA'].includes(code))
    return `the name ${shownSite(host)} cannot be resolved (${code}); make a DNS record for it`;
  if (isCertificateError(code))
    return `its certificate cannot be verified (${code}): ${message}${clockHint(code)}; check its names, its chain and PLATEN_TLS_CA`;
  if (name === 'TimeoutError') return 'no answer; check firewalls and the forwarding of this port';
  return code ? `cannot be reached (${code}); check the address, the reverse proxy and firewalls` : message;
}
