import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { parse } from 'cookie';
import type { Journal } from '../../journal/journal';
import {
  changePinBody,
  loginBody,
  emptyBody,
  pairBody,
  passkeyBody,
  type LoginState,
} from '../../protocol/approver-page';
import { LIMITS } from '../../protocol/limits';
import { parseJson } from '../../protocol/parse-json';
import { ProblemError } from '../../protocol/problems';
import { builtPage } from '../../static/built-page';
import { limitConnections } from '../../tunnel/connection-limits';
import type { LanPage } from '../configuration/configuration';
import { EventStream } from '../panel/event-stream';
import {
  PageProblem,
  pageProblem,
  readBody,
  sendError,
  sendFile,
  sendJson,
  sendProblem,
  setPageHeaders,
} from '../panel/page-http';
import { panelActionAt, perform, type PanelAction, type PanelActions } from '../panel/panel-actions';
import { allowedHosts, DEFAULT_PORT, refusalOf } from '../panel/request-guard';
import type { Approvers, PairedPhone } from './approvers';
import type { LanCertificate } from './lan-address';
import { lanOrigin } from './lan-address';
import { lanView, mayAnswerFor } from './lan-view';
import { Passkeys } from './passkeys';

/** `__Host-`: browsers accept it over TLS only, for this host only (RFC 6265bis 4.1.3.2). */
const COOKIE = '__Host-platen-phone';
/** A paired phone is remembered this long after its last login, the longest that browsers allow. */
const COOKIE_SECONDS = 400 * 24 * 60 * 60;
const PASSKEY_BODY_BYTES = 16 * 1024;
const CLOSE_IDLE_MS = 5_000;

export interface LanServerOptions {
  readonly lan: LanPage;
  readonly certificate: LanCertificate;
  readonly approvers: Approvers;
  readonly actions: PanelActions;
  readonly journal: Journal;
}

type Act = (body: unknown, response: ServerResponse, phone: PairedPhone | undefined) => Promise<object | void> | void;

/** The web server of the LAN page, where approvers answer on their phones. Without login it shows nothing but the login. */
export class LanServer {
  readonly #events = new EventStream((phoneId) => this.#viewOf(phoneId), LIMITS.LAN_PAGES_PER_PHONE);
  readonly #files = builtPage('lan-approval');
  readonly #server: Server;
  #hosts: ReadonlySet<string> = new Set();
  #passkeys: Passkeys | undefined;
  #origin = '';

