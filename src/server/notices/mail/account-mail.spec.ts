import { generateSync } from 'otplib';
import { setLimit } from '../../../../test/support/relay/test-relay';
import { MailServer } from '../../../../test/support/server/mail-server';
import { NoticesStage } from '../../../../test/support/server/notices-stage';
import { until } from '../../../../test/support/until';
import { LIMITS } from '../../../protocol/limits';
import type { AccountEvent } from '../../auth/account-mails/account-mail.entity';
import { accountMailOf } from './account-mail-text';

type Browser = Awaited<ReturnType<NoticesStage['loggedIn']>>;
const FROM = 'platen@vendor.example';
const ADDRESS = 'tom@vendor.example';
const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';
const PASSWORD = 'a long enough password';
const HOUR_MS = 60 * 60_000;

let mailServer: MailServer;
let stage: NoticesStage;
let tom: string;
beforeAll(async () => {
  mailServer = await MailServer.start();
  stage = await NoticesStage.start();
});
afterAll(async () => {
  await stage?.stop();
  await mailServer?.close();
});
const settings = () => ({ PLATEN_SMTP_URL: `smtp://127.0.0.1:${mailServer.port}`, PLATEN_MAIL_FROM: FROM });
beforeEach(async () => {
  jest.restoreAllMocks();
  await stage.renew(settings());
  mailServer.renew();
  tom = await stage.user('tom', { role: 'admin', email: ADDRESS });
});

const subjects = () => mailServer.mails.map(({ headers }) => headers.subject);
/** The mails, once there are so many. */
const mails = (count: number) => until(`${count} mails`, () => mailServer.mails.length >= count && mailServer.mails);
/** All that was added is sent, or waits for another time. */
const settled = () =>
  until('the outbox to be empty', async () => {
    const [row] = await stage.read<{ open: number | string }>(
      `SELECT count(*) AS open FROM account_mails WHERE state = 'pending' AND "nextAttemptAt" <= ${Date.now()}`,
    );
    return Number(row!.open) === 0;
  });
/** Tom's browser, after the mail about its login. */
async function known(agent = FIREFOX): Promise<Browser> {
  const browser = await stage.loggedIn('tom', agent);
  await mails(1);
  mailServer.renew();
  return browser;
}
const again = (browser: Browser, password = PASSWORD) =>
  browser.post('/api/auth/login').send({ username: 'tom', password });

