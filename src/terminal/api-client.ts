import { z } from 'zod';
import {
  about,
  createdApiToken,
  createdEnrolment,
  customer,
  deniedAccess,
  device,
  newSession,
  page,
  reportedConditions,
  session,
  sessionConnection,
  sessionWithSteps,
  site,
  user,
  type Customer,
  type DeniedAccess,
  type Device,
  type Session,
  type Site,
  type User,
} from '../protocol/api';
import { LIMITS } from '../protocol/limits';
import type { SessionState } from '../protocol/remote-session';
import { notice } from '../protocol/notice';
import { parseJson } from '../protocol/parse-json';
import { problem } from '../protocol/problems';
import { httpExchange, type HttpAnswer, type HttpFile, type HttpRequest, type ServerAddress } from './http-exchange';
import { ApiProblem, ServerUnreachable, UnexpectedAnswer } from './terminal.errors';
import { TERMINAL_LIMITS } from './terminal-limits';

/** Credentials of a client: an API token, or the cookies of a login. */
export type Proof = { readonly token: string } | { readonly cookies: string } | undefined;
export type SessionWithSteps = z.infer<typeof sessionWithSteps>;
export type NewSession = z.input<typeof newSession>;

/**
 * Client of the server's REST API.
 * Every method @throws ApiProblem, ServerUnreachable, UnexpectedAnswer, CertificateNotTrusted
 */
export class ApiClient {
  constructor(
    readonly address: ServerAddress,
    private readonly proof?: Proof,
  ) {}

  about() {
    return this.call('GET', '/api/about', about);
  }

  me() {
    return this.call('GET', '/api/auth/me', user);
  }

  /**
   * S101.
   * @param code of the second factor, called if the login needs one
   * @param earlier cookie of an earlier login (earlier-login.ts)
   * @returns a client with the cookies of the login, and these
   */
  async login(
    username: string,
    password: string,
    code: () => Promise<string>,
    earlier?: string,
  ): Promise<{ session: ApiClient; cookies: readonly string[] }> {
    const path = '/api/auth/login';
    const known = new ApiClient(this.address, earlier === undefined ? undefined : { cookies: earlier });
    const asked = { method: 'POST', path, body: { username, password }, headers: known.headers() } as const;
    const first = await httpExchange(this.address, asked);
    if (problem.safeParse(parseJson(first.body)).data?.code !== 'second-factor-required')
      return this.loggedIn(this.successful(first));
    const cookies = [...this.cookiesOf(first), ...(earlier === undefined ? [] : [earlier])].join('; ');
    const pending = new ApiClient(this.address, { cookies });
    return this.loggedIn(
      await pending.exchange({ method: 'POST', path: `${path}/code`, body: { code: await code() } }),
    );
  }

  logout(): Promise<void> {
    return this.send('POST', '/api/auth/logout');
  }

  createToken(name: string, expiresInDays: number) {
    return this.call('POST', '/api/tokens', createdApiToken, { name, expiresInDays });
  }

  revokeCurrentToken(): Promise<void> {
    return this.send('DELETE', '/api/tokens/current');
  }

  /** @param siteId, deviceIds undefined: the agent keeps what it has */
  createEnrolment(agentId: string, siteId?: string, deviceIds?: string[]) {
    return this.call('POST', '/api/enrolment-codes', createdEnrolment, { agentId, siteId, deviceIds });
  }

  customers(): Promise<Customer[]> {
    return this.call('GET', '/api/customers', z.array(customer));
  }
  createCustomer(name: string): Promise<Customer> {
    return this.call('POST', '/api/customers', customer, { name });
  }
  createSite(customerId: string, name: string): Promise<Site> {
    return this.call('POST', `/api/customers/${customerId}/sites`, site, { name });
  }

  users(): Promise<User[]> {
    return this.rows('/api/users', user);
  }
  /** Replaces the customers of a user. */
  assignCustomers(userId: string, customerIds: readonly string[]): Promise<void> {
    return this.send('PUT', `/api/users/${userId}/customers`, { customerIds });
  }

  devices(): Promise<Device[]> {
    return this.rows('/api/devices', device);
  }

  device(id: string): Promise<Device> {
    return this.call('GET', `/api/devices/${encodeURIComponent(id)}`, device);
  }

  conditions(deviceId: string) {
    return this.call('GET', `/api/devices/${encodeURIComponent(deviceId)}/conditions`, reportedConditions);
  }

  /** One page of denials, newest first. */
  async denials(deviceId: string): Promise<DeniedAccess[]> {
    return (await this.call('GET', `/api/devices/${encodeURIComponent(deviceId)}/denials`, page(deniedAccess))).rows;
  }

