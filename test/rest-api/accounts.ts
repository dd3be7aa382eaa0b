import { generateSync } from 'otplib';
import { z } from 'zod';
import {
  factors,
  login as knownLogin,
  loginState,
  newTotp,
  passkeyOptions,
  recoveryCodes,
} from '../../src/protocol/account';
import { apiToken, auditEvent, createdApiToken, page, user } from '../../src/protocol/api';
import type { Problem } from '../../src/protocol/problems';
import { notice } from '../../src/protocol/notice';
import { retention } from '../../src/protocol/retention';
import { NoticesService } from '../../src/server/notices/notices.service';
import { PASSWORD } from '../support/server/control-plane';
import { itRefuses, UNKNOWN_ID, type RestApi } from '../support/server/rest-api';

const newUser = { username: 'uma', displayName: 'Uma', role: 'technician', password: 'a password of ten' };

/** The headers of another browser in which that user has just logged in. */
async function newLoginOf(api: RestApi, username: string): Promise<{ headers: { cookie: string } }> {
  const body = { username, password: newUser.password };
  const answer = await api.succeeds('anonymous', 'POST /api/auth/login', { body }, 200);
  return { headers: { cookie: answer.get('Set-Cookie')!.at(-1)!.split(';')[0]! } };
}

/** The headers of a browser in which a new user has just logged in. */
export async function newLogin(api: RestApi, username: string): Promise<{ headers: { cookie: string } }> {
  await api.answers('ada', 'POST /api/users', user, { body: { ...newUser, username } }, 201);
  return newLoginOf(api, username);
}