describe('a user is mailed', () => {
  it('about a login from another browser, once for each browser', async () => {
    const browser = await stage.loggedIn('tom', FIREFOX);
    const [mail] = await mails(1);
    expect(mail).toMatchObject({ from: FROM, to: [ADDRESS] });
    expect(mail!.headers.subject).toBe('Your Platen account tom: Login from another browser than before');
    expect(mail!.text).toMatch(
      /UTC: Login from another browser than before: Firefox, Linux, from 198\.51\.100\.\d+\r?\n/,
    );
    await again(browser).expect(200);
    await stage.loggedIn('tom');
    await mails(2);
    expect(mailServer.mails[1]!.text).toContain('a program that is no known browser');
    await settled();
    expect(mailServer.mails).toHaveLength(2);
  });

  it('once for a browser that logs in to several accounts', async () => {
    const browser = await known();
    for (const name of ['sue', 'max']) await stage.user(name, { email: `${name}@vendor.example` });
    for (let round = 0; round < 2; round += 1)
      for (const username of ['sue', 'tom', 'max'])
        await browser.post('/api/auth/login').send({ username, password: PASSWORD }).expect(200);
    await mails(2);
    await settled();
    expect(mailServer.mails.flatMap(({ to }) => to).sort()).toEqual(['max@vendor.example', 'sue@vendor.example']);
  });

  it('in the language of the user', async () => {
    await stage.user('hana', { email: 'hana@vendor.example', language: 'ja' });
    await stage.loggedIn('hana', FIREFOX);
    const [{ headers, text }] = (await mails(1)) as [(typeof mailServer.mails)[0]];
    expect(headers['content-language']).toBe('ja');
    expect(headers.subject).toBe('Platenのアカウント「hana」：初めて使われるブラウザーからのログイン');
    expect(text).toContain('Firefox, Linux、接続元 198.51.100.');
  });

  const setUp = async (browser: Browser) => {
    const { body } = await browser.post('/api/auth/factors/totp').send({ name: 'phone' }).expect(201);
    const code = generateSync({ secret: body.secret, epoch: Math.floor(Date.now() / 1000) - 30 });
    const path = `/api/auth/factors/totp/${body.id}/confirmation`;
    const { recoveryCodes } = (await browser.post(path).send({ code }).expect(200)).body;
    return { id: body.id as string, recoveryCodes: recoveryCodes as string[] };
  };
  const administrator = async () => {
    await stage.user('ada', { role: 'admin' });
    return stage.loggedIn('ada');
  };
  it.each<[what: string, act: (browser: Browser) => Promise<unknown>, titles: string[]]>([
    ['a second factor that was added', setUp, ['A second factor was added']],
    [
      'a second factor that was removed',
      async (browser) => {
        const { id } = await setUp(browser);
        await mails(1);
        await browser.delete(`/api/auth/factors/${id}`).expect(204);
      },
      ['A second factor was added', 'A second factor was removed'],
    ],
    [
      'new recovery codes, and one that is used',
      async (browser) => {
        await setUp(browser);
        await mails(1);
        const { body } = await browser.post('/api/auth/factors/recovery-codes').expect(200);
        await mails(2);
        await again(browser).expect(401);
        await browser.post('/api/auth/login/code').send({ code: body.recoveryCodes[0] }).expect(200);
        await mails(3);
        expect(mailServer.mails[2]!.text).toContain(`${LIMITS.RECOVERY_CODES - 1} left`);
        expect(JSON.stringify(mailServer.mails)).not.toContain(body.recoveryCodes[1]);
      },
      ['A second factor was added', 'The recovery codes were replaced', 'Login with a recovery code'],
    ],
    [
      'a new password',
      (browser) =>
        browser.post('/api/auth/password').send({ current: PASSWORD, next: 'a password that is new' }).expect(204),
      ['The password was changed'],
    ],
    [
      'an API token for accounts, and no other one of a new login',
      async (browser) => {
        await browser.post('/api/tokens').send({ name: 'script' }).expect(201);
        await browser.post('/api/tokens').send({ name: 'script', accounts: true }).expect(201);
      },
      ['An API token that covers users and external clients was created'],
    ],
    [
      'an API token, but not what is created with it',
      async (browser) => {
        setLimit('LOGIN_TOKEN_MS', 0);
        const { body } = await browser.post('/api/tokens').send({ name: 'script' }).expect(201);
        const bearer = { authorization: `Bearer ${body.token}` };
        await browser.post('/api/tokens').set(bearer).send({ name: 'part' }).expect(201);
      },
      ['An API token was created'],
    ],
    [
      'an external client',
      (browser) =>
        browser
          .post('/api/clients')
          .send({ name: 'ERP', scopes: ['devices:read'] })
          .expect(201),
      ['An external client was created'],
    ],
    [
      'a password that an administrator has set',
      async () => (await administrator()).patch(`/api/users/${tom}`).send({ password: 'set by ada today' }).expect(200),
      ['ada set a new password'],
    ],
    [
      'single sign-on that an administrator has set',
      async () => (await administrator()).patch(`/api/users/${tom}`).send({ login: 'oidc' }).expect(200),
      ['ada changed the login to single sign-on'],
    ],
    [
      'second factors that an administrator has removed',
      async (browser) => {
        await setUp(browser);
        await mails(1);
        await (await administrator()).delete(`/api/users/${tom}/factors`).expect(204);
      },
      ['A second factor was added', 'ada removed all second factors'],
    ],
    [
      'logins that an administrator has ended',
      async () => (await administrator()).delete(`/api/users/${tom}/logins`).expect(204),
      ['ada ended logins in browsers'],
    ],
  ])('about %s', async (_what, act, titles) => {
    await act(await known());
    await mails(titles.length);
    await settled();
    expect(subjects()).toEqual(titles.map((title) => `Your Platen account tom: ${title}`));
    expect(mailServer.mails.every(({ to }) => to.join() === ADDRESS)).toBe(true);
  });

  it.each<[who: string, change: (browser: Browser) => Promise<unknown>]>([
    ['the user', (browser) => browser.patch('/api/auth/me').send({ email: 'new@vendor.example' }).expect(200)],
    ['the user, who removes it', (browser) => browser.patch('/api/auth/me').send({ email: null }).expect(200)],
    [
      'an administrator',
      async () => {
        const ada = await administrator();
        await ada.patch(`/api/users/${tom}`).send({ email: 'new@vendor.example' }).expect(200);
      },
    ],
  ])('at the former address when %s changes it', async (_who, change) => {
    await change(await known());
    await mails(1);
    await settled();
    expect([subjects(), mailServer.mails[0]!.to]).toEqual([
      ['Your Platen account tom: The mail address was changed'],
      [ADDRESS],
    ]);
  });

  it('about refused passwords once a day, and about none of them singly', async () => {
    await known();
    const guess = (username: string) =>
      stage.browser().post('/api/auth/login').send({ username, password: 'a guess of someone' });
    jest.replaceProperty(LIMITS, 'LOGIN_FAILURES_FROM_ALL_PLACES', 4 as never);
    for (let n = 0; n < 7; n += 1) {
      await guess('tom').expect(401);
      await guess('unknown').expect(401);
      if (n === 2) expect((await stage.read('SELECT id FROM account_mails')).length).toBe(1);
    }
    await mails(1);
    await settled();
    expect(subjects()).toEqual(['Your Platen account tom: Many logins with a wrong password were refused']);
    await stage.write(`UPDATE account_mails SET at = at - ${24 * HOUR_MS}`);
    await guess('tom').expect(401);
    await mails(2);
    jest.restoreAllMocks();
  });

  it('when someone who knows the password enters wrong codes', async () => {
    await setUp(await known());
    await mails(1);
    const other = stage.browser();
    await again(other).expect(401);
    for (let n = 0; n < LIMITS.LOGIN_FAILURES_FREE; n += 1)
      await other.post('/api/auth/login/code').send({ code: '000 000' }).expect(401);
    await mails(2);
    await settled();
    expect(subjects()[1]).toBe('Your Platen account tom: Wrong codes of the second factor');
    expect(mailServer.mails[1]!.text).toContain('someone else knows the password. Change it now.');
    expect(mailServer.mails).toHaveLength(2);
  });
});

