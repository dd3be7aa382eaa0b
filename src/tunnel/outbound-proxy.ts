import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { BlockList, isIP, isIPv6, type Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { LIMITS } from '../protocol/limits';
import { isLoopback } from '../protocol/loopback';
import { authorityOf } from './authority';
import { clockHint, connectTls, endpointOf, isCertificateError, type Trust } from './pinned-tls';
import { withTimeLimit } from './time-limit';

/** How a program reaches the server and the relay out of its network. */
export interface OutboundProxy {
  /** Absent: it dials them itself. */
  readonly server?: ProxyServer;
  /** Hosts, domains and networks that it dials itself all the same, as in NO_PROXY. */
  readonly except: string;
  /** PEM of the authority of a proxy that intercepts TLS. Certificates that it signed are accepted in place of the server's. */
  readonly interceptor?: string;
}
/** An HTTP proxy, and the login there. */
export interface ProxyServer {
  readonly host: string;
  readonly port: number;
  /** It is reached over TLS. `authority`: PEM; replaces the trust anchors of this computer. */
  readonly tls?: Pick<Trust, 'authority'>;
  readonly login?: { readonly user: string; readonly password: string };
}
export const NO_PROXY: OutboundProxy = { except: '' };

/** What a person sets; what is absent comes from the environment. */
export interface ProxySettings {
  /** `http[s]://[user:password@]host[:port]`, or `none`. */
  readonly url?: string;
  /** PEM of the authority that signed the certificate of a proxy over TLS. */
  readonly tlsAuthority?: string;
  readonly login?: ProxyServer['login'];
  readonly except?: readonly string[];
  readonly interceptor?: string;
}

export const PROXY_RULE =
  'must look like http://host:port, https://host:port or http://user:password@host:port, or be none';

/** A setting cannot be used. Its value is not shown, because it may contain a password. */
export class ProxyNotValid extends Error {
  override readonly name = 'ProxyNotValid';
  readonly code = 'proxy-not-valid';
}

/** Why a proxy does not lead to a server. Stable. */
export type ProxyRefusal =
  | 'proxy-unreachable'
  | 'proxy-silent'
  | 'proxy-certificate'
  | 'proxy-login'
  | 'proxy-forbids'
  | 'proxy-cannot-connect'
  | 'proxy-unusable';

/** The connection to a server ended at the proxy. Nothing was sent to the server. */
export class ProxyRefused extends Error {
  override readonly name = 'ProxyRefused';

  constructor(
    readonly reason: ProxyRefusal,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/**
 * The proxy of the settings, otherwise that of `https_proxy` or `HTTPS_PROXY`, with the exceptions of `no_proxy` or `NO_PROXY`.
 * @throws ProxyNotValid
 */
export function outboundProxy(env: NodeJS.ProcessEnv, settings: ProxySettings = {}): OutboundProxy {
  const { login, interceptor, tlsAuthority: authority } = settings;
  for (const pem of [interceptor, authority])
    if (pem !== undefined && authorityOf(pem) === undefined)
      throw new ProxyNotValid('the authority of the proxy must be PEM certificates of authorities');
  const name = settings.url === undefined ? (env.https_proxy ? 'https_proxy' : 'HTTPS_PROXY') : undefined;
  const server = proxyServer(name === undefined ? settings.url : env[name], name ?? 'the address of the proxy');
  const except = name === undefined ? [] : [env.no_proxy || env.NO_PROXY || ''];
  return {
    server: server && { ...server, ...(login && { login }), ...(server.tls && { tls: { authority } }) },
    except: (settings.except ?? except).join(','),
    interceptor,
  };
}

function proxyServer(text: string | undefined, name: string): ProxyServer | undefined {
  if (!text || text === 'none') return undefined;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (
    !url ||
    !['http:', 'https:'].includes(url.protocol) ||
    !url.hostname ||
    url.pathname !== '/' ||
    url.search ||
    url.hash
  )
    throw new ProxyNotValid(`${name} ${PROXY_RULE}`);
  const address = { ...endpointOf(url), ...(url.protocol === 'https:' && { tls: {} }) };
  if (url.username === '') return address;
  try {
    const [user, password] = [url.username, url.password].map(decodeURIComponent) as [string, string];
    return { ...address, login: { user, password } };
  } catch {
    throw new ProxyNotValid(`${name} ${PROXY_RULE}`);
  }
}

/** The proxy that leads to a host; undefined: it is dialled directly. Loopback never leads through a proxy. */
export function proxyTo({ server, except }: OutboundProxy, host: string, port: number): ProxyServer | undefined {
  if (!server || isLoopback(host)) return undefined;
  const excepted = except.split(/[\s,]+/).some((entry) => entry !== '' && matches(entry.toLowerCase(), host, port));
  return excepted ? undefined : server;
}

/** An entry of NO_PROXY: `*`, a host or domain (with all names in it), an address or a network (CIDR); each may have a port. */
function matches(entry: string, host: string, port: number): boolean {
  if (entry === '*') return true;
  const [, name = '', onlyPort] = /^(\[[^\]]*\]|[^:]*|[0-9a-f:./]*:[0-9a-f:./]*?)(?::(\d+))?$/.exec(entry) ?? [];
  const whole = isIPv6(entry.split('/')[0]!) ? entry : name.replace(/^\[|\]$/g, '');
  if (whole !== entry && onlyPort !== undefined && Number(onlyPort) !== port) return false;
  if (isIP(host)) return isWithin(host, whole);
  const domain = whole.replace(/^\*?\./, '').replace(/\.$/, '');
  const wanted = host.toLowerCase().replace(/\.$/, '');
  return domain !== '' && (wanted === domain || wanted.endsWith(`.${domain}`));
}

function isWithin(address: string, entry: string): boolean {
  const [network = '', prefix] = entry.split('/');
  const family = (text: string) => (isIPv6(text) ? 'ipv6' : 'ipv4');
  if (isIP(network) === 0) return false;
  const list = new BlockList();
  if (prefix === undefined) list.addAddress(network, family(network));
  else if (/^\d+$/.test(prefix) && Number(prefix) <= (isIPv6(network) ? 128 : 32))
    list.addSubnet(network, Number(prefix), family(network));
  return list.check(address, family(address));
}

const at = (host: string, port: number): string => `${host.includes(':') ? `[${host}]` : host}:${port}`;

/**
 * A TCP connection through the proxy (CONNECT, RFC 9110 9.3.6), which resolves the name.
 * @throws ProxyRefused, the reason of `signal`
 */
export function dialThrough(proxy: ProxyServer, host: string, port: number, signal?: AbortSignal): Promise<Socket> {
  const name = `the proxy ${at(proxy.host, proxy.port)}`;
  return withTimeLimit(LIMITS.PROXY_ANSWER_MS, signal, (limited) => ask(proxy, at(host, port), limited)).catch(
    (error: NodeJS.ErrnoException) => {
      signal?.throwIfAborted();
      if (error instanceof ProxyRefused) throw error;
      const cause = { cause: error };
      if (error.name === 'TimeoutError' || error.name === 'AbortError')
        throw new ProxyRefused(
          'proxy-silent',
          `${name} does not answer; check its address, and whether it can reach ${at(host, port)}`,
          cause,
        );
      const { code = '' } = error;
      if (isCertificateError(code))
        throw new ProxyRefused(
          'proxy-certificate',
          `the certificate of ${name} cannot be verified (${code}); name the authority that signed it in the settings of the ` +
            `proxy, or check its address${clockHint(code)}`,
          cause,
        );
      if (/^(HPE|ERR_SSL)_|^(ECONNRESET|EPROTO)$/.test(code))
        throw new ProxyRefused('proxy-unusable', `${name} does not answer as an HTTP proxy; check its address`, cause);
      const why = code || error.message;
      throw new ProxyRefused('proxy-unreachable', `${name} cannot be reached (${why}); check its address`, cause);
    },
  );
}

function ask(proxy: ProxyServer, target: string, signal: AbortSignal): Promise<Socket> {
  const { host, port, login, tls } = proxy;
  const basic = login && Buffer.from(`${login.user}:${login.password}`).toString('base64');
  const headers = { Host: target, ...(basic !== undefined && { 'Proxy-Authorization': `Basic ${basic}` }) };
  return new Promise((resolve, reject) => {
    const options = { host, port, method: 'CONNECT', path: target, headers, agent: false, signal } as const;
    // otherwise, Node takes the name in the certificate from `Host`
    const servername = isIP(host) ? '' : host;
    const request = tls
      ? httpsRequest({ ...options, servername, ca: tls.authority, minVersion: 'TLSv1.2' })
      : httpRequest(options);
    request.on('error', reject);
    // with CONNECT also for refusals
    request.on('connect', (answer: IncomingMessage, socket: Socket, head: Buffer) => {
      socket.on('error', () => undefined); // until somebody uses it
      const refusal = refusalOf(answer, proxy, target, head);
      if (!refusal) return resolve(socket.setNoDelay(true));
      socket.destroy();
      reject(refusal);
    });
    request.end();
  });
}

function refusalOf(answer: IncomingMessage, proxy: ProxyServer, target: string, head: Buffer): Error | undefined {
  const { statusCode: status = 0, headers } = answer;
  const name = `the proxy ${at(proxy.host, proxy.port)}`;
  if (status >= 200 && status < 300)
    // a TLS server says nothing before its client
    return head.length === 0
      ? undefined
      : new ProxyRefused('proxy-unusable', `${name} sent data of its own instead of those of ${target}`);
  if (status === 407) return new ProxyRefused('proxy-login', loginProblem(name, proxy, headers['proxy-authenticate']));
  if (status === 502 || status === 503 || status === 504)
    return new ProxyRefused(
      'proxy-cannot-connect',
      `${name} cannot connect to ${target} (status ${status}); check the name and the port of the server`,
    );
  if (status >= 400 && status < 500)
    return new ProxyRefused(
      'proxy-forbids',
      `${name} does not permit CONNECT to ${target} (status ${status}); have its administrator permit it`,
    );
  return new ProxyRefused('proxy-unusable', `${name} answered with status ${status}; check its address`);
}

function loginProblem(name: string, { login }: ProxyServer, offered: string | string[] | undefined): string {
  const methods = [offered ?? []].flat().join(', ');
  if (methods !== '' && !/\bbasic\b/i.test(methods)) {
    const schemes = methods.match(/\b(Negotiate|NTLM|Digest|Bearer)\b/gi)?.join(', ') ?? 'another method';
    return `${name} demands a login that is not supported (${schemes}); have its administrator permit Basic for this computer, or none`;
  }
  if (login) return `${name} does not accept the login; check user and password`;
  return `${name} demands a login; add user and password to its settings`;
}

/** What `createConnection` of a request calls when the connection exists; see `node:http`. */
type Created = (error: Error | null, socket: TLSSocket) => void;

/** `createConnection` of an HTTPS request or of a WebSocket: TLS to the server of the URL, through the proxy that leads there. */
export function tlsDialler(url: URL, trust: Trust, outbound: OutboundProxy, ALPNProtocols: string[] = ['http/1.1']) {
  const { host, port } = endpointOf(url);
  const more = { interceptor: outbound.interceptor, ALPNProtocols };
  const proxy = proxyTo(outbound, host, port);
  return (_options: object, created: Created): TLSSocket | undefined => {
    if (!proxy) return connectTls(url, trust, more);
    dialThrough(proxy, host, port).then(
      (socket) => created(null, connectTls(url, trust, { ...more, socket })),
      (error: Error) => created(error, undefined as never),
    );
    return undefined;
  };
}