export function describeLogins(api: () => RestApi): void {
  describe('logins', () => {
    const login = (cookie: string) => ({ headers: { cookie } });

    it('start and end', async () => {
      const body = { username: 'tess', password: PASSWORD };
      const me = await api().answers('anonymous', 'POST /api/auth/login', user, { body });
      expect(me).toMatchObject({ username: 'tess', role: 'technician', active: true });
      const cookie = await api().plane.cookieOf('tess');
      expect(await api().answers('anonymous', 'GET /api/auth/me', user, login(cookie))).toEqual(me);
      await api().succeeds('anonymous', 'POST /api/auth/logout', login(cookie));
      await api().refuses('anonymous', 'GET /api/auth/me', '401 not-logged-in', login(cookie));
    });

    it('show and change their own account', async () => {
      const before = await api().answers('tess', 'GET /api/auth/me', user);
      const change = { displayName: 'Tess T.', language: 'ja' };
      const changed = await api().answers('tess', 'PATCH /api/auth/me', user, { body: change });
      expect(changed).toEqual({ ...before, ...change });
    });

    it('change their own address in a browser only, and see what happened to their account', async () => {
      const browser = await newLogin(api(), 'abe');
      const body = { email: 'abe@vendor.example' };
      await api().answers('anonymous', 'PATCH /api/auth/me', user, { ...browser, body });
      const named = { ...browser, body: { name: 'script' } };
      const { id } = await api().answers('anonymous', 'POST /api/tokens', createdApiToken, named, 201);
      await api().succeeds('anonymous', 'DELETE /api/tokens/:id', { ...browser, params: { id } });
      // another user's own
      await api().answers('tess', 'POST /api/tokens', createdApiToken, { body: { name: 'other' } }, 201);
      const events = await api().answers('anonymous', 'GET /api/auth/events', page(auditEvent), browser);
      expect(events.rows.map(({ action, target }) => [action, target])).toEqual([
        ['token.revoked', id],
        ['token.created', id],
        ['profile.changed', 'abe'],
        ['login.permitted', 'abe'],
        ['user.created', 'abe'],
      ]);
      await api().refuses('tess', 'PATCH /api/auth/me', '403 forbidden', { body });
    });

    it('change their own password, which ends every API token', async () => {
      const browser = await newLogin(api(), 'pat');
      const named = { ...browser, body: { name: 'script' } };
      const { token } = await api().answers('anonymous', 'POST /api/tokens', createdApiToken, named, 201);
      const change = { current: newUser.password, next: 'another password' };
      await api().succeeds('anonymous', 'POST /api/auth/password', { ...browser, body: change });
      const headers = { authorization: `Bearer ${token}` };
      await api().refuses('anonymous', 'GET /api/auth/me', '401 not-logged-in', { headers });
    });

    it('need a second factor that their user has set up', async () => {
      const browser = await newLogin(api(), 'fay');
      const begin = { ...browser, body: { name: 'phone' } };
      const app = await api().answers('anonymous', 'POST /api/auth/factors/totp', newTotp, begin, 201);
      const confirm = { ...browser, params: { id: app.id }, body: { code: generateSync({ secret: app.secret }) } };
      const route = 'POST /api/auth/factors/totp/:id/confirmation';
      const first = await api().answers('anonymous', route, recoveryCodes, confirm);
      const listed = await api().answers('anonymous', 'GET /api/auth/factors', factors, browser);
      expect(listed).toMatchObject({ factors: [{ id: app.id, name: 'phone', lastUsedAt: null }], required: false });
      const { id } = await api().answers('anonymous', 'GET /api/auth/me', user, browser);
      expect(await api().answers('ada', 'GET /api/users/:id/factors', factors, { params: { id } })).toEqual(listed);
      const codes = 'POST /api/auth/factors/recovery-codes';
      const second = await api().answers('anonymous', codes, recoveryCodes, browser);
      expect(second.recoveryCodes).toHaveLength(first.recoveryCodes!.length);

      const body = { username: 'fay', password: newUser.password };
      const answer = await api().call('anonymous', 'POST /api/auth/login', { body });
      expect([answer.status, (answer.body as Problem).code]).toEqual([401, 'second-factor-required']);
      const pending = login(answer.get('Set-Cookie')!.at(-1)!.split(';')[0]!);
      const state = () => api().answers('anonymous', 'GET /api/auth/login', loginState, pending);
      expect((await state()).pending).toMatchObject({ step: 'second-factor', username: 'fay' });
      const enter = (code: string) => ({ ...pending, body: { code } });
      await api().refuses(
        'anonymous',
        'POST /api/auth/login/code',
        '401 factor-refused',
        enter(first.recoveryCodes![0]!),
      );
      await api().answers('anonymous', 'POST /api/auth/login/code', user, enter(second.recoveryCodes![0]!));
      await api().succeeds('anonymous', 'DELETE /api/auth/login', pending);
      expect(await state()).toMatchObject({ pending: null });

      await api().succeeds('anonymous', 'DELETE /api/auth/factors/:id', { ...browser, params: { id: app.id } });
      const admin = login(await api().plane.cookieOf('ada'));
      await api().succeeds('anonymous', 'DELETE /api/users/:id/factors', { ...admin, params: { id } });
    });

    it('are not made by a passkey that no one has added', async () => {
      const options = 'POST /api/auth/login/passkey/options';
      const answer = await api().succeeds('anonymous', options, {}, 200);
      expect(passkeyOptions.parse(answer.body)).toMatchObject({ userVerification: 'required' });
      const body = { response: { id: 'unknown' } };
      await api().refuses('anonymous', 'POST /api/auth/login/passkey', '401 factor-refused', { body });
      const browser = await newLogin(api(), 'pia');
      const offered = await api().succeeds('anonymous', 'POST /api/auth/factors/passkey/options', browser, 200);
      expect(offered.body).toMatchObject({ user: { name: 'pia' } });
      const named = { ...browser, body: { ...body, name: 'phone' } };
      await api().refuses('anonymous', 'POST /api/auth/factors/passkey', '401 factor-refused', named);
    });

    it('are not made by single sign-on where there is none', async () => {
      for (const route of ['login', 'callback', 'logout'])
        await api().refuses('anonymous', `GET /api/auth/oidc/${route}`, '404 not-found');
    });

    it('are listed and ended by their user', async () => {
      const [browser, other] = [await newLogin(api(), 'lea'), await api().plane.cookieOf('tess')];
      const again = await api().succeeds(
        'anonymous',
        'POST /api/auth/login',
        {
          headers: { 'user-agent': 'Second/1.0' },
          body: { username: 'lea', password: newUser.password },
        },
        200,
      );
      const second = login(again.get('Set-Cookie')!.at(-1)!.split(';')[0]!);
      const list = () => api().answers('anonymous', 'GET /api/auth/logins', z.array(knownLogin), browser);
      const [newest, oldest, ...rest] = await list();
      expect(rest).toEqual([]);
      expect(newest).toMatchObject({ userAgent: 'Second/1.0', current: false });
      expect(oldest).toMatchObject({ current: true });
      const one = { params: { id: newest!.id } };
      await api().refuses('tess', 'DELETE /api/auth/logins/:id', '404 not-found', one);
      await api().succeeds('anonymous', 'DELETE /api/auth/logins/:id', { ...browser, ...one });
      await api().refuses('anonymous', 'GET /api/auth/me', '401 not-logged-in', second);
      await api().answers('anonymous', 'GET /api/auth/me', user, login(other));

      const third = await newLoginOf(api(), 'lea');
      await api().succeeds('anonymous', 'DELETE /api/auth/logins', browser);
      await api().refuses('anonymous', 'GET /api/auth/me', '401 not-logged-in', third);
      expect(await list()).toHaveLength(1);
    });

    it('are listed and ended by an administrator', async () => {
      const browser = await newLogin(api(), 'leo');
      const { id } = await api().answers('anonymous', 'GET /api/auth/me', user, browser);
      const second = await newLoginOf(api(), 'leo');
      const list = () => api().answers('ada', 'GET /api/users/:id/logins', z.array(knownLogin), { params: { id } });
      const logins = await list();
      expect(logins.map(({ current }) => current)).toEqual([false, false]);
      const first = { params: { id, loginId: logins[1]!.id } };
      await api().succeeds('ada', 'DELETE /api/users/:id/logins/:loginId', first);
      await api().refuses('ada', 'DELETE /api/users/:id/logins/:loginId', '404 not-found', first);
      await api().refuses('anonymous', 'GET /api/auth/me', '401 not-logged-in', browser);
      await api().answers('anonymous', 'GET /api/auth/me', user, second);
      await api().succeeds('ada', 'DELETE /api/users/:id/logins', { params: { id } });
      await api().refuses('anonymous', 'GET /api/auth/me', '401 not-logged-in', second);
      expect(await list()).toEqual([]);
    });

    itRefuses(api, [
      [
        'a new password that is easy to guess',
        'tom',
        'POST /api/auth/password',
        '400 invalid-request',
        { body: { current: PASSWORD, next: 'Basketball!' } },
      ],
      [
        'a wrong password',
        'anonymous',
        'POST /api/auth/login',
        '401 login-refused',
        { body: { username: 'tom', password: 'not it' } },
      ],
      [
        'an unknown user ID',
        'anonymous',
        'POST /api/auth/login',
        '401 login-refused',
        { body: { username: 'no-such-user', password: PASSWORD } },
      ],
      [
        'a login without a password',
        'anonymous',
        'POST /api/auth/login',
        '400 invalid-request',
        { body: { username: 'tom' } },
      ],
      [
        'a login by a page of another site',
        'anonymous',
        'POST /api/auth/login',
        '403 cross-site',
        { headers: { 'sec-fetch-site': 'cross-site' }, body: { username: 'tom', password: PASSWORD } },
      ],
      ['an unknown language', 'tom', 'PATCH /api/auth/me', '400 invalid-request', { body: { language: 'xx' } }],
      ['a role for oneself', 'tom', 'PATCH /api/auth/me', '400 invalid-request', { body: { role: 'admin' } }],
      [
        'a password change with a wrong current password',
        'tom',
        'POST /api/auth/password',
        '400 invalid-request',
        { body: { current: 'not it', next: 'a new password' } },
      ],
      [
        'a new password that is too short',
        'tom',
        'POST /api/auth/password',
        '400 invalid-request',
        { body: { current: PASSWORD, next: 'short' } },
      ],
    ]);
  });
}

