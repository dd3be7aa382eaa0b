import { problemAnswer, startFakeApi, type FakeApiAnswer, type FakeApi } from '../../test/support/terminal/fake-api';
import { sampleDevice, sampleUser } from '../../test/support/samples/api-samples';
import { ApiClient } from './api-client';
import { EXIT_CODES } from './exit-codes';
import type { TerminalError } from './terminal.errors';
import { NO_PROXY } from '../tunnel/outbound-proxy';

const problemBody = { type: 'urn:x', title: 'Odd', status: 418, remedy: 'Wait.' };

describe('ApiClient', () => {
  let api: FakeApi;
  let client: ApiClient;
  beforeEach(async () => {
    api = await startFakeApi({ 'GET /api/auth/me': () => ({ body: sampleUser }) });
    client = new ApiClient({ server: api.url, outbound: NO_PROXY }, { token: 'the-token' });
  });
  afterEach(() => api.stop());

  it('sends its token and returns the answer of the server', async () => {
    expect(await client.me()).toEqual(sampleUser);
    expect(api.requests[0]?.headers.authorization).toBe('Bearer the-token');
  });

  it('follows the pages of a list to its end', async () => {
    const ids = ['a', 'b', 'c'];
    api.routes['GET /api/devices'] = ({ query }) => {
      const at = ids.indexOf(query.get('cursor') ?? '') + 1;
      return { body: { rows: [{ ...sampleDevice, id: ids[at] }], next: at < 2 ? ids[at] : null } };
    };
    expect((await client.devices()).map(({ id }) => id)).toEqual(ids);
  });

  const notAsked = () => Promise.reject(new Error('there is no second factor'));

  it('sends the cookies of a login, without their attributes', async () => {
    const cookies = ['sid=abc; Path=/; HttpOnly', 'other=1; Secure'];
    api.routes['POST /api/auth/login'] = () => ({ body: sampleUser, headers: { 'Set-Cookie': cookies } });
    const client = new ApiClient({ server: api.url, outbound: NO_PROXY });
    const { session } = await client.login('tess', 'secret word', notAsked);
    await session.me();
    expect(api.requests[0]?.body).toEqual({ username: 'tess', password: 'secret word' });
    expect(api.requests[1]?.headers.cookie).toBe('sid=abc; other=1');
  });

  it.each<[string, FakeApiAnswer, keyof typeof EXIT_CODES, string]>([
    ['an expired token', problemAnswer('not-logged-in'), 'not-logged-in', 'Login required.'],
    [
      'an offline device',
      problemAnswer('device-offline', 'copy-room'),
      'device-offline',
      'The device is offline: copy-room.',
    ],
    ['an open session', problemAnswer('session-exists'), 'session-exists', 'A session with this device is still open.'],
    [
      'a database that is away',
      problemAnswer('database-unavailable'),
      'try-later',
      'The database of the server is not available.',
    ],
    ['a problem of a later version', { status: 418, body: { ...problemBody, code: 'new' } }, 'unexpected', 'Odd.'],
    ['a proxy whose server is down', { status: 502, body: '<html>' }, 'server-unreachable', 'status 502'],
    [
      'a server that is not Platen',
      { status: 404, body: 'nothing' },
      'server-unreachable',
      'status 404 without a problem',
    ],
    [
      'an answer that is not JSON',
      { body: '<html>hello</html>' },
      'server-unreachable',
      'the body of GET /api/auth/me does not match the protocol',
    ],
    ['a wrong field', { body: { ...sampleUser, role: 'king' } }, 'server-unreachable', 'role of GET /api/auth/me'],
    ['an endless answer', { body: 'x'.repeat(9 * 1024 * 1024) }, 'server-unreachable', 'the answer is too large'],
  ])('reports %s', async (_what, answer, exit, words) => {
    api.routes['GET /api/auth/me'] = () => answer;
    const error = await client.me().catch((thrown: TerminalError) => thrown);
    expect(error).toMatchObject({ exit, message: expect.stringContaining(words) });
  });

  it('names every invalid field of a request', async () => {
    const refused = problemAnswer('invalid-request');
    const errors = [{ path: 'reason', message: 'say why' }];
    api.routes['POST /api/sessions'] = () => ({ ...refused, body: { ...(refused.body as object), errors } });
    await expect(client.startSession({ deviceId: 'a', applicationId: 'b', reason: 'c' })).rejects.toMatchObject({
      exit: 'usage',
      message: 'The request is not valid: reason: say why.',
    });
  });

  it('reports that the server does not answer', async () => {
    await api.stop();
    await expect(client.me()).rejects.toMatchObject({
      exit: 'server-unreachable',
      message: expect.stringContaining('ECONNREFUSED'),
    });
  });

  it('has a separate exit code for every cause', () => {
    const codes = Object.values(EXIT_CODES).map(({ code }) => code);
    expect(new Set(codes).size).toBe(codes.length);
  });
});
