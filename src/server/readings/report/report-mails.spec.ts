import { ControlPlane } from '../../../../test/support/server/control-plane';
import { MailServer } from '../../../../test/support/server/mail-server';
import { setLimit } from '../../../../test/support/relay/test-relay';
import { until } from '../../../../test/support/until';
import { daysOf, followingMonth, mailedAt } from './report-months';
import type { ReportMail } from '../../../protocol/meter-report';

describe('mailed meter reports', () => {
  let plane: ControlPlane;
  let server: MailServer;
  let customerId: string;
  beforeAll(async () => {
    setLimit('REPORT_MAIL_CHECK_MS', 20);
    setLimit('MAIL_RETRY_FIRST_MS', 1);
    server = await MailServer.start();
    const PLATEN_SMTP_URL = `smtp://127.0.0.1:${server.port}`;
    plane = await ControlPlane.start({ PLATEN_SMTP_URL, PLATEN_MAIL_FROM: 'platen@vendor.example' });
    const customers = (await plane.call('ada', 'GET', '/customers')).body as unknown as { id: string; name: string }[];
    customerId = customers.find(({ name }) => name === 'Acme')!.id;
  });
  afterEach(async () => {
    for (const { id } of await mails()) await plane.call('ada', 'DELETE', `/report-mails/${id}`);
    server.renew();
  });
  afterAll(async () => {
    await plane?.stop();
    await server?.close();
    jest.restoreAllMocks();
  });

  const mails = async () => (await plane.call('ada', 'GET', '/report-mails')).body as unknown as ReportMail[];
  const add = async (more: object = {}) => {
    const body = { customerId, to: 'billing@dealer.example', day: 3, format: 'csv', ...more };
    return (await plane.call('ada', 'POST', '/report-mails', body)).body as unknown as ReportMail;
  };
  const now = new Date();
  const month = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - 1));
  const { from, to } = daysOf(month);
  /** The report of last month is due. */
  const makeDue = () => plane.write(`UPDATE report_mails SET "nextAt" = 1, month = ${month.getTime()}`);
  const settled = (isRight: (mail: ReportMail) => boolean) =>
    until('the mail', async () => {
      const [mail] = await mails();
      return mail && isRight(mail) && mail;
    });

  it('are sent once, with the report of the month, and are due in the next one', async () => {
    await add();
    await makeDue();
    const mail = await settled(({ sentAt }) => sentAt !== null);
    expect(mail).toMatchObject({ nextAt: mailedAt(followingMonth(month), 3).toISOString(), problem: '' });
    expect(server.mails).toHaveLength(1);
    const [{ to: recipients, headers, text }] = server.mails as [(typeof server.mails)[0]];
    expect(recipients).toEqual(['billing@dealer.example']);
    expect(headers.subject).toBe(`Meter report, ${from} to ${to}`);
    expect(headers['message-id']).toBe(`<${mail.id}.${from}@vendor.example>`);
    expect(text).toContain(`meters-Acme-${from}-${to}.csv`);
  });

  it('are tried again when the mail server refuses them for now', async () => {
    server.onMail = () => (server.attempts === 1 ? 451 : 'accept');
    await add({ language: 'ja' });
    await makeDue();
    await settled(({ sentAt }) => sentAt !== null);
    expect(server.attempts).toBeGreaterThan(1);
    expect(server.mails.at(-1)?.headers.subject).toContain('検針レポート');
  });

  it('say why they could not be sent, and wait for the next month', async () => {
    server.onRecipient = () => 550;
    await add();
    await makeDue();
    const { problem, sentAt } = await settled((mail) => mail.problem !== '');
    expect([sentAt, problem]).toEqual([null, expect.stringContaining('550')]);
  });

  it('of a customer that was removed are not sent', async () => {
    const other = await plane.addCustomer('Gone');
    await add({ customerId: other });
    await plane.call('ada', 'DELETE', `/customers/${other}`);
    await makeDue();
    await until('the mail is gone', async () => (await count()) === 0);
    expect(server.mails).toEqual([]);
  });
  const count = async () => (await mails()).length;
});