export function describeUsers(api: () => RestApi): void {
  describe('users', () => {
    it('are created, changed and listed in pages', async () => {
      const created = await api().answers('ada', 'POST /api/users', user, { body: newUser }, 201);
      const { password: _password, ...shown } = newUser;
      expect(created).toMatchObject({ ...shown, active: true, email: null, administratorId: null });
      const change = { params: { id: created.id }, body: { displayName: 'Uma U.', active: false } };
      const changed = await api().answers('ada', 'PATCH /api/users/:id', user, change);
      expect(changed).toEqual({ ...created, ...change.body });
      const rows = await api().pages('ada', 'GET /api/users', user);
      expect(rows).toContainEqual(changed);
      expect(rows.map(({ username }) => username)).toEqual(rows.map(({ username }) => username).sort());
    });

    it('keep their last administrator', async () => {
      const { id } = await api().answers('ada', 'GET /api/auth/me', user);
      const call = { params: { id }, body: { role: 'technician' } };
      await api().refuses('ada', 'PATCH /api/users/:id', '409 conflict', call);
    });

    const body = (change: object) => ({ body: { ...newUser, ...change } });
    itRefuses(api, [
      ['a user ID that is taken', 'ada', 'POST /api/users', '409 conflict', body({ username: 'tom' })],
      ['a user ID with capitals', 'ada', 'POST /api/users', '400 invalid-request', body({ username: 'Tom' })],
      ['a common password', 'ada', 'POST /api/users', '400 invalid-request', body({ password: 'password123!' })],
      ['a short password', 'ada', 'POST /api/users', '400 invalid-request', body({ password: 'short' })],
      ['an unknown role', 'ada', 'POST /api/users', '400 invalid-request', body({ role: 'root' })],
      ['an unknown field', 'ada', 'POST /api/users', '400 invalid-request', body({ admin: true })],
      [
        'a change of an unknown user',
        'ada',
        'PATCH /api/users/:id',
        '404 not-found',
        { params: { id: UNKNOWN_ID }, body: {} },
      ],
      [
        'a change by user ID',
        'ada',
        'PATCH /api/users/:id',
        '400 invalid-request',
        { params: { id: 'tom' }, body: {} },
      ],
      ['a page of no rows', 'ada', 'GET /api/users', '400 invalid-request', { query: { limit: 0 } }],
      ['a page of too many rows', 'ada', 'GET /api/users', '400 invalid-request', { query: { limit: 201 } }],
    ]);
  });
}

