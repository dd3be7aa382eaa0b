import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generate } from 'selfsigned';
import { makeCertificate, type TestCertificate } from '../../../../test/support/test-certificate';
import {
  MailServer,
  silentServer,
  talkingServer,
  type ReceivedMail,
} from '../../../../test/support/server/mail-server';
import { NoticesStage } from '../../../../test/support/server/notices-stage';
import { until } from '../../../../test/support/until';

const FROM = 'platen@vendor.example';

let server: MailServer;
let stage: NoticesStage;
beforeAll(async () => {
  stage = await NoticesStage.start();
});
afterAll(() => stage?.stop());

/** Starts a test: no mail, notice or user of an earlier one is left. @returns the user `tom` */
async function stageFor(url: string, more: Record<string, string> = {}): Promise<string> {
  await stage.renew({ PLATEN_SMTP_URL: url, PLATEN_MAIL_FROM: FROM, ...more });
  return stage.user('tom', { email: 'tom@vendor.example' });
}

describe('mail', () => {
  const settings = { PLATEN_PUBLIC_URL: 'https://platen.example' };
  let tom: string;
  beforeAll(async () => {
    server = await MailServer.start();
  });
  beforeEach(async () => {
    tom = await stageFor(`smtp://127.0.0.1:${server.port}`, settings);
    server.renew();
  });
  afterAll(() => server?.close());
  const reopen = async () => {
    await stage.close();
    await stage.open({ PLATEN_SMTP_URL: `smtp://127.0.0.1:${server.port}`, PLATEN_MAIL_FROM: FROM, ...settings });
  };
  const warnings = () => stage.lines.filter(({ level }) => level === 'warn' || level === 'error');

  it('is delivered once, with the facts and no secret', async () => {
    await stage.halt(tom);
    const { id, at } = await stage.mailed(tom, 'sent');
    expect(server.mails).toHaveLength(1);
    const [{ headers, text, from, to }] = server.mails as [ReceivedMail];
    expect([from, to]).toEqual([FROM, ['tom@vendor.example']]);
    expect(headers).toMatchObject({
      from: `Platen <${FROM}>`,
      to: 'tom@vendor.example',
      subject: 'Your remote session with Copy room was interrupted',
      'message-id': `<${id}@vendor.example>`,
      date: at.toUTCString().replace('GMT', '+0000'),
      'auto-submitted': 'auto-generated',
      'content-language': 'en',
      'content-type': 'text/plain; charset=utf-8',
    });
    for (const fact of ['Copy room (copy-room)', 'application web', 'platen connect copy-room web', 'approve'])
      expect(text).toContain(fact);
    expect(text).toContain(`${at.toISOString().slice(0, 16).replace('T', ' ')} UTC`);
    expect(text.match(/https?:\S+/g)).toEqual(['https://platen.example']);
    expect(JSON.stringify(stage.lines)).not.toContain('tom@vendor.example');
  });

  it('is in the language of its recipient', async () => {
    const ada = await stage.user('ada', { role: 'admin', email: 'ada@vendor.example', language: 'ja' });
    const kei = await stage.user('kei', { email: 'kei@vendor.example', language: 'ja' });
    await stage.change(kei, { administratorId: ada });
    await stage.halt(kei, { userName: '佐藤', deviceName: '複合機１' });
    await stage.mailed(kei, 'sent');
    await stage.mailed(ada, 'sent');
    const to = (address: string) => server.mails.find((mail) => mail.to.includes(address))!;
    expect(to('kei@vendor.example').headers).toMatchObject({
      subject: '「複合機１」とのリモートセッションが中断されました',
      'content-language': 'ja',
    });
    expect(to('kei@vendor.example').text).toContain('承認が改めて必要です');
    expect(to('ada@vendor.example').headers.subject).toBe(
      '佐藤 さんと「複合機１」とのリモートセッションが中断されました',
    );
    expect(to('ada@vendor.example').text).toContain('佐藤 さんの管理者');
    expect(server.mails).toHaveLength(2);
  });

  it('does not get headers from the name of a device', async () => {
    await stage.halt(tom, { deviceName: 'Lobby\r\nBcc: all@vendor.example\r\n\r\nx\u202e', userName: 'a\nb' });
    await stage.mailed(tom, 'sent');
    const [{ headers, to }] = server.mails as [ReceivedMail];
    expect(to).toEqual(['tom@vendor.example']);
    expect(headers.subject).toBe('Your remote session with Lobby Bcc: all@vendor.example x was interrupted');
    expect(Object.keys(headers).sort()).toEqual([
      'auto-submitted',
      'content-language',
      'content-transfer-encoding',
      'content-type',
      'date',
      'from',
      'message-id',
      'mime-version',
      'subject',
      'to',
    ]);
  });

  it.each([452, 421])('is retried after %s', async (code) => {
    server.onRecipient = () => (server.attempts === 1 ? code : 'accept');
    await stage.halt(tom);
    expect(await stage.mailed(tom, 'sent')).toMatchObject({ attempts: 2, nextAttemptAt: null, claimedAt: null });
    expect(server.mails).toHaveLength(1);
    expect(warnings()).toMatchObject([{ attempts: 1, detail: expect.stringContaining(String(code)) }]);
  });

  it.each([
    ['the recipient', (refuse: () => 550) => (server.onRecipient = refuse)],
    ['the mail', (refuse: () => 550) => (server.onMail = refuse)],
  ])('fails if %s is refused permanently; the reason is logged', async (_what, prepare) => {
    prepare(() => 550);
    await stage.halt(tom);
    expect(await stage.mailed(tom, 'given-up')).toMatchObject({ attempts: 1, nextAttemptAt: null });
    expect(server.mails).toEqual([]);
    expect(warnings()).toMatchObject([{ msg: 'a notice could not be mailed', detail: expect.stringMatching(/550/) }]);
  });

  it('fails after the last attempt', async () => {
    server.onRecipient = () => 452;
    await stage.halt(tom);
    await until('the mail to fail', async () => {
      await stage.write(`UPDATE notices SET attempts = 47 WHERE mail = 'pending'`);
      return (await stage.of(tom))[0]?.mail === 'given-up';
    });
  });

  it('waits for a server that is not available', async () => {
    await server.close();
    await stage.halt(tom);
    await until('two attempts', () => warnings().length >= 2);
    expect((await stage.of(tom))[0]).toMatchObject({ mail: 'pending' });
    await server.open();
    await stage.mailed(tom, 'sent');
    expect(server.mails).toHaveLength(1);
  });

  it.each([
    ['its connection', 'connectMs'],
    ['its answers', 'acceptMs'],
  ] as const)('ends an attempt at a server that hangs, at %s', async (_what, bound) => {
    const hanging = await silentServer();
    tom = await stageFor(`smtp://127.0.0.1:${hanging.port}`);
    stage.mailTransport[bound] = 100;
    await stage.halt(tom);
    await until('two attempts', () => warnings().length >= 2);
    expect((await stage.of(tom))[0]).toMatchObject({ mail: 'pending' });
    await hanging.close();
  });

  it('ends an attempt at a server whose reply does not end', async () => {
    const talking = await talkingServer();
    tom = await stageFor(`smtp://127.0.0.1:${talking.port}`);
    stage.mailTransport.acceptMs = 200;
    await stage.halt(tom);
    await until('two attempts', () => warnings().length >= 2);
    await talking.close();
  });

  it('ends an attempt without a reply to the mail', async () => {
    stage.mailTransport.acceptMs = 250;
    // twice the time for each attempt, until one gets as far as the reply
    server.onRecipient = () => {
      stage.mailTransport.acceptMs *= 2;
      return 'accept';
    };
    let hung = false;
    server.onMail = () => {
      if (hung) return 'accept';
      hung = true;
      stage.mailTransport.acceptMs = 60_000; // of the next attempt
      return new Promise(() => undefined);
    };
    await stage.halt(tom);
    await stage.mailed(tom, 'sent');
    expect(server.mails).toHaveLength(1);
  });

  it('is sent over a limited number of connections', async () => {
    let open = 0;
    let release!: () => void;
    const released = new Promise<void>((resolve) => (release = resolve));
    server.onMail = async () => {
      open += 1;
      await released;
      return 'accept' as const;
    };
    for (let n = 0; n < 6; n += 1) await stage.halt(tom);
    await until('four mails', () => open >= 4);
    const claimed = (await stage.of(tom)).filter(({ claimedAt }) => claimedAt !== null);
    expect([claimed.length, open]).toEqual([4, 4]);
    release();
    await until('all mails', () => server.mails.length === 6);
    const ids = server.mails.map(({ headers }) => headers['message-id']);
    expect(new Set(ids).size).toBe(6);
  });

  it('is sent again after a crash during an attempt, with the same Message-ID', async () => {
    server.onRecipient = () => 452;
    await stage.halt(tom);
    await until('an attempt', () => server.attempts > 0);
    await stage.close();
    server.onRecipient = () => 'accept';
    const attempts = server.attempts;
    await stage.open({ PLATEN_SMTP_URL: '', PLATEN_MAIL_FROM: '' });
    await stage.write(`UPDATE notices SET "claimedAt" = ${Date.now()}, "nextAttemptAt" = ${Date.now()}`);
    const [claimed] = await stage.of(tom);
    expect([claimed!.mail, server.attempts]).toEqual(['pending', attempts]);
    await reopen();
    await stage.mailed(tom, 'sent');
    expect(server.mails.map(({ headers }) => headers['message-id'])).toEqual([claimed!.messageId]);
  });

  it('is delivered once if the server is restarted while the mail server does not answer', async () => {
    server.onMail = () => (server.attempts === 1 ? new Promise(() => undefined) : 'accept');
    await stage.halt(tom);
    const claimed = await until('the claim', async () => {
      const [notice] = await stage.of(tom);
      return server.attempts === 1 && notice?.claimedAt ? notice : undefined;
    });
    stage.outbox.stopMs = 0;
    await reopen();
    await stage.mailed(tom, 'sent');
    expect(server.mails.map(({ headers }) => headers['message-id'])).toEqual([claimed.messageId]);
  });

  it('is completed before the server stops', async () => {
    let accept!: () => void;
    server.onMail = () => new Promise((resolve) => (accept = () => resolve('accept')));
    await stage.halt(tom);
    await until('the mail', () => accept);
    const closed = stage.close();
    accept();
    await closed;
    await reopen();
    expect((await stage.of(tom))[0]).toMatchObject({ mail: 'sent', attempts: 1 });
    expect(server.mails).toHaveLength(1);
  });

  it.each([
    ['without an address', { email: null, active: true }],
    ['who is deactivated', { email: 'x@vendor.example', active: false }],
  ])('is not sent to a user %s', async (_what, { email, active }) => {
    const user = await stage.user('nomail', { email });
    await stage.change(user, { active });
    await stage.halt(user);
    expect(await stage.of(user)).toMatchObject([{ mail: 'none', messageId: null }]);
  });

  it('is not sent to a user who has removed the address since', async () => {
    server.onRecipient = () => 452;
    await stage.halt(tom);
    await until('an attempt', () => server.attempts > 0);
    const browser = await stage.loggedIn('tom');
    await browser.patch('/api/auth/me').send({ email: null }).expect(200);
    await stage.mailed(tom, 'none');
  });

  it('is not sent to a user who has been taken away from the customer since', async () => {
    server.onRecipient = () => 452;
    await stage.halt(tom);
    await until('an attempt', () => server.attempts > 0);
    await stage.assign(tom, []);
    const attempts = server.attempts;
    await until('the mail to be withdrawn', async () => (await stage.mailStateOf(tom)) === 'none');
    server.onRecipient = () => 'accept';
    expect([server.attempts - attempts <= 1, server.mails]).toEqual([true, []]);
  });

  it('is not sent to a user who has been deactivated since', async () => {
    server.onRecipient = () => 452;
    await stage.halt(tom);
    await until('an attempt', () => server.attempts > 0);
    await stage.change(tom, { active: false });
    await stage.mailed(tom, 'none');
  });

  it('about an agent is sent to an administrator, who works for no customer', async () => {
    const ada = await stage.user('ada', { role: 'admin', email: 'ada@vendor.example' });
    await stage.assign(ada, []);
    expect(await stage.notices.notifyOfRefusedAgent('hall')).toBe(true);
    await until('the mail', () => server.mails.some(({ to }) => to.includes('ada@vendor.example')));
  });

  it('is not sent without a configured mail server', async () => {
    tom = await stageFor('', { PLATEN_MAIL_FROM: '' });
    await stage.halt(tom);
    expect(await stage.of(tom)).toMatchObject([{ mail: 'none' }]);
  });
});

