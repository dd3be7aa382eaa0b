import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server } from 'node:net';
import { recordedJournal } from '../../../test/support/recorded-journal';
import { until } from '../../../test/support/until';
import { freePorts } from '../../demo/free-ports';
import { wake } from '../../protocol/control-channel';
import { LIMITS } from '../../protocol/limits';
import { timerMs } from '../../protocol/waits';
import { wakeContext, type WakeRequest } from '../../protocol/wake';
import { seal } from '../../tunnel/sealed-text';
import { isInOwnNetworks, sendWake } from './wake-sender';
import { PowerSaving, type PowerSavingOptions } from './power-saving';
import { magicPacket } from './wake-on-lan';

const HOST = '127.0.0.1';
const ASLEEP_FOR_EVER = timerMs(Infinity);
const request: WakeRequest = { agentId: 'hall', approval: null };

/** Records the calls, and whether the agent is connected. */
class PlayedChannel {
  readonly keys: Buffer[] = [];
  online = true;
  refuse = false;
  start(): void {
    this.online = true;
  }
  stop(): Promise<void> {
    this.online = false;
    return Promise.resolve();
  }
  request<_Request, Response>(): Promise<Response> {
    if (this.refuse) return Promise.reject(new Error('no answer in 30000 ms'));
    const key = randomBytes(32);
    this.keys.push(key);
    return Promise.resolve({ key: key.toString('base64url') } as Response);
  }
}

describe('an agent that saves power', () => {
  const ends: (() => Promise<unknown>)[] = [];
  let channel: PlayedChannel;
  let port: number;
  let busy: boolean;
  const woken: WakeRequest[] = [];
  beforeEach(async () => {
    channel = new PlayedChannel();
    port = (await freePorts(1))[0]!;
    busy = false;
    woken.length = 0;
  });
  afterEach(async () => {
    for (const end of ends.splice(0)) await end();
  });

  async function started(change: Partial<PowerSavingOptions> = {}): Promise<PowerSaving> {
    const powerSaving = new PowerSaving({
      agentId: 'hall',
      wake: { host: HOST, port, mac: null },
      idleMs: 20,
      sleepMs: ASLEEP_FOR_EVER,
      channel,
      isBusy: () => busy,
      onWoken: (each) => woken.push(each),
      onChange: () => undefined,
      journal: recordedJournal().journal,
      ...change,
    });
    await powerSaving.start();
    ends.push(() => powerSaving.stop());
    return powerSaving;
  }
  const asleep = async (it: PowerSaving): Promise<void> =>
    void (await until('it to sleep', () => it.asleep && !channel.online));
  const sealed = (key = channel.keys.at(-1)!, context = wakeContext('hall'), what: unknown = request) =>
    seal(key, context, JSON.stringify(what));
  const send = (text: string) => sendWake({ agentId: 'hall', wake: { host: HOST, port, mac: null }, sealed: text });

  it('goes to sleep when idle, is woken by a request sealed with its key, and sleeps again', async () => {
    const it = await started({ idleMs: 50 });
    await asleep(it);
    const first = sealed();
    expect(await send(first)).toEqual({ outcome: 'taken', detail: '' });
    expect(woken).toEqual([request]);
    expect(it.asleep).toBe(false);
    await until('a stream', () => channel.online);
    await asleep(it);
    // every sleep has its own key, so a request cannot be replayed
    expect((await send(first)).outcome).toBe('refused');
    expect((await send(sealed())).outcome).toBe('taken');
  });

  it.each<[string, () => string]>([
    ['sealed with another key', () => sealed(randomBytes(32))],
    ['sealed for another purpose', () => sealed(undefined, wakeContext('yard'))],
    ['meant for another agent', () => sealed(undefined, undefined, { ...request, agentId: 'yard' })],
    ['not a request', () => sealed(undefined, undefined, [])],
    ['changed on the way', () => `${sealed().slice(0, -2)}AA`],
    ['empty', () => ''],
    ['cut off', () => 'AA'],
  ])('refuses a request that is %s', async (_what, text) => {
    const it = await started();
    await asleep(it);
    expect((await send(text())).outcome).toBe('refused');
    expect(it.asleep).toBe(true);
    expect(woken).toEqual([]);
  });

  it('stays awake while it is busy and while the server is unreachable', async () => {
    busy = true;
    channel.refuse = true;
    const it = await started();
    const asked = jest.spyOn(channel, 'request');
    busy = false;
    await until('two attempts', () => asked.mock.calls.length > 1);
    expect(it.asleep).toBe(false);
    channel.refuse = false;
    await asleep(it);
  });

  it('stays awake if a request arrives while it goes to sleep', async () => {
    const it = await started();
    const answer = channel.request.bind(channel);
    jest.spyOn(channel, 'request').mockImplementation(() => {
      busy = true;
      return answer();
    });
    await until('an attempt', () => channel.keys.length > 0);
    await until('the attempt to be over', () => channel.online);
    expect(it.asleep).toBe(false);
    expect((await send(sealed())).outcome).toBe('refused');
  });

  it('wakes at the latest after the maximum sleep', async () => {
    const it = await started({ sleepMs: 30 });
    await asleep(it);
    await until('a stream', () => channel.online);
    await asleep(it);
  });

  it('limits the length and duration of a connection', async () => {
    await asleep(await started());
    const intruder = connect(port, HOST);
    intruder.on('error', () => undefined);
    intruder.write('x'.repeat(LIMITS.WAKE_LINE_BYTES + 1));
    await once(intruder, 'close');
    expect((await send(sealed())).outcome).toBe('taken');
  });
});