export function describeTokens(api: () => RestApi): void {
  describe('API tokens', () => {
    const create = () =>
      api().answers('tess', 'POST /api/tokens', createdApiToken, { body: { name: 'laptop', expiresInDays: 30 } }, 201);
    const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });

    it('are created, listed without their secret, and revoked', async () => {
      const { token, ...listed } = await create();
      const list = () => api().answers('tess', 'GET /api/tokens', z.array(apiToken));
      expect(await list()).toContainEqual(listed);
      const params = { id: listed.id };
      await api().refuses('tom', 'DELETE /api/tokens/:id', '404 not-found', { params });
      await api().succeeds('tess', 'DELETE /api/tokens/:id', { params });
      await api().refuses('anonymous', 'GET /api/auth/me', '401 not-logged-in', bearer(token));
      expect(await list()).not.toContainEqual(listed);
    });

    it('revoke themselves', async () => {
      const { token } = await create();
      await api().succeeds('anonymous', 'DELETE /api/tokens/current', bearer(token));
      await api().refuses('anonymous', 'GET /api/auth/me', '401 not-logged-in', bearer(token));
    });

    it('are not what a cookie is', async () => {
      const headers = { cookie: await api().plane.cookieOf('tom') };
      await api().refuses('anonymous', 'DELETE /api/tokens/current', '404 not-found', { headers });
    });

    itRefuses(api, [
      ['a token without a name', 'tom', 'POST /api/tokens', '400 invalid-request', { body: {} }],
      [
        'a token without an end',
        'tom',
        'POST /api/tokens',
        '400 invalid-request',
        { body: { name: 'x', expiresInDays: 0 } },
      ],
      ['an unknown token', 'tom', 'DELETE /api/tokens/:id', '404 not-found', { params: { id: UNKNOWN_ID } }],
      ['a token by name', 'tom', 'DELETE /api/tokens/:id', '400 invalid-request', { params: { id: 'laptop' } }],
    ]);
  });
}

