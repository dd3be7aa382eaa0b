import { randomUUID } from 'node:crypto';
import { generate } from 'selfsigned';
import { sampleDevice, sampleSession } from '../../test/support/samples/api-samples';
import { problemAnswer, startFakeApi, type FakeApi, type FakeApiAnswer } from '../../test/support/terminal/fake-api';
import { until } from '../../test/support/until';
import { spkiPinOf } from '../tunnel/pinned-tls';
import { answerOf, createApi, type ClientOptions } from './client';
import { ApiProblem } from './client.errors';

const CLIENT_ID = randomUUID();
const SECRET = 'plc_a+secret:with%signs';
const TOKENS = 'POST /oauth/token';
const DEVICE = 'GET /api/devices/copy-room';
const SESSIONS = 'POST /api/sessions';

describe('the API of an external client', () => {
  let api: FakeApi;
  /** Of a token, in seconds. */
  const life = 600;
  let issued: string[];
  beforeEach(async () => {
    issued = [];
    const token = () => {
      issued.push(`pla_${issued.length + 1}`);
      const body = { access_token: issued.at(-1), token_type: 'Bearer', expires_in: life, scope: 'devices:read' };
      return { body };
    };
    api = await startFakeApi({ [TOKENS]: token, [DEVICE]: () => ({ body: sampleDevice }) });
  });
  afterEach(() => api.stop());

  const client = (more: Partial<ClientOptions> = {}) =>
    createApi({ server: api.url, clientId: CLIENT_ID, secret: SECRET, ...more });
  const params = { path: { id: 'copy-room' } };
  const device = (of = client(), signal?: AbortSignal) => answerOf(of.GET('/api/devices/{id}', { params, signal }));
  const request = (of = client()) =>
    answerOf(of.POST('/api/sessions', { body: { deviceId: 'copy-room', applicationId: 'web', reason: 'Toner' } }));
  const count = (line: string) => api.requests.filter((each) => each.line === line).length;
  const bearers = () =>
    api.requests.filter(({ line }) => line === DEVICE).map(({ headers }) => headers.authorization?.split(' ')[1]);
  /** Gives these answers first, then the usual one. */
  const first = (line: string, ...answers: FakeApiAnswer[]) => {
    const usual = api.routes[line]!;
    api.routes[line] = (asked) => answers.shift() ?? usual(asked);
  };

  describe('access tokens', () => {
    /** The clock of tokens; it stands, so that none expires before its test has come so far. */
    let now: number;
    const passed = (seconds: number) => (now += seconds * 1_000);
    beforeEach(() => {
      now = performance.now();
      jest.spyOn(performance, 'now').mockImplementation(() => now);
    });
    afterEach(() => jest.restoreAllMocks());

    it('are requested with the credentials, once for all requests', async () => {
      const of = client({ scopes: ['devices:read', 'jobs:read'] });
      expect(await Promise.all([device(of), device(of), device(of)])).toEqual(Array(3).fill(sampleDevice));
      const [asked] = api.requests;
      const [id, secret] = Buffer.from(asked!.headers.authorization!.split(' ')[1]!, 'base64').toString().split(':');
      expect([decodeURIComponent(id!), decodeURIComponent(secret!)]).toEqual([CLIENT_ID, SECRET]);
      expect(asked!.body).toBe('grant_type=client_credentials&scope=devices%3Aread+jobs%3Aread');
      expect(bearers()).toEqual(Array(3).fill('pla_1'));
      expect(issued).toEqual(['pla_1']);
    });

    it('are renewed before they expire, while the present one still serves', async () => {
      const of = client();
      await device(of);
      passed(0.95 * life);
      const usual = api.routes[TOKENS]!;
      let answer = (): void => undefined;
      const held = new Promise<void>((resolve) => (answer = resolve));
      api.routes[TOKENS] = async (asked) => {
        await held;
        return usual(asked);
      };
      await until('the renewal', async () => (await device(of)) && count(TOKENS) === 2);
      expect(issued).toEqual(['pla_1']);
      await Promise.all([device(of), device(of)]);
      expect([count(TOKENS), new Set(bearers())]).toEqual([2, new Set(['pla_1'])]);
      answer();
      await until('the new token', async () => (await device(of)) && bearers().at(-1) === 'pla_2');
    });

    it('serve to their end although a renewal fails', async () => {
      const of = client();
      await device(of);
      passed(0.95 * life);
      api.routes[TOKENS] = () => ({ status: 500, body: { error: 'server_error', error_description: 'later' } });
      await until('the renewal', async () => (await device(of)) && count(TOKENS) === 2);
      await device(of);
      expect(count(TOKENS)).toBe(2);
      passed(life);
      await expect(device(of)).rejects.toMatchObject({ name: 'TokenRefused', code: 'server_error' });
    });

    it('are replaced when the server refuses one, and the request is sent once more', async () => {
      first(DEVICE, problemAnswer('not-logged-in'));
      expect(await device()).toEqual(sampleDevice);
      expect(bearers()).toEqual(['pla_1', 'pla_2']);
    });

    it('are replaced once only', async () => {
      api.routes[DEVICE] = () => problemAnswer('not-logged-in');
      await expect(device()).rejects.toMatchObject({ name: 'ApiProblem', code: 'not-logged-in' });
      expect(bearers()).toEqual(['pla_1', 'pla_2']);
    });

    const oauth = (status: number, error: string): FakeApiAnswer => ({
      status,
      body: { error, error_description: 'It was revoked.' },
    });
    it.each<[string, FakeApiAnswer, object]>([
      ['a revoked client', oauth(401, 'invalid_client'), { name: 'TokenRefused', code: 'invalid_client' }],
      ['a scope too many', oauth(400, 'invalid_scope'), { name: 'TokenRefused', code: 'invalid_scope' }],
      ['a server that is not Platen', { body: '<html>' }, { name: 'ServerUnusable' }],
      ['a token without an end', { body: { access_token: 'x', token_type: 'Bearer' } }, { name: 'ServerUnusable' }],
      ['a redirect', { status: 307, headers: { Location: '/elsewhere' } }, { name: 'ServerUnusable' }],
    ])('are not issued: %s', async (_what, answer, error) => {
      api.routes[TOKENS] = () => answer;
      await expect(device(client({ attempts: 1 }))).rejects.toMatchObject(error);
      expect(api.requests.map(({ line }) => line)).toEqual([TOKENS]);
    });
  });

  describe('requests', () => {
    const later = (code: 'too-many-requests' | 'deployment-in-progress', seconds: number | string): FakeApiAnswer => {
      const answer = problemAnswer(code);
      return { ...answer, headers: { ...answer.headers, 'Retry-After': String(seconds) } };
    };

    it.each([
      ['seconds', () => 1],
      ['a date', () => new Date(Date.now() + 2_000).toUTCString()],
    ])('wait for Retry-After in %s, and have the same body again', async (_form, retryAfter) => {
      api.routes[SESSIONS] = () => ({ status: 201, body: sampleSession });
      first(SESSIONS, later('too-many-requests', retryAfter()));
      const since = performance.now();
      expect(await request()).toEqual(sampleSession);
      expect(performance.now() - since).toBeGreaterThan(900);
      const [one, other] = api.requests.filter(({ line }) => line === SESSIONS);
      expect(other?.body).toEqual(one?.body);
      expect(one?.body).toMatchObject({ reason: 'Toner' });
    });

    it('wait for an access token, too', async () => {
      first(TOKENS, later('too-many-requests', 0));
      expect(await device()).toEqual(sampleDevice);
    });

    it('return the refusal after the last attempt, or when the wait is too long', async () => {
      api.routes[DEVICE] = () => later('deployment-in-progress', 0);
      await expect(device(client({ attempts: 3 }))).rejects.toThrow(ApiProblem);
      expect(count(DEVICE)).toBe(3);
      api.routes[DEVICE] = () => later('too-many-requests', 61);
      await expect(device()).rejects.toMatchObject({ code: 'too-many-requests' });
      expect(count(DEVICE)).toBe(4);
    });

    it('are repeated after a failure if that cannot do something twice', async () => {
      first(DEVICE, { status: 502, body: '<html>' });
      expect(await device()).toEqual(sampleDevice);
      api.routes[SESSIONS] = () => ({ status: 502, body: '<html>' });
      await expect(request()).rejects.toMatchObject({ name: 'ServerUnusable' });
      expect([count(DEVICE), count(SESSIONS)]).toEqual([2, 1]);
    });

    it.each<[string, () => Promise<FakeApiAnswer> | FakeApiAnswer, RegExp]>([
      ['never answers', () => new Promise<FakeApiAnswer>(() => undefined), /no answer in time/],
      ['answers without end', () => ({ body: 'x'.repeat(9 * 1024 * 1024) }), /too large/],
      ['redirects', () => ({ status: 302, headers: { Location: '/elsewhere' } }), /redirect/],
      ['answers something else', () => ({ status: 418, body: 'tea' }), /status 418/],
    ])('fail when the server %s', async (_what, answer, words) => {
      const of = client({ attempts: 2, timeoutMs: 2_000 });
      api.routes[DEVICE] = answer;
      await expect(device(of)).rejects.toMatchObject({ name: 'ServerUnusable', message: expect.stringMatching(words) });
      expect(count('GET /elsewhere')).toBe(0);
    });

    it('fail when the server is down', async () => {
      await api.stop();
      await expect(device(client({ attempts: 2 }))).rejects.toThrow(/ECONNREFUSED/);
    });

    it('end when the caller aborts them, also while they wait', async () => {
      api.routes[DEVICE] = () => later('too-many-requests', 30);
      const stop = new AbortController();
      const asked = device(client(), stop.signal);
      await until('the refusal', () => count(DEVICE) === 1);
      stop.abort(new Error('enough'));
      await expect(asked).rejects.toThrow('enough');
    });

    describe('to a server with a certificate of its own', () => {
      let secure: FakeApi;
      let pin: string;
      beforeEach(async () => {
        const { cert, private: key } = await generate([{ name: 'commonName', value: 'localhost' }]);
        pin = spkiPinOf(cert);
        secure = await startFakeApi(
          { ...api.routes, [SESSIONS]: () => ({ status: 201, body: sampleSession }) },
          { cert, key },
        );
      });
      afterEach(() => secure.stop());
      const to = (more: Partial<ClientOptions>) => client({ server: secure.url, attempts: 1, ...more });

      it('accept the pinned key', async () => {
        const of = to({ pin });
        expect([await device(of), await request(of)]).toEqual([sampleDevice, sampleSession]);
        expect(secure.requests.at(-1)?.body).toMatchObject({ reason: 'Toner' });
      });

      it('accept no other key, and send it nothing', async () => {
        await expect(device(to({ pin: 'p'.repeat(43) }))).rejects.toThrow(/does not match the pin/);
        await expect(device(to({}))).rejects.toThrow(/CERT/);
        expect(secure.requests).toEqual([]);
      });

      it('fail on a status that does not exist', async () => {
        secure.routes[TOKENS] = () => ({ status: 999 });
        await expect(device(to({ pin }))).rejects.toMatchObject({ name: 'ServerUnusable' });
      });

      it('are no redirects', async () => {
        secure.routes[TOKENS] = () => ({ status: 307, headers: { Location: `${secure.url}/elsewhere` } });
        await expect(device(to({ pin }))).rejects.toMatchObject({ name: 'ServerUnusable' });
        expect(secure.requests.map(({ line }) => line)).toEqual([TOKENS]);
      });
    });

    it.each(['http://platen.example', 'ftp://localhost', 'platen.example', ''])('are not sent to "%s"', (server) => {
      expect(() => client({ server })).toThrow(/https/);
    });
  });
});
