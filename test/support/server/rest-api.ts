import type { INestApplication } from '@nestjs/common';
import type { OpenAPIObject } from '@nestjs/swagger';
import request, { type Response, type Test } from 'supertest';
import type { z } from 'zod';
import { page } from '../../../src/protocol/api';
import { LIMITS } from '../../../src/protocol/limits';
import { problem, PROBLEMS, type Problem, type ProblemCode } from '../../../src/protocol/problems';
import type { ControlPlane, Who } from './control-plane';

/** A user, or a caller without a credential. */
export type Caller = Who | 'anonymous';

/** Of no row of any table. */
export const UNKNOWN_ID = '00000000-0000-4000-8000-000000000000';

/** A route as its controller declares it: `GET /api/devices/:id`. */
export type Route = string;

export interface Call {
  /** Values of the route's parameters. */
  readonly params?: Record<string, string>;
  readonly query?: Record<string, string | number>;
  readonly body?: object;
  /** A file, sent as it is. */
  readonly file?: { readonly type: string; readonly bytes: Buffer };
  readonly form?: Record<string, string>;
  readonly headers?: Record<string, string>;
}

/** Status and code of a problem: `404 unknown-device`. */
export type Refusal = `${number} ${ProblemCode}`;

interface Layer {
  readonly route?: { readonly path: string; readonly methods: Record<string, boolean> };
}

/** Calls the REST API of a Nest application, and holds every answer against the schema it is documented with. */
export class RestApi {
  private readonly answered = new Set<Route>();
  private calls = 0;

  constructor(
    readonly app: INestApplication,
    readonly plane: ControlPlane,
    readonly document: OpenAPIObject,
  ) {}

  /** Every route of the application's router. */
  get routes(): Route[] {
    const { router } = this.app.getHttpAdapter().getInstance() as { router: { stack: Layer[] } };
    return router.stack.flatMap(({ route }) =>
      route ? Object.keys(route.methods).map((method) => `${method.toUpperCase()} ${route.path}`) : [],
    );
  }

  /** Whether a call has succeeded and its answer was checked. */
  isAnswered(route: Route): boolean {
    return this.answered.has(route);
  }

  call(caller: Caller, route: Route, { params = {}, query, body, file, form, headers = {} }: Call = {}): Test {
    const [method, pattern] = route.split(' ') as [string, string];
    const path = pattern.replaceAll(/:(\w+)/g, (_, name: string) => encodeURIComponent(params[name] ?? name));
    const test = request(this.app.getHttpServer())[method.toLowerCase() as 'get'](path);
    // a new address each time, so that no call is counted against the limits of another
    void test.set('X-Forwarded-For', `203.0.113.${(this.calls += 1) % 250}`).set(headers);
    if (caller !== 'anonymous') void test.set('Authorization', `Bearer ${this.plane.tokenOf(caller)}`);
    if (query) void test.query(query);
    if (body) void test.send(body);
    if (form) void test.type('form').send(form);
    if (file) void test.type(file.type).send(file.bytes);
    return test;
  }

  /** @returns the body, which is exactly what the schema describes */
  async answers<T>(caller: Caller, route: Route, schema: z.ZodType<T>, call: Call = {}, status = 200): Promise<T> {
    const answer = await this.succeeds(caller, route, call, status);
    const body = schema.parse(answer.body);
    expect(answer.body).toEqual(body);
    return body;
  }

  /** Reads a list at once and in small pages, which must add up to the same. @returns its rows */
  async pages<Row>(
    caller: Caller,
    route: Route,
    row: z.ZodType<Row>,
    query: Record<string, string> = {},
  ): Promise<Row[]> {
    const whole = { query: { ...query, limit: LIMITS.PAGE_ROWS } };
    const { rows, next } = await this.answers(caller, route, page(row), whole);
    expect(next).toBeNull();
    const limit = Math.max(1, Math.ceil(rows.length / 3));
    const seen: Row[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const part = { query: { ...query, limit, ...(cursor && { cursor }) } };
      const read: { rows: Row[]; next: string | null } = await this.answers(caller, route, page(row), part);
      expect(read.rows.length).toBeLessThanOrEqual(limit);
      seen.push(...read.rows);
      expect(seen.length).toBeLessThanOrEqual(rows.length);
      cursor = read.next;
    }
    expect(seen).toEqual(rows);
    return rows;
  }

  /** For answers without a body, or with one that is not JSON. */
  async succeeds(caller: Caller, route: Route, call: Call = {}, status = 204): Promise<Response> {
    const answer = await this.call(caller, route, call);
    if (answer.status !== status) throw new Error(`${route}: ${answer.status} ${answer.text}`);
    expect(this.responsesOf(route)).toContain(String(status));
    this.answered.add(route);
    return answer;
  }

  async refuses(caller: Caller, route: Route, refusal: Refusal, call: Call = {}): Promise<Problem> {
    const answer = await this.call(caller, route, call);
    const [status, code] = refusal.split(' ') as [string, ProblemCode];
    expect(`${answer.status} ${(answer.body as Partial<Problem>).code}`).toBe(refusal);
    expect(answer.get('Content-Type')).toMatch(/^application\/problem\+json/);
    const body = problem.parse(answer.body);
    expect(answer.body).toEqual(body);
    const { title, remedy } = PROBLEMS[code];
    expect(body).toMatchObject({ type: `urn:platen:problem:${code}`, status: Number(status), title, remedy });
    expect(answer.get('Retry-After')).toBe(body.retryAfterSeconds?.toString());
    return body;
  }

  /** Statuses that the OpenAPI document declares for a route. */
  private responsesOf(route: Route): string[] {
    const [method, path] = route.split(' ') as [string, string];
    const item = this.document.paths[path.replaceAll(/:(\w+)/g, '{$1}')];
    return Object.keys(item?.[method.toLowerCase() as 'get']?.responses ?? {});
  }
}

/** A refusal to check: what is refused, who calls which route, and how it is answered. */
export type RefusalRow = [what: string, caller: Caller, route: Route, refusal: Refusal, call?: Call];

/** A test for each row. */
export const itRefuses = (api: () => RestApi, rows: readonly RefusalRow[]): void =>
  it.each(rows)('refuses %s', async (...[, caller, route, refusal, call]) => {
    await api().refuses(caller, route, refusal, call);
  });