  /** One page of sessions, newest first. */
  async sessions(query: { state: 'live' | 'all'; deviceId?: string }): Promise<Session[]> {
    const search = new URLSearchParams({ state: query.state, limit: '50' });
    if (query.deviceId !== undefined) search.set('deviceId', query.deviceId);
    return (await this.call('GET', `/api/sessions?${search.toString()}`, page(session))).rows;
  }

  session(id: string): Promise<SessionWithSteps> {
    return this.call('GET', `/api/sessions/${encodeURIComponent(id)}`, sessionWithSteps);
  }

  /** S141. */
  startSession(request: NewSession): Promise<Session> {
    return this.call('POST', '/api/sessions', session, request);
  }

  /** S201, S202. @param known the state that is known: the answer waits for another one, for LIMITS.POLL_HELD_MS */
  connection(id: string, known?: SessionState) {
    const query = known ? `?known=${known}` : '';
    return this.call('GET', `/api/sessions/${encodeURIComponent(id)}/connection${query}`, sessionConnection);
  }

  endSession(id: string): Promise<Session> {
    return this.call('POST', `/api/sessions/${encodeURIComponent(id)}/termination`, session);
  }

  /** One page of the user's notices, newest first. */
  notices(unread: boolean) {
    return this.call('GET', `/api/notices?unread=${unread ? 'yes' : 'no'}&limit=50`, page(notice));
  }

  readNotice(id: string): Promise<void> {
    return this.send('POST', `/api/notices/${encodeURIComponent(id)}/reading`);
  }

  private async rows<T>(path: string, row: z.ZodType<T>): Promise<T[]> {
    const rows: T[] = [];
    let cursor = '';
    for (let count = 0; count < TERMINAL_LIMITS.LIST_PAGES; count++) {
      const answer = await this.call('GET', `${path}?limit=${LIMITS.PAGE_ROWS}${cursor}`, page(row));
      rows.push(...answer.rows);
      if (answer.next === null) break;
      cursor = `&cursor=${encodeURIComponent(answer.next)}`;
    }
    return rows;
  }

  call<T>(method: HttpRequest['method'], path: string, schema: z.ZodType<T>, body?: unknown): Promise<T> {
    return this.answerTo({ method, path, body }, schema);
  }

  upload<T>(path: string, schema: z.ZodType<T>, file: HttpFile): Promise<T> {
    return this.answerTo({ method: 'POST', path, file }, schema);
  }

  async send(method: HttpRequest['method'], path: string, body?: unknown): Promise<void> {
    await this.exchange({ method, path, body });
  }

  private async answerTo<T>(asked: HttpRequest, schema: z.ZodType<T>): Promise<T> {
    const answer = await this.exchange(asked);
    const parsed = schema.safeParse(parseJson(answer.body));
    if (!parsed.success) {
      const where = parsed.error.issues[0]?.path.join('.') || 'the body';
      throw new UnexpectedAnswer(
        this.address.server,
        `${where} of ${asked.method} ${asked.path.split('?')[0]} does not match the protocol`,
      );
    }
    return parsed.data;
  }

  private async exchange(asked: HttpRequest): Promise<HttpAnswer> {
    return this.successful(await httpExchange(this.address, { ...asked, headers: this.headers() }));
  }

  private loggedIn(answer: HttpAnswer): { session: ApiClient; cookies: readonly string[] } {
    const cookies = this.cookiesOf(answer);
    return { session: new ApiClient(this.address, { cookies: cookies.join('; ') }), cookies };
  }

  /** As `name=value`. */
  private cookiesOf({ headers }: HttpAnswer): string[] {
    const cookies = (headers['set-cookie'] ?? []).map((cookie) => cookie.split(';')[0]!);
    if (cookies.length === 0) throw new UnexpectedAnswer(this.address.server, 'the login set no cookie');
    return cookies;
  }

  private successful(answer: HttpAnswer): HttpAnswer {
    if (answer.status >= 200 && answer.status < 300) return answer;
    const parsed = problem.safeParse(parseJson(answer.body));
    if (parsed.success) throw new ApiProblem(parsed.data);
    // a proxy answers like this if the server is down
    if (answer.status >= 502) throw new ServerUnreachable(this.address.server, `status ${answer.status}`);
    throw new UnexpectedAnswer(this.address.server, `status ${answer.status} without a problem`);
  }

  private headers(): Record<string, string> {
    if (this.proof === undefined) return {};
    return 'token' in this.proof ? { Authorization: `Bearer ${this.proof.token}` } : { Cookie: this.proof.cookies };
  }
}
