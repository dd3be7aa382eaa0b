import { DataSource } from 'typeorm';
import {
  AlertsStage,
  isSigned,
  WebhookReceiver,
  withToner,
  HEALTHY,
} from '../../../../test/support/server/alerts-stage';
import { MailServer } from '../../../../test/support/server/mail-server';
import { webhookBody, type Delivery, type DeliveryState } from '../../../protocol/webhook';
import { DeliveriesService } from './deliveries.service';
import { DeliveryOutbox } from './delivery-outbox';
import { WebhookTransport } from './webhook-transport';

const ALWAYS = { timeZone: 'UTC', hours: [{ days: [1, 2, 3, 4, 5, 6, 7], from: '00:00', until: '00:00' }] };
const NEVER = { timeZone: 'UTC', hours: [] };
const FROM = 'platen@vendor.example';

describe('what is sent about alerts', () => {
  let stage: AlertsStage;
  let receiver: WebhookReceiver;
  let mails: MailServer;
  beforeAll(async () => {
    [receiver, mails] = [await WebhookReceiver.start(), await MailServer.start()];
    stage = await AlertsStage.start({
      PLATEN_WEBHOOK_NETWORKS: 'yes',
      PLATEN_SMTP_URL: `smtp://127.0.0.1:${mails.port}`,
      PLATEN_MAIL_FROM: FROM,
    });
  });
  afterEach(async () => {
    receiver.renew();
    mails.renew();
    await stage.clear();
    receiver.renew();
  });
  afterAll(async () => {
    await stage?.stop();
    receiver?.close();
    await mails?.close();
  });

  /** The only delivery to this recipient, once it is in this state. */
  const reaches = (state: DeliveryState, recipient = 'Desk'): Promise<Delivery> =>
    stage
      .until(
        async () => (await stage.deliveries()).filter((each) => each.recipient === recipient),
        (found) => found.length > 0 && found.every((each) => each.state === state),
      )
      .then((found) => found[0]!);

  /** The only delivery, once it waits for the end of the quiet hours. */
  const postponed = () =>
    stage.until(
      async () => (await stage.deliveries()) as [Delivery],
      ([only]) => only !== undefined && Date.parse(only.nextAttemptAt ?? '') > Date.now() + 60_000,
    );

  it('is signed, and the same as the API shows', async () => {
    const { secret } = await stage.webhook(receiver.url);
    await stage.report(withToner(5));
    await reaches('sent');
    const [raised] = receiver.received;
    expect(isSigned(raised!, secret)).toBe(true);
    const content = webhookBody.parse(JSON.parse(raised!.body));
    const [alert] = await stage.alerts();
    expect(content).toEqual({ type: 'alert.raised', timestamp: alert!.raisedAt, data: { alert } });
    expect(raised!.headers).toMatchObject({ 'content-type': 'application/json', 'user-agent': /^Platen\// });
    await stage.report(HEALTHY);
    await stage.until(
      () => Promise.resolve(receiver.types),
      (types) => types.length === 2,
    );
    expect(receiver.types).toEqual(['alert.raised', 'alert.resolved']);
  });

  it('goes to the webhooks of the customer and of all customers, and to no others', async () => {
    const customer = await stage.plane.addCustomer('Elsewhere');
    await stage.webhook(receiver.url, { name: 'Other', customerId: customer });
    await stage.webhook(receiver.url, { name: 'Off' });
    const { body } = await stage.plane.call('ada', 'GET', '/webhooks');
    const off = (body as unknown as { id: string; name: string }[]).find(({ name }) => name === 'Off')!;
    await stage.plane.call('ada', 'PATCH', `/webhooks/${off.id}`, { active: false });
    await stage.webhook(receiver.url);
    await stage.report(withToner(5));
    await reaches('sent');
    expect((await stage.deliveries()).map(({ recipient }) => recipient)).toEqual(['Desk']);
  });

  it('is tried again with the same ID and content until it is received', async () => {
    await stage.webhook(receiver.url);
    receiver.answer = () => [receiver.received.length < 3 ? 503 : 200];
    await stage.report(withToner(5));
    const sent = await reaches('sent');
    expect(sent).toMatchObject({ attempts: 3, error: '' });
    expect(receiver.received.map(({ headers }) => headers['webhook-id'])).toEqual([sent.id, sent.id, sent.id]);
    expect(new Set(receiver.received.map(({ body }) => body)).size).toBe(1);
  });

  it('is not tried again when the receiver is gone, and shows why; the button sends it again', async () => {
    await stage.webhook(receiver.url);
    receiver.answer = () => [410];
    await stage.report(withToner(5));
    const failed = await reaches('given-up');
    expect(failed).toMatchObject({ attempts: 1, error: 'the receiver answered with HTTP 410', nextAttemptAt: null });
    receiver.answer = () => [204];
    const again = await stage.plane.call('ada', 'POST', `/alert-deliveries/${failed.id}/redelivery`);
    expect(again.status).toBe(200);
    expect(await reaches('sent')).toMatchObject({ id: failed.id, attempts: 1, error: '' });
  });

  it('is given up after the last attempt', async () => {
    await stage.webhook(receiver.url);
    receiver.answer = () => [500];
    stage.get(DeliveryOutbox).retryFirstMs = 0;
    await stage.report(withToner(5));
    expect(await reaches('given-up')).toMatchObject({ attempts: 14, error: 'the receiver answered with HTTP 500' });
    expect(receiver.received).toHaveLength(14);
    stage.get(DeliveryOutbox).retryFirstMs = 20;
  });

  it('does not follow redirections', async () => {
    await stage.webhook(receiver.url);
    receiver.answer = ({ headers }) =>
      receiver.received.length === 1 ? [307, { location: `http://${headers.host}/elsewhere` }] : [410];
    await stage.report(withToner(5));
    // the second request is the second attempt: it has a signature of its own
    expect(await reaches('given-up')).toMatchObject({ attempts: 2 });
    expect(receiver.received).toHaveLength(2);
  });

  it('does not go to addresses in private networks', async () => {
    await stage.webhook('https://10.255.255.1/hook');
    await stage.report(withToner(5));
    const seen = await stage.until(
      () => stage.deliveries(),
      ([first]) => first !== undefined && first.error !== '',
    );
    expect(seen[0]!.error).toContain('10.255.255.1 is not a public address');
  });

  it('does not wait for a receiver that does not answer', async () => {
    const slow = await WebhookReceiver.start();
    let release = () => {};
    const answered = new Promise<void>((resolve) => (release = resolve));
    slow.answer = () => answered.then(() => [200] as const);
    await stage.webhook(slow.url, { name: 'Slow' });
    await stage.webhook(receiver.url);
    const received = (count: number) =>
      stage.until(
        () => Promise.resolve(receiver.types),
        (types) => types.length === count,
      );
    await stage.report(withToner(5));
    await received(1); // two reports in one evaluation would be no alert
    await stage.report(HEALTHY);
    await received(2);
    release();
    await reaches('sent', 'Slow');
    slow.close();
  });

  it('is sent after a restart, also if its attempt was interrupted, with the same ID', async () => {
    await stage.set(() => ({ quiet: ALWAYS }));
    await stage.webhook(receiver.url);
    await stage.report(withToner(5));
    const [{ id }] = await postponed();
    await stage.set(() => ({ quiet: NEVER }));
    await stage.halt();
    // as if the server had been killed after the request, before it could store the answer
    await stage.plane.write(`UPDATE alert_deliveries SET "nextAttemptAt" = 1, "claimedAt" = 1, attempts = 1`);
    await stage.boot();
    await stage.connect(withToner(5));
    await reaches('sent');
    expect(receiver.received.map(({ headers }) => headers['webhook-id'])).toEqual([id]);
    expect(await stage.open()).toHaveLength(1);
  });

  it('waits in quiet hours; what was resolved before is not sent at all', async () => {
    await stage.set(() => ({ quiet: ALWAYS }));
    await stage.webhook(receiver.url);
    await stage.report(withToner(5));
    expect(await postponed()).toMatchObject([{ state: 'pending', attempts: 0, event: 'raised' }]);
    expect(await stage.open()).toHaveLength(1);
    await stage.report(HEALTHY);
    expect(await stage.deliveries()).toMatchObject([{ state: 'dropped', event: 'raised' }]);
    expect(receiver.received).toEqual([]);
  });

  it('by mail names what a reader needs, in the language of the settings', async () => {
    await stage.set(() => ({ mail: { to: ['desk@vendor.example'], language: 'en' } }));
    await stage.report(withToner(5));
    const { id } = await reaches('sent', 'desk@vendor.example');
    const [mail] = mails.mails;
    expect(mail).toMatchObject({ from: FROM, to: ['desk@vendor.example'] });
    expect(mail!.headers).toMatchObject({
      ...{ subject: 'printer: Black toner is at 5%', 'message-id': `<${id}@vendor.example>` },
      ...{ 'auto-submitted': 'auto-generated', 'content-language': 'en' },
    });
    for (const line of ['Customer: Acme', 'Site: Berlin', 'Device: printer (printer)', 'Agent: box'])
      expect(mail!.text).toContain(line);
    await stage.set(() => ({ mail: { to: ['desk@vendor.example'], language: 'ja' } }));
    await stage.report(HEALTHY);
    await stage.until(
      () => Promise.resolve(mails.mails.length),
      (count) => count === 2,
    );
    expect(mails.mails[1]!.headers.subject).toBe('解決済み：「printer」：Black toner の残量が5%です');
  });

  it('by mail is one mail with what else is due, and the same one until it is accepted', async () => {
    await stage.set(() => ({ mail: { to: ['desk@vendor.example'], language: 'en' } }));
    const agent = await stage.agent('several', ['s-one', 's-two', 's-three']);
    const service = stage.get(DeliveriesService);
    service.collectMs = 3_600_000;
    for (const id of ['s-one', 's-two']) await stage.report(withToner(5), id, agent);
    expect(mails.attempts).toBe(0);
    const states = async () => (await stage.deliveries()).map(({ state }) => state);
    mails.onMail = () => (mails.attempts === 1 ? 451 : 'accept');
    await stage.plane.write(`UPDATE alert_deliveries SET "nextAttemptAt" = 1`);
    stage.get(DeliveryOutbox).retryFirstMs = 3_600_000;
    stage.get(DeliveryOutbox).sendDue();
    await stage.until(
      () => stage.deliveries(),
      (all) => all.every(({ attempts, error }) => attempts === 1 && error.includes('451')),
    );
    // what is raised meanwhile is another mail: the first one may have been received
    await stage.report(withToner(5), 's-three', agent);
    stage.get(DeliveryOutbox).retryFirstMs = 20;
    await stage.plane.write(`UPDATE alert_deliveries SET "nextAttemptAt" = 1`);
    stage.get(DeliveryOutbox).sendDue();
    await stage.until(states, (all) => all.length === 3 && all.every((state) => state === 'sent'));
    expect(mails.mails.map(({ headers }) => headers.subject).sort()).toEqual([
      '2 alerts',
      's-three: Black toner is at 5%',
    ]);
    const digest = mails.mails.find(({ headers }) => headers.subject === '2 alerts')!;
    for (const id of ['s-one', 's-two']) expect(digest.text).toContain(`- ${id}: Black toner is at 5% (Acme, Berlin)`);
    expect(digest.text).not.toContain('s-three');
    service.collectMs = 0;
    await stage.set(() => ({ mail: { to: [], language: 'en' } })); // the end of these alerts is sent to no one
    await agent.leave();
    await stage.plane.call('ada', 'DELETE', '/agents/several');
  });

  it('by mail is not sent to an address that was removed meanwhile', async () => {
    await stage.set(() => ({ mail: { to: ['desk@vendor.example'], language: 'en' }, quiet: ALWAYS }));
    await stage.report(withToner(5));
    await postponed();
    await stage.set(() => ({ mail: { to: [], language: 'en' }, quiet: NEVER }));
    await stage.plane.write(`UPDATE alert_deliveries SET "nextAttemptAt" = 1`);
    stage.get(DeliveryOutbox).sendDue();
    await reaches('dropped', 'desk@vendor.example');
    expect(mails.mails).toEqual([]);
  });

  it('has a secret and an address that are encrypted in the database', async () => {
    const { secret } = await stage.webhook('https://desk.example/t0ken');
    const rows: { endpoint: string }[] = await stage.get(DataSource).query('SELECT endpoint FROM webhooks');
    expect(rows).toHaveLength(1);
    for (const plain of [secret, secret.replace('whsec_', ''), 't0ken']) expect(rows[0]!.endpoint).not.toContain(plain);
  });

  it('has a time limit', async () => {
    await stage.webhook(receiver.url);
    stage.get(WebhookTransport).timeoutMs = 50;
    receiver.answer = () => new Promise(() => {});
    await stage.report(withToner(5));
    const [seen] = await stage.until(
      () => stage.deliveries(),
      ([first]) => first !== undefined && first.error !== '',
    );
    expect(seen!.error).toBe('no answer within 0.05 seconds');
    receiver.answer = () => [410];
    await reaches('given-up');
    stage.get(WebhookTransport).timeoutMs = 15_000;
  });
});
