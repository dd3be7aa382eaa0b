import { Body, Controller, Get, HttpException, Module, Param, Post, Query, Res } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { Response } from 'express';
import request from 'supertest';
import { z } from 'zod';
import { recordedJournal } from '../../../test/support/recorded-journal';
import { LIMITS } from '../../protocol/limits';
import { PROBLEMS, ProblemError, problem, type ProblemCode } from '../../protocol/problems';
import { readConfig } from '../config/config';
import { ConfigModule, type Settings } from '../config/config.module';
import { initialiseHttp } from './http-application';
import { TooManyRequests } from './http.errors';
import { HttpModule } from './http.module';

const thing = z.strictObject({ name: z.string().min(1), size: z.int().max(10) });

class Declined extends ProblemError {
  constructor() {
    super('session-over', 'It is over.');
  }
}

@Controller('try')
class TryController {
  @Post('body')
  body(@Body({ schema: thing }) body: z.infer<typeof thing>): unknown {
    return body;
  }
  @Get('query')
  query(@Query({ schema: z.object({ n: z.coerce.number().int() }) }) query: { n: number }): unknown {
    return query;
  }
  @Get('param/:id')
  param(@Param('id') id: string): string {
    return id;
  }
  @Get('own')
  own(): never {
    throw new Declined();
  }
  @Get('busy')
  busy(): never {
    throw new TooManyRequests('Later.', 7);
  }
  @Get('unexpected')
  unexpected(): never {
    throw new TypeError('the password is swordfish');
  }
  @Get('not-an-error')
  notAnError(): Promise<never> {
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
    return Promise.reject('swordfish');
  }
  @Get('status/418')
  teapot(): never {
    throw new HttpException('short and stout', 418);
  }
  @Get('status/502')
  gateway(): never {
    throw new HttpException('swordfish', 502);
  }
  @Get('late')
  late(@Res() response: Response): never {
    response.write('half an ans');
    throw new Error('too late');
  }
}

describe('errors over HTTP', () => {
  const { journal, lines, text } = recordedJournal();
  let app: NestExpressApplication;
  beforeAll(async () => {
    const certificate = { certificate: '', key: '', selfSigned: true, pin: '', authority: undefined };
    const settings = { config: readConfig({}), journal, certificate, secrets: {} } as unknown as Settings;
    @Module({ imports: [ConfigModule.of(settings), HttpModule], controllers: [TryController] })
    class TryModule {}
    app = await NestFactory.create<NestExpressApplication>(TryModule, { bodyParser: false, logger: false });
    await initialiseHttp(app, settings);
    await app.listen(0, '127.0.0.1');
  });
  afterAll(() => app.close());
  beforeEach(() => (lines.length = 0));

  const http = () => request(app.getHttpServer());
  const post = (body: string | object) => http().post('/try/body').set('Content-Type', 'application/json').send(body);
  const big = JSON.stringify({ name: 'x'.repeat(LIMITS.API_BODY_BYTES) });

  const cases: [what: string, ask: () => request.Test, code: ProblemCode, more: object][] = [
    ['a ProblemError', () => http().get('/try/own'), 'session-over', { detail: 'It is over.' }],
    ['no route', () => http().get('/nothing?token=swordfish'), 'not-found', {}],
    ['no route of this method', () => http().put('/try/own'), 'not-found', {}],
    ['malformed JSON', () => post('{"name":'), 'invalid-request', {}],
    ['a body that is not JSON', () => post('name=x').type('text/plain'), 'invalid-request', {}],
    ['an unknown character set', () => post('{}').type('application/json; charset=klingon'), 'invalid-request', {}],
    [
      'a body that is falsely declared as compressed',
      () => post('{}').set('Content-Encoding', 'gzip'),
      'invalid-request',
      {},
    ],
    ['a body that is too large', () => post(big), 'too-large', {}],
    ['a wrong query', () => http().get('/try/query?n=x'), 'invalid-request', { errors: [{ path: 'n' }] }],
    ['a broken address', () => http().get('/try/param/%E0%A4%A'), 'invalid-request', {}],
    ['NUL in an address', () => http().get('/try/param/a%00b'), 'invalid-request', {}],
    ['NUL in a query', () => http().get('/try/query?n=1&x=%00'), 'invalid-request', {}],
    ['NUL in a body', () => post({ name: 'a\0b', size: 1 }), 'invalid-request', {}],
    ['any other 4xx', () => http().get('/try/status/418'), 'invalid-request', { detail: 'short and stout' }],
    ['too many requests', () => http().get('/try/busy'), 'too-many-requests', { detail: 'Later.' }],
    ['an unexpected error', () => http().get('/try/unexpected'), 'internal-error', {}],
    ['a thrown value that is not an error', () => http().get('/try/not-an-error'), 'internal-error', {}],
    ['any 5xx', () => http().get('/try/status/502'), 'internal-error', {}],
  ];
  it.each(cases)('answers %s with a problem', async (_what, ask, code, more) => {
    const answer = await ask();
    expect(answer.status).toBe(PROBLEMS[code].status);
    expect(answer.get('Content-Type')).toMatch(/^application\/problem\+json/);
    const body = problem.parse(answer.body);
    expect(body).toMatchObject({ code, status: answer.status, type: `urn:platen:problem:${code}`, ...more });
    expect(JSON.stringify(body)).not.toContain('swordfish');
  });

  it('names every wrong field', async () => {
    const answer = await post({ name: '', size: 11, more: 1 }).expect(400);
    const paths = (answer.body.errors as { path: string }[]).map((error) => error.path);
    expect(paths.sort()).toEqual(['', 'name', 'size']);
  });

  it('limits the number of reported fields', async () => {
    const flood = Object.fromEntries(Array.from({ length: 5000 }, (_, n) => [`f${n}`, n]));
    const answer = await post(flood).expect(400);
    expect(answer.text.length).toBeLessThan(5000);
  });

  it('does not let a body reach a prototype', async () => {
    await post('{"name":"a","size":1,"__proto__":{"admin":true}}');
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
  });

  it('sends Retry-After', async () => {
    const answer = await http().get('/try/busy');
    expect(answer.get('Retry-After')).toBe('7');
  });

  it('logs an unexpected error under the incident ID of the answer', async () => {
    const answer = await http().get('/try/unexpected?token=geheim').expect(500);
    const incident = /[0-9a-f-]{36}/.exec(answer.body.detail as string)![0];
    const line = lines.find((each) => each.incident === incident);
    expect(line).toMatchObject({ err: { message: 'the password is swordfish' } });
    expect(text()).not.toContain('geheim');
  });

  it('cuts an incomplete answer, so that it is not mistaken for a complete one', async () => {
    await expect(http().get('/try/late')).rejects.toThrow(/aborted|hang up/);
  });

  it('sends security headers, also with errors', async () => {
    const { headers } = await http().get('/nothing');
    expect(headers['content-security-policy']).toContain("default-src 'self'");
    expect(headers['content-security-policy']).not.toContain('upgrade-insecure-requests');
    expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' });
    expect(headers).not.toHaveProperty('strict-transport-security');
    expect(headers).not.toHaveProperty('x-powered-by');
  });
});
