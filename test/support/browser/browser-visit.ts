import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { connect as connectTcp } from 'node:net';
import WebSocket from 'ws';
import { browserSession } from '../../../src/protocol/api';
import { request as apiRequest } from '../../../src/demo/api-request';
import { SAMPLE_USERS } from '../../../src/demo/stage';
import type { TestStage } from '../stage/test-stage';
import { until } from '../until';

export interface Answer {
  readonly status: number;
  readonly reason: string;
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: string[];
  readonly body: Buffer;
  readonly text: string;
  readonly trailers: string[];
  /** Interim responses, by status. */
  readonly interim: number[];
  /** The content ended as its framing says. */
  readonly complete: boolean;
}
export interface Ask {
  method?: string;
  headers?: Record<string, string>;
  body?: string | Buffer;
  trailers?: Record<string, string>;
}

/** An HTTP site whose name need not resolve: the device itself, or a session's origin. */
export class Site {
  constructor(
    readonly origin: string,
    readonly port: number,
    /** Sent with every request. */
    readonly cookie = '',
  ) {}

  get authority(): string {
    return new URL(this.origin).host;
  }

  ask(path: string, { method = 'GET', headers = {}, body, trailers }: Ask = {}): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const all = { Host: this.authority, ...this.withCookie(headers) };
      const signal = AbortSignal.timeout(120_000);
      const interim: number[] = [];
      const sent = httpRequest({
        host: '127.0.0.1',
        port: this.port,
        method,
        path,
        headers: all,
        agent: false,
        signal,
      });
      sent.on('information', ({ statusCode }) => interim.push(statusCode));
      sent.on('error', reject);
      sent.on('response', (answer) => {
        const parts: Buffer[] = [];
        answer.on('data', (part: Buffer) => parts.push(part));
        answer.on('error', () => undefined);
        answer.on('close', () => {
          const whole = Buffer.concat(parts);
          resolve({
            status: answer.statusCode ?? 0,
            reason: answer.statusMessage ?? '',
            headers: answer.headers,
            rawHeaders: answer.rawHeaders,
            body: whole,
            text: whole.toString(),
            trailers: answer.rawTrailers,
            interim,
            complete: answer.complete,
          });
        });
      });
      if (headers.Expect) {
        sent.flushHeaders();
        return void sent.on('continue', () => sent.end(body));
      }
      if (trailers) sent.addTrailers(trailers);
      sent.end(body);
    });
  }

  webSocket(path: string, headers: Record<string, string> = {}, protocols: string[] = []): WebSocket {
    return new WebSocket(`ws://${this.authority}${path}`, protocols, {
      headers: this.withCookie(headers),
      createConnection: () => connectTcp(this.port, '127.0.0.1'),
    });
  }

  private withCookie(headers: Record<string, string>): Record<string, string> {
    const cookie = [this.cookie, headers.Cookie].filter(Boolean).join('; ');
    return cookie ? { ...headers, Cookie: cookie } : headers;
  }
}

/** A session that the console opens in a browser. */
export class Visit {
  private constructor(
    readonly stage: TestStage,
    readonly id: string,
  ) {}

  /** Requested and approved; nothing connected yet. */
  static async approved(on: TestStage, deviceId: string, applicationId: string): Promise<Visit> {
    const wanted = { deviceId, applicationId, reason: 'A look at the pages' };
    const { id } = (await on.post('/api/sessions', wanted)) as { id: string };
    await on.step('S143', id);
    await on.press(`/approvals/${id}`, { decision: 'approved' });
    await until('the session to be prepared', async () => (await on.session(id)).state === 'prepared');
    return new Visit(on, id);
  }

  async open() {
    return browserSession.parse(await this.stage.post(`/api/sessions/${this.id}/browser`, {}));
  }

  /** Enters with a new browser. */
  async enter(headers: Record<string, string> = {}): Promise<Site> {
    const { origin, ticket } = await this.open();
    return new Site(origin, this.port, cookieOf(await this.submit(origin, ticket, headers)));
  }
  submit(origin: string, ticket: string, headers: Record<string, string> = {}): Promise<Answer> {
    const form = { 'Content-Type': 'application/x-www-form-urlencoded', ...headers };
    return new Site(origin, this.port).ask('/.platen/enter', {
      method: 'POST',
      headers: form,
      body: `ticket=${ticket}`,
    });
  }

  async end() {
    await this.stage.post(`/api/sessions/${this.id}/termination`, {}).catch(() => undefined);
    return this.stage.ended(this.id);
  }

  get port(): number {
    return Number(new URL(this.stage.stage.serverUrl).port);
  }
}

export const cookieOf = (answer: Answer): string => answer.headers['set-cookie']?.[0]?.split(';')[0] ?? '';

const logins = new WeakMap<TestStage, Map<string, string>>();

/** Cookie of a login in the console; the same one each time, because logins are rate-limited. */
export async function consoleCookie(on: TestStage, who: 'admin' | 'technician'): Promise<string> {
  const known = logins.get(on) ?? new Map<string, string>();
  logins.set(on, known);
  const cookie = known.get(who) ?? (await freshLogin(on, who));
  known.set(who, cookie);
  return cookie;
}

export async function freshLogin(on: TestStage, who: 'admin' | 'technician'): Promise<string> {
  const { username, password } = SAMPLE_USERS[who];
  const { cookie } = await apiRequest(on.stage.serverUrl, 'POST', '/api/auth/login', { username, password });
  return cookie!;
}
