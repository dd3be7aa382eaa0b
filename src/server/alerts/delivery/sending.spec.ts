import { signatureHeaders, newWebhookSecret } from './signature';
import { sampleAlert } from '../../../../test/support/samples/api-samples';
import type { Alert } from '../../../protocol/alert';
import type { WebhookBody } from '../../../protocol/webhook';
import { alertMailOf } from './alert-mail';
import { AddressRefused, PermittedAddresses } from './permitted-addresses';
import { afterQuiet } from './quiet-hours';

describe('signatures of webhooks', () => {
  it('are those of Standard Webhooks', () => {
    // the example that its libraries test themselves with
    const headers = signatureHeaders(
      'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
      'msg_p5jXN8AQM9LWM0D4loKWxJek',
      new Date(1_614_265_330_000),
      '{"test": 2432232314}',
    );
    expect(headers).toEqual({
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    });
  });

  it('have a secret of 32 bytes each', () => {
    const secrets = [newWebhookSecret(), newWebhookSecret()];
    expect(new Set(secrets).size).toBe(2);
    for (const secret of secrets) expect(Buffer.from(secret.replace('whsec_', ''), 'base64')).toHaveLength(32);
  });
});

describe('addresses for webhooks', () => {
  it.each<[address: string, permitted: boolean]>([
    ['93.184.216.34', true],
    ['2606:2800:220:1:248:1893:25c8:1946', true],
    ['127.0.0.1', false],
    ['0.0.0.0', false],
    ['10.1.2.3', false],
    ['172.31.255.255', false],
    ['172.32.0.1', true],
    ['192.168.0.1', false],
    ['169.254.169.254', false],
    ['100.64.0.1', false],
    ['224.0.0.1', false],
    ['255.255.255.255', false],
    ['[::1]', false],
    ['[::ffff:10.0.0.1]', false],
    ['[::ffff:93.184.216.34]', false],
    ['[fe80::1]', false],
    ['[fd00:ec2::254]', false],
    ['[64:ff9b::a00:1]', false],
    ['[2002:a00:1::]', false],
    ['[2001:db8::1]', false],
    ['receiver.example', true], // its addresses are checked when they are known
  ])('of %s: %s', (address, permitted) => {
    const check = () => new PermittedAddresses([]).check(address);
    if (permitted) check();
    else expect(check).toThrow(AddressRefused);
  });

  it('include those that the settings name', () => {
    const addresses = new PermittedAddresses(['10.0.0.0/24', '127.0.0.0/8', '::1']);
    for (const address of ['10.0.0.7', '127.0.0.1', '[::1]']) addresses.check(address);
    expect(() => addresses.check('10.0.1.7')).toThrow('PLATEN_WEBHOOK_NETWORKS');
  });

  it('are checked when a name is resolved, in every form that a connection asks for', async () => {
    const resolved = (networks: string[], all: boolean) =>
      new Promise((resolve, reject) =>
        new PermittedAddresses(networks).lookup('localhost', { all }, (error, found) => {
          if (error) reject(error);
          else resolve(found);
        }),
      );
    for (const all of [true, false]) await expect(resolved([], all)).rejects.toThrow(AddressRefused);
    expect(await resolved(['127.0.0.0/8'], true)).toEqual([{ address: '127.0.0.1', family: 4 }]);
    expect(await resolved(['127.0.0.0/8'], false)).toBe('127.0.0.1');
  });
});

describe('quiet hours', () => {
  const BERLIN = 'Europe/Berlin';
  const NIGHTS = { days: [1, 2, 3, 4, 5, 6, 7], from: '20:00', until: '07:00' };
  const WEEKEND = { days: [6, 7], from: '00:00', until: '00:00' };
  it.each<[string, string, (typeof NIGHTS)[], string]>([
    ['by day', '2026-03-02T12:00:30.000Z', [NIGHTS], '2026-03-02T12:00:30.000Z'],
    ['in the evening', '2026-03-02T19:00:00.000Z', [NIGHTS], '2026-03-03T06:00:00.000Z'],
    ['in the morning', '2026-03-03T05:59:59.000Z', [NIGHTS], '2026-03-03T06:00:00.000Z'],
    ['when they end', '2026-03-03T06:00:00.000Z', [NIGHTS], '2026-03-03T06:00:00.000Z'],
    ['in the night to summer time', '2026-03-28T22:00:00.000Z', [NIGHTS], '2026-03-29T05:00:00.000Z'],
    ['in the night to winter time', '2026-10-24T22:00:00.000Z', [NIGHTS], '2026-10-25T06:00:00.000Z'],
    ['over a weekend', '2026-03-06T20:00:00.000Z', [NIGHTS, WEEKEND], '2026-03-09T06:00:00.000Z'],
    ['without any', '2026-03-02T23:00:00.000Z', [], '2026-03-02T23:00:00.000Z'],
    [
      'all week, for a week',
      '2026-03-02T23:00:00.000Z',
      [{ days: [1, 2, 3, 4, 5, 6, 7], from: '00:00', until: '00:00' }],
      '2026-03-09T23:00:00.000Z',
    ],
  ])('end as the time zone says: %s', (_when, now, hours, end) => {
    expect(afterQuiet({ timeZone: BERLIN, hours }, new Date(now)).toISOString()).toBe(end);
  });
});

const contentOf = (alert: Alert): WebhookBody => ({
  type: 'alert.raised',
  timestamp: alert.since,
  data: { alert },
});

describe('mails about alerts', () => {
  const mail = (language: 'en' | 'ja', url?: string) => alertMailOf([contentOf(sampleAlert)], language, url);

  it('have a link to the console if its address is known', () => {
    expect(mail('en', 'https://platen.example').text).toContain('https://platen.example/alerts');
    expect(mail('en').text).not.toContain('http');
  });

  it('name each of several alerts, those that were raised and errors first', () => {
    const error: Alert = {
      ...sampleAlert,
      deviceName: 'Hall',
      severity: 'error',
      facts: { ...sampleAlert.facts, level: 0 },
    };
    const over: Alert = { ...sampleAlert, resolved: { at: sampleAlert.since, resolution: 'cleared' } };
    const several = (language: 'en' | 'ja') =>
      alertMailOf([over, sampleAlert, error].map(contentOf), language, 'https://platen.example');
    expect(several('en').subject).toBe('2 alerts, 1 alert resolved');
    expect(several('ja').subject).toBe('アラート2件、解決済み1件');
    const [hall, copyRoom, resolved] = [
      'Hall: Black toner is at 0%',
      'Copy room: Black toner is at 7%',
      'Resolved:',
    ].map((each) => several('en').text.indexOf(each));
    expect([hall! > 0, hall! < copyRoom!, copyRoom! < resolved!]).toEqual([true, true, true]);
  });

  it('have the name of the device and the level in every language', () => {
    expect(mail('en').subject).toBe('Copy room: Black toner is at 7%');
    expect(mail('ja').subject).toBe('「Copy room」：Black toner の残量が7%です');
  });
});