export function describeAudit(api: () => RestApi): void {
  describe('the audit log', () => {
    it('is read in pages, newest first', async () => {
      const rows = await api().pages('ada', 'GET /api/audit', auditEvent);
      expect(rows.map(({ id }) => id)).toEqual(rows.map(({ id }) => id).sort((a, b) => b - a));
      expect(rows).toContainEqual(expect.objectContaining({ actor: 'tess', action: 'token.created' }));
    });

    it.each([
      [
        'jsonl',
        'application/jsonl; charset=utf-8',
        /^\{"id":\d+,"at":"[^"]+","actor":"tess","action":"token.created",.*"hash":"[\w-]{43}"\}$/m,
      ],
      ['csv', 'text/csv; charset=utf-8', /^\d+,[^,]+,tess,token.created,.*,[\w-]{43}\r$/m],
    ])('is exported as %s, and only what fits', async (format, type, line) => {
      const query = { format, action: 'token', until: new Date(Date.now() + 60_000).toISOString() };
      const answer = await api().call('ada', 'GET /api/audit/export', { query }).buffer(true).expect(200);
      expect(answer.get('Content-Type')).toBe(type);
      expect(answer.get('Content-Disposition')).toContain(`.${format}`);
      expect(answer.text).toMatch(line);
      expect(answer.text).not.toContain('user.created');
    });

    it('records its export', async () => {
      await api().succeeds('ada', 'GET /api/audit/export', {}, 200);
      const { rows } = await api().answers('ada', 'GET /api/audit', page(auditEvent));
      expect(rows[0]).toMatchObject({ actor: 'ada', action: 'audit.exported', target: 'csv' });
    });

    it('is kept longest', async () => {
      const { audit, ...others } = await api().answers('tom', 'GET /api/retention', retention);
      expect(audit).toMatchObject({ days: 1_825, most: null, since: expect.stringMatching(/T00:00:00\.000Z$/) });
      for (const { since } of Object.values(others)) expect(since >= audit.since).toBe(true);
    });

    itRefuses(api, [
      ['a technician', 'tom', 'GET /api/audit', '403 forbidden'],
      ['a technician', 'tom', 'GET /api/audit/export', '403 forbidden'],
      ['an unknown format', 'ada', 'GET /api/audit/export', '400 invalid-request', { query: { format: 'xml' } }],
      ['a cursor that is no number', 'ada', 'GET /api/audit', '400 invalid-request', { query: { cursor: 'x' } }],
    ]);
  });
}

export function describeNotices(api: () => RestApi): void {
  describe('notices', () => {
    const session = { deviceId: 'printer', deviceName: 'Copy room', applicationId: 'web' };
    beforeAll(async () => {
      const { id: userId } = await api().answers('tess', 'GET /api/auth/me', user);
      const notices = api().app.get(NoticesService, { strict: false });
      for (let n = 0; n < 3; n += 1)
        await notices.notifyOfHalt({
          ...session,
          siteId: api().plane.siteId,
          remoteSessionId: crypto.randomUUID(),
          userId,
          userName: 'Tess',
        });
    });
    const unread = () => api().pages('tess', 'GET /api/notices', notice, { unread: 'yes' });

    it('are listed in pages for their recipient only', async () => {
      const rows = await api().pages('tess', 'GET /api/notices', notice);
      expect(rows).toHaveLength(3);
      for (const row of rows)
        expect(row).toMatchObject({ kind: 'session-halted', ...session, readAt: null, mail: 'none' });
      expect(await api().pages('tom', 'GET /api/notices', notice)).toEqual([]);
    });

    it('are marked as read one by one, and all at once', async () => {
      const [first] = await unread();
      const params = { id: first!.id };
      await api().refuses('tom', 'POST /api/notices/:id/reading', '404 unknown-notice', { params });
      const read = await api().answers('tess', 'POST /api/notices/:id/reading', notice, { params });
      expect(read).toEqual({ ...first, readAt: expect.any(String) });
      expect(await unread()).toHaveLength(2);
      await api().succeeds('tess', 'POST /api/notices/reading');
      expect(await unread()).toEqual([]);
    });

    itRefuses(api, [
      [
        'an unknown notice',
        'tom',
        'POST /api/notices/:id/reading',
        '404 unknown-notice',
        { params: { id: UNKNOWN_ID } },
      ],
      ['a notice by number', 'tom', 'POST /api/notices/:id/reading', '400 invalid-request', { params: { id: '1' } }],
      ['a cursor that is no ID', 'tom', 'GET /api/notices', '400 invalid-request', { query: { cursor: '1' } }],
      ['an unknown filter', 'tom', 'GET /api/notices', '400 invalid-request', { query: { unread: 'perhaps' } }],
    ]);
  });
}