describe('mails about an account', () => {
  const events = async (browser: Browser, count: number) => {
    for (let n = 0; n < count; n += 1)
      await browser
        .post('/api/tokens')
        .send({ name: `script ${n}`, accounts: true })
        .expect(201);
  };

  it('are limited, and what is beyond is one mail later, which nothing hides', async () => {
    const browser = await known(); // the first one
    // what happens while a mail is being sent is one mail, too
    for (let n = 1; n < LIMITS.ACCOUNT_MAILS_PER_HOUR; n += 1) {
      await events(browser, 1);
      await mails(n);
    }
    await events(browser, 3);
    await settled();
    expect(mailServer.mails).toHaveLength(LIMITS.ACCOUNT_MAILS_PER_HOUR - 1);
    // the address is notified at once when it is replaced, and still gets what happened before
    await browser.patch('/api/auth/me').send({ email: 'mallory@evil.example' }).expect(200);
    await mails(LIMITS.ACCOUNT_MAILS_PER_HOUR);
    expect(subjects().at(-1)).toBe('Your Platen account tom: The mail address was changed');
    mailServer.renew();
    await stage.write(`UPDATE account_mails SET at = at - ${HOUR_MS}, "nextAttemptAt" = "nextAttemptAt" - ${HOUR_MS}`);
    await stage.restart();
    const [digest] = await mails(1);
    expect([digest!.headers.subject, digest!.to]).toEqual(['Your Platen account tom: 3 events', [ADDRESS]]);
    expect(digest!.text.match(/^- /gm)).toHaveLength(3);
    await settled();
    expect(mailServer.mails).toHaveLength(1);
    // the next hour begins again
    await events(browser, 1);
    await mails(2);
    expect(mailServer.mails[1]!.to).toEqual(['mallory@evil.example']);
  });

  it('that wait are limited, too', async () => {
    const browser = await known();
    jest.replaceProperty(LIMITS, 'ACCOUNT_MAILS_WAITING', (LIMITS.ACCOUNT_MAILS_PER_HOUR + 2) as never);
    await events(browser, LIMITS.ACCOUNT_MAILS_PER_HOUR + 6);
    expect(await stage.read('SELECT id FROM account_mails')).toHaveLength(LIMITS.ACCOUNT_MAILS_PER_HOUR + 2);
    jest.restoreAllMocks();
  });

  it('do not reach the addresses that someone enters one after the other', async () => {
    const browser = await known();
    for (let n = 0; n < 8; n += 1)
      await browser
        .patch('/api/auth/me')
        .send({ email: `victim-${n}@other.example` })
        .expect(200);
    await mails(LIMITS.ACCOUNT_ADDRESS_MAILS_PER_DAY);
    await settled();
    expect(mailServer.mails.map(({ to: [to] }) => to).sort()).toEqual([
      ADDRESS,
      ...Array.from({ length: LIMITS.ACCOUNT_ADDRESS_MAILS_PER_DAY - 1 }, (_, n) => `victim-${n}@other.example`),
    ]);
  });

  it('contain nothing that a request has brought', async () => {
    const hostile = 'Evil\tSee https://evil.example/ Firefox/1 (Windows)\u00ff';
    const browser = await stage.loggedIn('tom', hostile);
    await mails(1);
    await browser.post('/api/tokens').send({ name: 'https://evil.example', accounts: true }).expect(201);
    await browser.post('/api/auth/factors/totp').send({ name: 'https://evil.example' }).expect(201);
    await mails(2);
    expect(JSON.stringify(mailServer.mails)).not.toMatch(/evil/i);
    expect(mailServer.mails[0]!.text).toContain('Firefox, Windows');
    expect(mailServer.mails[0]!.text).not.toMatch(/https?:/);
  });

  it('are not made without a mail server, without an address, and wait for one that is not available', async () => {
    await stage.user('noa');
    await stage.loggedIn('noa');
    expect(await stage.read('SELECT id FROM account_mails')).toEqual([]);
    await mailServer.close();
    await stage.loggedIn('tom');
    await until('an attempt', () => stage.lines.some(({ msg }) => String(msg).includes('retrying later')));
    await mailServer.open();
    await mails(1);
    await stage.renew({ PLATEN_SMTP_URL: '', PLATEN_MAIL_FROM: '' });
    await stage.user('tom', { email: ADDRESS });
    await stage.loggedIn('tom');
    expect(await stage.read('SELECT id FROM account_mails')).toEqual([]);
  });

  it('are sent again after a crash, as the same mail', async () => {
    mailServer.onMail = () => (mailServer.attempts === 1 ? new Promise(() => undefined) : 'accept');
    await stage.loggedIn('tom');
    const [claimed] = await until('the claim', async () => {
      const rows = await stage.read<{ mailId: string }>('SELECT "mailId" FROM account_mails');
      return mailServer.attempts === 1 && rows;
    });
    stage.abandonMails();
    await stage.restart();
    const [mail] = await mails(1);
    expect(mail!.headers['message-id']).toBe(`<${claimed!.mailId}@vendor.example>`);
  });

  it('about events of the command line are sent by the server', async () => {
    await stage.write(`INSERT INTO account_mails
      (id, "userId", recipient, event, facts, at, state, attempts, "nextAttemptAt")
      VALUES ('m', '${tom}', '${ADDRESS}', 'factors-reset', '{"by":"(command line)"}', ${Date.now()}, 'pending', 0, ${Date.now()})`);
    await stage.restart();
    await mails(1);
    expect(subjects()).toEqual(['Your Platen account tom: (command line) removed all second factors']);
  });

  it('have a text for each event in each language', () => {
    const every: Record<AccountEvent, true> = {
      ...{ 'new-browser': true, 'recovery-code-used': true, 'factor-added': true, 'factor-removed': true },
      ...{ 'recovery-codes-replaced': true, 'password-changed': true, 'token-created': true, 'client-created': true },
      'api-token-created': true,
      ...{ 'factors-reset': true, 'logins-ended': true, 'password-set': true, 'single-sign-on-set': true },
      ...{ 'address-changed': true, 'passwords-refused': true, 'codes-refused': true },
    };
    for (const event of Object.keys(every) as AccountEvent[])
      for (const language of ['en', 'ja'] as const) {
        const { subject, text } = accountMailOf(
          'tom',
          [{ event, facts: {}, at: new Date() } as never],
          language,
          'https://x.example',
        );
        expect(`${subject}\n${text}`).not.toMatch(/undefined/);
        expect(text).toContain('Platen, https://x.example');
      }
  });
});