describe('mail over TLS', () => {
  const folder = mkdtempSync(join(tmpdir(), 'platen-mail-tls-'));
  const password = join(folder, 'password');
  const authority = join(folder, 'ca.pem');
  let trusted: TestCertificate;
  let other: TestCertificate;
  /** Of the same authority. */
  let elsewhere: { key: string; cert: string };
  beforeAll(async () => {
    trusted = await makeCertificate();
    other = await makeCertificate();
    const made = await generate([{ name: 'commonName', value: 'mail.example' }], { keyType: 'ec' });
    elsewhere = { key: made.private, cert: made.cert };
    writeFileSync(authority, `${trusted.cert}\n${elsewhere.cert}`);
    writeFileSync(password, 'word\n');
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  afterEach(() => server?.close());
  const reasons = () => stage.lines.flatMap(({ detail }) => (typeof detail === 'string' ? [detail] : []));

  it.each([
    ['STARTTLS', 'smtp', false],
    ['TLS from the first byte', 'smtps', true],
  ])('logs in after %s, with the password of the file', async (_how, scheme, secure) => {
    server = await MailServer.start({ ...trusted, secure, authOptional: false });
    const more = { PLATEN_SMTP_PASSWORD_FILE: password, PLATEN_SMTP_CA: authority };
    const tom = await stageFor(`${scheme}://user@localhost:${server.port}`, more);
    await stage.halt(tom);
    await stage.mailed(tom, 'sent');
    expect(server.mails).toMatchObject([{ tls: true, user: 'user' }]);
    expect(JSON.stringify(stage.lines)).not.toContain('"word');
  });

  it('is retried if the login is refused, because the password can be corrected', async () => {
    server = await MailServer.start({ ...trusted, authOptional: false });
    writeFileSync(join(folder, 'wrong'), randomBytes(6).toString('hex'));
    const more = { PLATEN_SMTP_PASSWORD_FILE: join(folder, 'wrong'), PLATEN_SMTP_CA: authority };
    const tom = await stageFor(`smtp://user@localhost:${server.port}`, more);
    await stage.halt(tom);
    await until('an attempt', () => reasons()[0]);
    expect(reasons()[0]).toMatch(/^EAUTH: .*535/);
    writeFileSync(join(folder, 'wrong'), 'word');
    await stage.mailed(tom, 'sent');
  });

  it.each<[string, () => Parameters<typeof MailServer.start>[0], RegExp]>([
    ['a certificate of another authority', () => ({ ...other }), /certificate/i],
    ['a certificate for another name', () => ({ ...elsewhere }), /altnames/i],
    ['no TLS', () => ({}), /STARTTLS/],
  ])('is not sent to a server with %s', async (_what, options, reason) => {
    server = await MailServer.start(options());
    const tom = await stageFor(`smtp://localhost:${server.port}`, { PLATEN_SMTP_CA: authority });
    await stage.halt(tom);
    await until('an attempt', () => reasons()[0]);
    expect(reasons()[0]).toMatch(reason);
    expect([server.attempts, server.mails]).toEqual([0, []]);
  });

  it('requires TLS outside loopback without a setting', async () => {
    server = await MailServer.start();
    // the unspecified address leads to this host and is not a loopback address
    const tom = await stageFor(`smtp://0.0.0.0:${server.port}`);
    await stage.halt(tom);
    await until('an attempt', () => reasons()[0]);
    expect(reasons()[0]).toMatch(/STARTTLS/);
    expect([server.attempts, server.mails]).toEqual([0, []]);
  });

  it.each([
    ['a self-made certificate', () => ({ ...trusted }), true],
    ['no TLS', () => ({}), false],
  ])('is sent to a server on loopback with %s', async (_what, options, tls) => {
    server = await MailServer.start(options());
    const tom = await stageFor(`smtp://127.0.0.1:${server.port}`);
    await stage.halt(tom);
    await stage.mailed(tom, 'sent');
    expect(server.mails).toMatchObject([{ tls }]);
  });

  it('prevents the start if a file cannot be read', async () => {
    const more = { PLATEN_SMTP_PASSWORD_FILE: join(folder, 'none'), PLATEN_SMTP_URL: 'smtp://user@localhost' };
    await expect(NoticesStage.start({ ...more, PLATEN_MAIL_FROM: FROM })).rejects.toThrow(
      'PLATEN_SMTP_PASSWORD_FILE: the file cannot be read (ENOENT)',
    );
  });
});
