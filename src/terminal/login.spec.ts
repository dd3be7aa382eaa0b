import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeFolder } from '../../test/support/remove-folder';
import { sampleSession, sampleUser } from '../../test/support/samples/api-samples';
import { recordedTerminal, type RecordedTerminal } from '../../test/support/terminal/recorded-terminal';
import { problemAnswer, startFakeApi, type FakeApi, type FakeApiRoutes } from '../../test/support/terminal/fake-api';
import { makeCertificate } from '../../test/support/test-certificate';
import { until } from '../../test/support/until';
import { login, logout, whoami, type LoginOptions } from './login';
import { runCommand } from './run-command';

const routes = (protocol = 1): FakeApiRoutes => ({
  'GET /api/about': () => ({ body: { product: 'platen', version: '0.1.0', protocol } }),
  'POST /api/auth/login': ({ body }) =>
    (body as { password: string }).password === 'right word'
      ? { body: sampleUser, headers: { 'Set-Cookie': 'sid=abc; HttpOnly' } }
      : problemAnswer('login-refused'),
  'GET /api/auth/me': () => ({ body: sampleUser }),
  'POST /api/tokens': () => ({
    status: 201,
    body: {
      id: sampleUser.id,
      name: 'x',
      createdAt: sampleUser.createdAt,
      expiresAt: sampleUser.createdAt,
      lastUsedAt: null,
      accounts: false,
      token: 'new-token',
    },
  }),
  'GET /api/notices': () => ({ body: { rows: [], next: null } }),
  'POST /api/auth/logout': () => ({ status: 204 }),
  'DELETE /api/tokens/current': () => ({ status: 204 }),
});

