import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { orderFields } from '../../src/protocol/ad-hoc-command';
import { approval } from '../../src/protocol/control-channel';
import { ControlChannel, DOMAIN, PASSWORD } from '../support/xmpp/control-channel';
import { until } from '../support/until';

const CLIENT = join(__dirname, '../support/xmpp/slixmpp-client.py');

/** A client that knows nothing of Platen must be able to use an agent's account. */
describe('slixmpp as an agent', () => {
  let folder: string;
  let channel: ControlChannel;
  let client: ChildProcess | undefined;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'platen-slixmpp-'));
    channel = await ControlChannel.start({ XMPP_PING_INTERVAL_MS: 200, XMPP_PING_TIMEOUT_MS: 60_000 });
    channel.transport.handle(approval, () => Promise.resolve({}));
  });
  afterEach(async () => {
    if (client?.exitCode === null) {
      client.kill('SIGKILL');
      await once(client, 'exit');
    }
    await channel.stop();
    rmSync(folder, { recursive: true });
  });

  function start(password: string) {
    const ca = join(folder, 'ca.pem');
    writeFileSync(ca, channel.certificate.cert);
    const events: Record<string, unknown>[] = [];
    const env = { PATH: process.env.PATH, PLATEN_TEST_PASSWORD: password };
    const child = spawn('/usr/bin/python3', [CLIENT, '127.0.0.1', String(channel.port), `agent@${DOMAIN}`, ca], {
      env,
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    client = child;
    createInterface(child.stdout).on('line', (line) => events.push(JSON.parse(line) as Record<string, unknown>));
    const event = async (name: string) => {
      await until(`${name} among ${JSON.stringify(events)}`, () => events.some((each) => each.event === name));
      return events.find((each) => each.event === name)!;
    };
    return { child, events, event };
  }

  it('logs in with SCRAM, is pinged, pings, and leaves', async () => {
    const { child, events, event } = start(PASSWORD);
    const started = await event('session-start');
    expect(started.mechanism).toBe('SCRAM-SHA-256');
    expect(started.jid).toMatch(/^agent@xmpp\.test\/[0-9a-f-]{36}$/);
    expect(await event('roster')).toMatchObject({ items: 0 });
    expect((await event('disco')).features).toEqual(
      expect.arrayContaining(['urn:xmpp:ping', 'http://jabber.org/protocol/disco#info', 'urn:platen:session:1']),
    );
    await event('pong');
    // The server pings again only where the last ping was answered.
    await until('three pings', () => events.filter((each) => each.event === 'pinged').length >= 3);
    expect(channel.transport.isOnline('agent')).toBe(true);
    expect(channel.presence).toEqual(['agent+']);

    child.stdin.end();
    await once(child, 'close'); // its last line has been read, too
    await until('the agent is offline', () => channel.presence.join() === 'agent+,agent-');
    expect(events.at(-1)).toEqual({ event: 'disconnected' });
  });

  it('reads the counters of its device as an ad-hoc command', async () => {
    const { event } = start(PASSWORD);
    await event('pong');
    const order = {
      jobId: '5b0f8c1e-2d3a-4f6b-9c7d-8e9f0a1b2c3d',
      deviceId: 'mfp-1',
      operation: 'counters',
      expiresInSeconds: 60,
    } as const;
    const { jobId, operation } = order;
    const command = { jobId, operation, action: 'execute', fields: orderFields(order) } as const;
    expect(await channel.transport.command('agent', command)).toMatchObject({
      status: 'completed',
      failure: null,
      result: [{ name: 'impressions', value: '128456' }],
    });
    expect(await event('counters')).toMatchObject({ device: 'mfp-1' });
  });

  it('is refused with a wrong password', async () => {
    const { event } = start('wrong');
    await event('failed-auth');
    expect(channel.presence).toEqual([]);
  });
});