describe('a substitute', () => {
  const servers: Server[] = [];
  afterEach(() => servers.splice(0).forEach((server) => server.close()));

  const answering = async (answer: string): Promise<number> => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => socket.end(answer));
    }).listen(0, HOST);
    servers.push(server);
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  };
  const send = (port: number, host = HOST) =>
    sendWake({ agentId: 'hall', wake: { host, port, mac: null }, sealed: 'AA' }, 200);

  it.each([
    ['another protocol', 'SSH-2.0-x\r\n', /is not an agent/],
    ['too many bytes', 'x'.repeat(10_000), /is not an agent/],
    ['no bytes', '', /is not an agent/],
  ])('reports an answer that is %s', async (_what, answer, detail) => {
    expect(await send(await answering(answer))).toEqual({
      outcome: 'unreachable',
      detail: expect.stringMatching(detail) as string,
    });
  });

  it('reports a closed port', async () => {
    const [port] = await freePorts(1);
    expect(await send(port!)).toMatchObject({
      outcome: 'unreachable',
      detail: expect.stringContaining('ECONNREFUSED') as string,
    });
  });

  it('dials into its own networks only', async () => {
    expect(await send(80, '203.0.113.7')).toMatchObject({ outcome: 'out-of-reach' });
    const lan = { address: '192.168.1.5', netmask: '255.255.255.0', mac: '', internal: false } as const;
    const own = {
      eth0: [{ ...lan, family: 'IPv4' as const, cidr: '192.168.1.5/24' }],
      eth1: [{ ...lan, family: 'IPv6' as const, cidr: 'fd00::5/64', scopeid: 0 }],
      eth2: [{ ...lan, family: 'IPv4' as const, cidr: null }],
    };
    const hosts = ['192.168.1.20', '192.168.2.20', 'fd00::20', 'fd01::20', '10.0.0.1'];
    expect(hosts.map((host) => isInOwnNetworks(host, own))).toEqual([true, false, true, false, false]);
  });

  it.each(['AA\r\nDELETE / HTTP/1.1', 'AA BB', ''])('forwards only sealed requests, not %j', (text) => {
    const request = { agentId: 'hall', wake: { host: HOST, port: 9100, mac: null }, sealed: text };
    expect(wake.request.safeParse(request).success).toBe(false);
    expect(wake.request.safeParse({ ...request, sealed: 'AA-_' }).success).toBe(true);
  });

  it('builds the Wake-on-LAN packet', () => {
    const packet = magicPacket('00:1a:2b:3c:4d:5e');
    expect(packet.subarray(0, 6).toString('hex')).toBe('ffffffffffff');
    expect(packet.subarray(6).toString('hex')).toBe('001a2b3c4d5e'.repeat(16));
  });
});
