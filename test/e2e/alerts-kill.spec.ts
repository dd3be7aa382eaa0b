import { request } from '../../src/demo/api-request';
import { SAMPLE_USERS } from '../../src/demo/stage';
import type { Alert } from '../../src/protocol/alert';
import { isSigned, WebhookReceiver } from '../support/server/alerts-stage';
import { TestStage } from '../support/stage/test-stage';
import { until } from '../support/until';

let on: TestStage;
let receiver: WebhookReceiver;
beforeAll(async () => {
  receiver = await WebhookReceiver.start();
  on = await TestStage.set({ env: { PLATEN_WEBHOOK_NETWORKS: 'yes' } });
});
afterAll(async () => {
  await on?.strike();
  receiver?.close();
});

it('a server that is killed while a webhook is being sent sends it again with the same ID, and doubles no alert', async () => {
  const { serverUrl } = on.stage;
  const { username, password } = SAMPLE_USERS.admin;
  const { cookie } = await request(serverUrl, 'POST', '/api/auth/login', { username, password });
  const url = { name: 'Desk', customerId: null, url: receiver.url };
  const { secret } = (await request(serverUrl, 'POST', '/api/webhooks', url, cookie)).body as { secret: string };
  receiver.answer = () => new Promise(() => {});
  const ofDevice = () =>
    receiver.received.filter(({ body }) => body.includes('alert.raised') && body.includes('"demo-mfp"'));
  await on.atThePrinter('toner-low', 'occurrence');
  await on.post('/api/devices/demo-mfp/information', {});
  const [first] = await until('the webhook', () => ofDevice().length > 0 && ofDevice());

  const { server } = on.stage.programs;
  server.child.kill('SIGKILL');
  await server.exited;
  receiver.answer = () => [204];
  await on.restart('server');
  const [, second] = await until('the webhook again', () => ofDevice().length > 1 && ofDevice());
  expect(second!.headers['webhook-id']).toBe(first!.headers['webhook-id']);
  expect(second!.body).toBe(first!.body);
  for (const each of ofDevice()) expect(isSigned(each, secret)).toBe(true);
  await on.post('/api/devices/demo-mfp/information', {});
  const { rows } = (await on.get('/api/alerts?state=all&deviceId=demo-mfp')) as { rows: Alert[] };
  expect(rows).toHaveLength(1);
});