  constructor(private readonly options: LanServerOptions) {
    const { certificate, journal, approvers } = options;
    const timeouts = {
      requestTimeout: LIMITS.LAN_PAGE_REQUEST_MS,
      headersTimeout: LIMITS.LAN_PAGE_REQUEST_MS,
      handshakeTimeout: LIMITS.LAN_PAGE_REQUEST_MS,
      keepAliveTimeout: CLOSE_IDLE_MS,
      connectionsCheckingInterval: 1_000,
    };
    const tls = { cert: certificate.certificate, key: certificate.key, minVersion: 'TLSv1.2' } as const;
    this.#server = createServer({ ...tls, ...timeouts }, (request, response) => {
      this.#answer(request, response).catch((error: unknown) => {
        const incident = journal.unexpected(error, 'answering the LAN page');
        if (response.headersSent) response.destroy();
        else sendProblem(response, { status: 500, code: 'internal-error', detail: `incident ${incident}` });
      });
    });
    limitConnections(this.#server, {
      most: LIMITS.LAN_PAGE_CONNECTIONS,
      perNetwork: LIMITS.LAN_PAGE_CONNECTIONS_PER_ADDRESS,
    });
    this.#server.on('tlsClientError', (_error, socket) => socket.destroy());
    approvers.onChange(() => this.changed());
  }

  /** For phones; empty before `listen`. */
  get origin(): string {
    return this.#origin;
  }

  /** Rejects if the port is not available. */
  async listen(): Promise<void> {
    if (this.#files.size === 0) throw new Error('the LAN page has not been built: npm run build');
    const { lan, certificate, journal } = this.options;
    await once(this.#server.listen(lan.port, lan.host), 'listening');
    const { port } = this.#server.address() as AddressInfo;
    this.#origin = lanOrigin(lan, port);
    this.#hosts = allowedHosts([lan.host, ...(lan.name === undefined ? [] : [lan.name])], port, DEFAULT_PORT.https);
    if (lan.name !== undefined && !certificate.selfSigned) this.#passkeys = new Passkeys(lan.name, this.#origin);
    journal.info('LAN page listening', { url: this.#origin, certificateFingerprint: certificate.fingerprint });
  }

  /** Sends its current state to every open page; closes those whose login has ended. */
  changed(): void {
    this.#events.changed();
  }

  async close(): Promise<void> {
    this.#events.close();
    this.#server.closeAllConnections();
    if (!this.#server.listening) return;
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    setPageHeaders(response);
    try {
      const refusal = refusalOf(request, this.#hosts, 'https');
      if (refusal) throw new PageProblem(refusal.status, 'refused', refusal.detail);
      // Every browser sends it with a POST; other programs have no login here.
      if (request.method === 'POST' && request.headers.origin === undefined)
        throw pageProblem('refused', 'the request has no Origin');
      const path = request.url?.split('?')[0] ?? '';
      const phone = this.options.approvers.phoneWith(parse(request.headers.cookie ?? '')[COOKIE]);
      if (request.method === 'POST') await this.#act(path, request, response, phone);
      else this.#show(path, response, phone);
    } catch (error) {
      sendError(response, error);
    }
  }

  #show(path: string, response: ServerResponse, phone: PairedPhone | undefined): void {
    if (path === '/login') return sendJson(response, this.#loginState(phone, response.req.headers.host));
    if (path === '/events') {
      if (this.#events.add(response, this.#loggedIn(phone).phone.id)) return;
      throw pageProblem('overloaded', 'too many pages are open');
    }
    const file = this.#files.get(path === '/' || /^\/devices\/[^/]+$/.test(path) ? 'index.html' : path.slice(1));
    if (!file) throw new PageProblem(404, 'not-found', 'no such page');
    sendFile(response, file);
  }

  async #act(
    path: string,
    request: IncomingMessage,
    response: ServerResponse,
    phone: PairedPhone | undefined,
  ): Promise<void> {
    const act = this.#acts.get(path) ?? this.#panelAct(path);
    if (!act) throw new PageProblem(404, 'not-found', 'no such action');
    const body = parseJson(await readBody(request, path.startsWith('/passkey') ? PASSKEY_BODY_BYTES : undefined));
    const answer = await act(body, response, phone);
    if (answer) sendJson(response, answer);
    else response.writeHead(204).end();
  }

  readonly #acts = new Map<string, Act>([
    [
      '/pair',
      async (body, response) => {
        const { code, name, pin } = pairBody.parse(body);
        setPhone(response, await this.options.approvers.pair(code, name, pin, addressOf(response)));
      },
    ],
    [
      '/login',
      async (body, response, phone) => {
        const { pin } = loginBody.parse(body);
        const tried = this.options.approvers.tries.begin(addressOf(response));
        if (!phone) throw pageProblem('not-paired', 'this phone is not paired');
        tried.right(); // the PINs of a paired phone have limits of their own
        await this.options.approvers.login(phone, pin);
        setPhone(response, parse(response.req.headers.cookie ?? '')[COOKIE]!);
      },
    ],
    [
      '/logout',
      (body, _response, phone) => {
        emptyBody.parse(body);
        this.options.approvers.logout(this.#loggedIn(phone));
      },
    ],
    [
      '/pin',
      async (body, _response, phone) => {
        const { pin, newPin } = changePinBody.parse(body);
        await this.options.approvers.changePin(this.#loggedIn(phone), pin, newPin);
      },
    ],
    [
      '/passkeys/options',
      async (body, _response, phone) => {
        emptyBody.parse(body);
        const { phone: at, approver } = this.#proven(phone);
        return this.#offered().registrationOptions(at.id, approver);
      },
    ],
    [
      '/passkeys',
      async (body, _response, phone) => {
        const { response } = passkeyBody.parse(body);
        const at = this.#proven(phone);
        const passkey = await this.#offered().register(at.phone.id, response);
        this.options.approvers.addPasskey(this.#loggedIn(at), passkey);
      },
    ],
    [
      '/passkey-login/options',
      async (body, response) => {
        emptyBody.parse(body);
        this.options.approvers.tries.begin(addressOf(response)).right();
        return this.#offered().loginOptions();
      },
    ],
    [
      '/passkey-login',
      async (body, response, phone) => {
        const { response: credential } = passkeyBody.parse(body);
        const { approvers } = this.options;
        const tried = approvers.tries.begin(addressOf(response));
        const known = approvers.passkey(credential.id);
        if (!known) throw pageProblem('passkey-refused', 'this passkey is unknown; use the PIN');
        const verified = await this.#offered().verify(known.passkey, credential);
        tried.right();
        const token = approvers.loginWithPasskey(verified, known.approver.id, phone);
        setPhone(response, token ?? parse(response.req.headers.cookie ?? '')[COOKIE]!);
      },
    ],
  ]);

  #panelAct(path: string): Act | undefined {
    const actionOf = panelActionAt(path);
    return (
      actionOf &&
      (async (body, _response, phone) => {
        const { phone: at, approver } = this.#loggedIn(phone);
        const action = actionOf(body);
        const deviceId = this.options.actions.deviceOf(action);
        if (deviceId === undefined || !mayAnswerFor(approver, deviceId))
          throw new ProblemError('not-found', 'no such session, device or condition');
        if (lasts(action) && !approver.setsConditions)
          throw pageProblem('not-permitted', 'this approver may not set access conditions');
        if (widens(action)) this.#proven(phone);
        await perform(action, { where: 'approver', name: approver.name, proof: at.proof }, this.options.actions);
      })
    );
  }

  #offered(): Passkeys {
    if (!this.#passkeys) throw new PageProblem(404, 'not-found', 'this page has no name and certificate for passkeys');
    return this.#passkeys;
  }

  #loggedIn(phone: PairedPhone | undefined): PairedPhone {
    const found = phone && this.options.approvers.loggedIn(phone.phone.id);
    if (!found) throw new ProblemError('not-logged-in', 'log in first');
    return found;
  }

  #proven(phone: PairedPhone | undefined): PairedPhone {
    const found = this.#loggedIn(phone);
    if (!this.options.approvers.provenUntil(found.phone.id))
      throw pageProblem('proof-required', 'enter your PIN again');
    return found;
  }

  #loginState(phone: PairedPhone | undefined, host = ''): LoginState {
    // under an address instead of the name, browsers have no passkeys
    const passkeys = this.#passkeys !== undefined && this.#origin === `https://${host.toLowerCase()}`;
    if (!phone) return { state: 'unknown', name: null, passkeys };
    const isLoggedIn = this.options.approvers.loggedIn(phone.phone.id) !== undefined;
    return { state: isLoggedIn ? 'logged-in' : 'paired', name: phone.approver.name, passkeys };
  }

  #viewOf(phoneId: string): object | undefined {
    const { approvers, actions } = this.options;
    const found = approvers.loggedIn(phoneId);
    return found && lanView(actions.view(), found.approver, approvers.provenUntil(phoneId) ?? null);
  }
}

/** Whether an action permits something beyond the present session. */
const lasts = (action: PanelAction): boolean =>
  action.do === 'set-condition' || (action.do === 'decide-origin' && action.decision === 'permitted');

/** Whether an action opens anything; what ends or declines never needs a proof beyond the login. */
const widens = (action: PanelAction): boolean =>
  lasts(action) ||
  (action.do === 'decide' && action.answer.decision === 'approved') ||
  (action.do === 'decide-job' && action.decision === 'approved');

const addressOf = ({ req }: ServerResponse): string => req.socket.remoteAddress ?? '';

function setPhone(response: ServerResponse, token: string): void {
  const attributes = `Path=/; Max-Age=${COOKIE_SECONDS}; Secure; HttpOnly; SameSite=Strict`;
  response.setHeader('set-cookie', `${COOKIE}=${token}; ${attributes}`);
}