describe('platen login', () => {
  let folder: string;
  let env: NodeJS.ProcessEnv;
  let api: FakeApi;
  let pin: string;
  let other: string;
  let otherCertificate: string;
  let tls: { cert: string; key: string };
  beforeAll(async () => {
    const own = await makeCertificate();
    tls = { cert: own.cert, key: own.key };
    pin = own.pin;
    ({ cert: otherCertificate, pin: other } = await makeCertificate());
  });
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'login-'));
    env = { XDG_CONFIG_HOME: folder };
  });
  afterEach(async () => {
    await api.stop();
    await removeFolder(folder);
  });
  const stored = async (): Promise<unknown> =>
    JSON.parse(await readFile(join(folder, 'platen', 'credentials.json'), 'utf8'));

  /** Logs in with the password on standard input. */
  async function logIn(password: string, options: LoginOptions = {}): Promise<[number, RecordedTerminal]> {
    const terminal = recordedTerminal(env);
    terminal.input.end(`${password}\n`);
    const all = { user: 'tess', passwordStdin: true, ...options };
    return [await runCommand(terminal.io, (io) => login(io, api.url, all)), terminal];
  }

  describe('with a second factor', () => {
    const withFactor = (): FakeApiRoutes => ({
      ...routes(),
      'POST /api/auth/login': () => ({
        ...problemAnswer('second-factor-required'),
        headers: { 'Set-Cookie': 'sid=pending; HttpOnly' },
      }),
      'POST /api/auth/login/code': ({ body, headers }) =>
        (body as { code: string }).code === '123456' && headers.cookie === 'sid=pending'
          ? { body: sampleUser, headers: { 'Set-Cookie': 'sid=abc; HttpOnly' } }
          : problemAnswer('factor-refused'),
      'GET /api/auth/me': ({ headers }) =>
        headers.cookie === 'sid=abc' ? { body: sampleUser } : problemAnswer('not-logged-in'),
    });
    beforeEach(async () => (api = await startFakeApi(withFactor())));

    it.each([
      ['123456', 0, 'Logged in to'],
      ['654321', 11, ''],
      [undefined, 2, ''],
    ])('sends the code %s: exit code %d', async (given, exit, printed) => {
      const [code, terminal] = await logIn('right word', given === undefined ? {} : { code: given });
      expect(code).toBe(exit);
      expect(terminal.out()).toContain(printed);
    });
  });

  it.each([
    ['new-token', 0],
    ['wrong-token', 3],
  ])('takes the API token %s instead of a password: exit code %d', async (token, exit) => {
    api = await startFakeApi({
      ...routes(),
      'GET /api/auth/me': ({ headers }) =>
        headers.authorization === 'Bearer new-token' ? { body: sampleUser } : problemAnswer('not-logged-in'),
    });
    const terminal = recordedTerminal(env);
    terminal.input.end(`${token}\n`);
    expect(await runCommand(terminal.io, (io) => login(io, api.url, { tokenStdin: true }))).toBe(exit);
    if (exit === 0) expect(await stored()).toEqual({ server: api.url, token });
    expect(api.requests.map(({ line }) => line)).not.toContain('POST /api/auth/login');
  });

  it('exchanges the password for a token', async () => {
    api = await startFakeApi(routes());
    const [code, terminal] = await logIn('right word');
    expect([code, terminal.out()]).toEqual([0, `Logged in to ${api.url} as Tess Technician (tess).\n`]);
    expect(await stored()).toEqual({ server: api.url, token: 'new-token' });
    expect((await stat(join(folder, 'platen', 'credentials.json'))).mode & 0o777).toBe(0o600);
    expect(api.requests.map(({ line }) => line)).toEqual([
      'GET /api/about',
      'POST /api/auth/login',
      'GET /api/auth/me',
      'POST /api/tokens',
      'GET /api/notices',
      'POST /api/auth/logout',
    ]);
    expect(api.requests[3]?.body).toMatchObject({ name: expect.stringMatching(/^platen on /), expiresInDays: 30 });
    expect(terminal.journal.steps()).toEqual(['S101']);
  });

  describe('on a computer that has logged in before', () => {
    const own = 'platen.browser=id.1.signature~id.1.other';
    const withBrowser = (): FakeApiRoutes => ({
      ...routes(),
      'POST /api/auth/login': () => ({
        body: sampleUser,
        headers: { 'Set-Cookie': [`${own}; Path=/; HttpOnly`, 'platen.sid=abc; HttpOnly'] },
      }),
    });
    const file = () => join(folder, 'platen', 'credentials.earlier-logins.json');
    const sent = (): (string | undefined)[] =>
      api.requests.filter(({ line }) => line.startsWith('POST /api/auth/login')).map(({ headers }) => headers.cookie);
    beforeEach(async () => (api = await startFakeApi(withBrowser())));

    it('proves that to the server, also after a logout, and to no other server', async () => {
      await logIn('right word');
      expect((await stat(file())).mode & 0o777).toBe(0o600);
      expect(await runCommand(recordedTerminal(env).io, logout)).toBe(0);
      await logIn('right word');
      expect(sent()).toEqual([undefined, own]);
      await api.stop();
      api = await startFakeApi(withBrowser());
      await logIn('right word');
      expect(sent()).toEqual([undefined]);
    });

    it('proves it with the code of the second factor, too', async () => {
      await logIn('right word');
      api.routes = {
        ...withBrowser(),
        'POST /api/auth/login': () => ({
          ...problemAnswer('second-factor-required'),
          headers: { 'Set-Cookie': 'platen.sid=pending; HttpOnly' },
        }),
        'POST /api/auth/login/code': () => ({ body: sampleUser, headers: { 'Set-Cookie': 'platen.sid=abc' } }),
      };
      expect((await logIn('right word', { code: '123456' }))[0]).toBe(0);
      expect(sent()).toEqual([undefined, own, `platen.sid=pending; ${own}`]);
    });

    it.each([
      ['is damaged', (): Promise<unknown> => writeFile(file(), '{"')],
      ['has another cookie', () => writeFile(file(), JSON.stringify({ [api.url]: 'platen.sid=abc' }))],
      ['cannot be read or written', () => rm(file()).then(() => mkdir(file()))],
    ])('logs in without it if the file %s', async (_how, damage) => {
      await logIn('right word');
      await damage();
      expect((await logIn('right word'))[0]).toBe(0);
      expect(sent()).toEqual([undefined, undefined]);
    });
  });

  it('revokes the token of the previous login', async () => {
    api = await startFakeApi(routes());
    await logIn('right word');
    await logIn('right word');
    const revoked = api.requests.filter(({ line }) => line === 'DELETE /api/tokens/current');
    expect(revoked.map(({ headers }) => headers.authorization)).toEqual(['Bearer new-token']);
  });

  it('shows unread notices once', async () => {
    const id = '7a1c7a44-2f8e-4a2e-9d7b-3c9f5f0a0001';
    const { id: remoteSessionId, deviceId, deviceName, applicationId, requestedAt: at } = sampleSession;
    const facts = { remoteSessionId, deviceId, deviceName, applicationId, at, userName: 'Tess' };
    const halted = { ...facts, id, kind: 'session-halted', readAt: null, mail: 'none' };
    api = await startFakeApi({
      ...routes(),
      'GET /api/notices': () => ({ body: { rows: [halted], next: null } }),
      [`POST /api/notices/${id}/reading`]: () => ({ body: { ...halted, readAt: at } }),
    });
    const [code, terminal] = await logIn('right word');
    expect([code, terminal.out()]).toEqual([
      0,
      expect.stringMatching(/^Logged in .*\n\* .*Your session with Copy room \(copy-room\/web\) was interrupted/),
    ]);
    expect(api.requests.find(({ line }) => line === 'GET /api/notices')!.query.get('unread')).toBe('yes');
    expect(api.requests.map(({ line }) => line)).toContain(`POST /api/notices/${id}/reading`);
  });

  it('succeeds even if the notices cannot be loaded', async () => {
    api = await startFakeApi({ ...routes(), 'GET /api/notices': () => problemAnswer('internal-error') });
    const [code, terminal] = await logIn('right word');
    expect([code, terminal.err()]).toEqual([0, expect.stringContaining('platen notices --unread')]);
    expect(await stored()).toMatchObject({ token: 'new-token' });
  });

  it('reports a wrong password and stores nothing', async () => {
    api = await startFakeApi(routes());
    const [code, terminal] = await logIn('wrong word');
    expect([code, terminal.err()]).toEqual([11, 'Login refused.\nCheck the user ID and the password.\n']);
    await expect(stored()).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('reports a server with another protocol version', async () => {
    api = await startFakeApi(routes(99));
    expect((await logIn('right word'))[0]).toBe(21);
  });

  it('prompts on a terminal and hides the password', async () => {
    api = await startFakeApi(routes());
    const terminal = recordedTerminal(env, { person: true });
    const done = runCommand(terminal.io, (io) => login(io, api.url, {}));
    await until('the user ID is asked for', () => terminal.err().endsWith('User ID: '));
    terminal.input.write('tess\n');
    await until('the password is asked for', () => terminal.err().endsWith('Password: '));
    terminal.input.write('right wordX\u007f\r');
    expect(await done).toBe(0);
    expect(terminal.input.rawModes).toEqual([true, false]);
    expect(terminal.err()).not.toContain('right');
  });

  it('stops on Ctrl-C at the password prompt', async () => {
    api = await startFakeApi(routes());
    const terminal = recordedTerminal(env, { person: true });
    const done = runCommand(terminal.io, (io) => login(io, api.url, { user: 'tess' }));
    await until('the password is asked for', () => terminal.err().endsWith('Password: '));
    terminal.input.write('half\u0003');
    expect(await done).toBe(130);
  });

  it.each([
    ['http://platen.example.com', 'http is only allowed for this computer.'],
    ['http://127.0.0.1.example.com', 'http is only allowed for this computer.'],
    ['platen.example.com', 'is not the address of a server'],
    ['https://user:word@127.0.0.1', 'is not the address of a server'],
    ['ftp://127.0.0.1', 'is not the address of a server'],
  ])('refuses the address %s', async (address, words) => {
    api = await startFakeApi({});
    const terminal = recordedTerminal(env);
    terminal.input.end('x');
    const code = await runCommand(terminal.io, (io) => login(io, address, { user: 'tess', passwordStdin: true }));
    expect([code, terminal.err()]).toEqual([2, expect.stringContaining(words)]);
  });

  describe('to a server whose certificate cannot be verified', () => {
    beforeEach(async () => {
      api = await startFakeApi(routes(), tls);
    });

    it('requires a fingerprint and shows the actual one', async () => {
      const [code, terminal] = await logIn('right word');
      expect([code, terminal.err()]).toEqual([10, expect.stringContaining(pin)]);
      expect(api.requests).toEqual([]);
    });

    it('accepts and pins the right fingerprint', async () => {
      expect((await logIn('right word', { fingerprint: pin }))[0]).toBe(0);
      expect(await stored()).toEqual({ server: api.url, pin, token: 'new-token' });
      expect(await runCommand(recordedTerminal(env).io, (io) => whoami(io, {}))).toBe(0);
    });

    it.each([
      ['that signed it', () => tls.cert, 0],
      ['that signed another', () => otherCertificate, 10],
      ['that is none', () => 'CA', 2],
    ])('trusts an authority %s', async (_what, pem, exit) => {
      const authority = join(folder, 'authority.crt');
      await writeFile(authority, pem());
      expect((await logIn('right word', { authority }))[0]).toBe(exit);
      if (exit !== 0) return expect(api.requests).toEqual([]);
      expect(await stored()).toEqual({ server: api.url, authority: tls.cert.trim(), token: 'new-token' });
      expect(await runCommand(recordedTerminal(env).io, (io) => whoami(io, {}))).toBe(0);
    });

    it.each([
      ['of another key', () => other, 10],
      ['that is not valid', () => 'abc', 2],
    ])('sends nothing with a fingerprint %s', async (_what, fingerprint, exit) => {
      expect((await logIn('right word', { fingerprint: fingerprint() }))[0]).toBe(exit);
      expect(api.requests).toEqual([]);
    });

    it.each([
      ['yes', 0],
      ['no', 10],
    ])('accepts the key only if the answer is yes: %s', async (answer, exit) => {
      const terminal = recordedTerminal(env, { person: true });
      const done = runCommand(terminal.io, (io) => login(io, api.url, { user: 'tess' }));
      await until('the question', () => terminal.err().endsWith('(yes/no) '));
      expect(terminal.err()).toContain(pin);
      terminal.input.write(`${answer}\n`);
      if (exit === 0) {
        await until('the password is asked for', () => terminal.err().endsWith('Password: '));
        terminal.input.write('right word\r');
      }
      expect(await done).toBe(exit);
    });
  });
});
