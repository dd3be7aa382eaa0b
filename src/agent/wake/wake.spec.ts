import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { recordedJournal } from '../../../test/support/recorded-journal';
import { ScriptedChannel } from '../../../test/support/agent/scripted-channel';
import { until } from '../../../test/support/until';
import { freePorts } from '../../demo/free-ports';
import { passToAgent, passToServer, wake, type WakeAddress } from '../../protocol/control-channel';
import { LIMITS } from '../../protocol/limits';
import { timerMs } from '../../protocol/waits';
import { lineContext, readChallenge, writeHello } from '../../protocol/wake';
import { seal, unseal } from '../../tunnel/sealed-text';
import { Substitute } from './substitute';
import { PowerSaving, type PowerSavingOptions } from './power-saving';
import { WakeKeys } from './wake-keys';
import { WakeListener, type WakeListenerOptions } from './wake-listener';
import { magicPacket } from './wake-on-lan';

const HOST = '127.0.0.1';
const ASLEEP_FOR_EVER = timerMs(Infinity);

/** Records the calls, and whether the agent is connected. */
class PlayedChannel {
  asked = 0;
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
    this.asked++;
    return this.refuse ? Promise.reject(new Error('no answer in 30000 ms')) : Promise.resolve({} as Response);
  }
}

describe('an agent that saves power', () => {
  const started: PowerSaving[] = [];
  let channel: PlayedChannel;
  let busy: boolean;
  beforeEach(() => {
    channel = new PlayedChannel();
    busy = false;
  });
  afterEach(() => started.splice(0).forEach((each) => each.stop()));

  function start(change: Partial<PowerSavingOptions> = {}): PowerSaving {
    const powerSaving = new PowerSaving({
      idleMs: 20,
      sleepMs: ASLEEP_FOR_EVER,
      channel,
      isBusy: () => busy,
      onChange: () => undefined,
      journal: recordedJournal().journal,
      ...change,
    });
    powerSaving.resetIdleTimer();
    started.push(powerSaving);
    return powerSaving;
  }
  const asleep = async (it: PowerSaving): Promise<void> =>
    void (await until('it to sleep', () => it.asleep && !channel.online));

  it('goes to sleep when idle, connects when it is woken, and sleeps again', async () => {
    const it = start();
    await asleep(it);
    busy = true; // until the stream was seen
    it.wake('woken');
    expect(it.asleep).toBe(false);
    await until('a stream', () => channel.online);
    busy = false;
    await asleep(it);
  });

  it('stays awake while it is busy and while the server is unreachable', async () => {
    busy = true;
    channel.refuse = true;
    const it = start();
    busy = false;
    await until('two attempts', () => channel.asked > 1);
    expect(it.asleep).toBe(false);
    channel.refuse = false;
    await asleep(it);
  });

  it('stays awake if a request arrives while it goes to sleep', async () => {
    const it = start();
    const answer = channel.request.bind(channel);
    jest.spyOn(channel, 'request').mockImplementation(() => {
      busy = true;
      return answer();
    });
    await until('an attempt', () => channel.asked > 0);
    await until('the attempt to be over', () => channel.online);
    expect(it.asleep).toBe(false);
  });

  it('wakes at the latest after the maximum sleep', async () => {
    const seen: boolean[] = [];
    const it = start({ sleepMs: 30, onChange: () => seen.push(it.asleep) });
    await until('a sleep, a stream and another sleep', () => seen.length >= 3);
    expect(seen.slice(0, 3)).toEqual([true, false, true]);
  });
});

describe('the wake keys', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'platen-wake-keys-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const load = async () => {
    const keys = new WakeKeys(folder, recordedJournal().journal);
    await keys.load();
    return keys;
  };
  const texts = (keys: WakeKeys) => keys.all.map((key) => key.toString('base64url'));

  it('are on disk before the server learns them, and both are good until it has accepted the next one', async () => {
    const first = await load();
    expect(first.all).toEqual([]);
    const one = await first.present();
    // killed here: the server may have the key or not
    const second = await load();
    expect(texts(second)).toEqual([one]);
    expect(await second.present()).toBe(one);
    await second.accepted();
    const two = await second.present();
    expect(two).not.toBe(one);
    expect(texts(await load())).toEqual([one, two]);
    await second.accepted();
    expect(texts(await load())).toEqual([two]);
    expect(statSync(join(folder, 'agent-wake.json')).mode & 0o777).toBe(0o600);
  });

  it('are replaced if the file cannot be read', async () => {
    const keys = await load();
    await keys.present();
    const file = join(folder, 'agent-wake.json');
    rmSync(file);
    writeFileSync(file, 'nonsense');
    const damaged = await load();
    expect(damaged.all).toEqual([]);
    await damaged.present();
    expect(readFileSync(file, 'utf8')).toMatch(/^\{"next":"[\w-]{43}"\}$/);
  });
});

/** A substitute on the LAN, as a test has it write. */
class LanPeer {
  readonly lines: string[] = [];
  isClosed = false;
  private constructor(
    readonly socket: Socket,
    readonly channelId: string,
  ) {
    let text = '';
    socket.setEncoding('latin1');
    socket.on('error', () => undefined);
    socket.on('close', () => (this.isClosed = true));
    socket.on('data', (more: string) => {
      text += more;
      const lines = text.split('\n');
      text = lines.pop() ?? '';
      this.lines.push(...lines);
    });
  }

  static async dial(port: number, channelId: string = randomUUID()): Promise<LanPeer> {
    const peer = new LanPeer(connect(port, HOST), channelId);
    await until('the challenge', () => peer.lines.length > 0 || peer.isClosed);
    if (!peer.isClosed) peer.write(writeHello(channelId));
    return peer;
  }
  get challenge(): string {
    return readChallenge(this.lines[0] ?? '') ?? '';
  }
  write(line: string): void {
    this.socket.write(`${line}\n`);
  }
  closed(): Promise<unknown> {
    return until('the connection to be closed', () => this.isClosed);
  }
}

describe('an agent that listens for a substitute', () => {
  const key = randomBytes(32);
  let keys: Buffer[];
  let port: number;
  let listener: WakeListener;
  const messages: unknown[] = [];
  const journal = recordedJournal();
  const peers: LanPeer[] = [];
  const ends: (() => void)[] = [];

  const start = async (more: Partial<WakeListenerOptions> = {}) => {
    listener = new WakeListener({
      agentId: 'hall',
      keys: () => keys,
      onChannel: (channel) => {
        channel.onMessage((message) => messages.push(message));
        ends.push(() => channel.send({ ended: true }));
      },
      journal: journal.journal,
      ...more,
    });
    await listener.listen(HOST, port);
  };
  beforeEach(async () => {
    keys = [key];
    messages.length = 0;
    ends.length = 0;
    port = (await freePorts(1))[0]!;
    await start();
  });
  afterEach(async () => {
    for (const peer of peers.splice(0)) peer.socket.destroy();
    await listener.close();
  });
  const dial = async (channelId?: string) => {
    const peer = await LanPeer.dial(port, channelId);
    peers.push(peer);
    return peer;
  };
  interface Change {
    key?: Buffer;
    agentId?: string;
    channelId?: string;
    challenge?: string;
    direction?: 'to-agent' | 'to-server';
    number?: number;
    goodForMs?: unknown;
    message?: unknown;
  }
  const lineFor = (peer: LanPeer, change: Change = {}) => {
    const { agentId = 'hall', channelId = peer.channelId, challenge = peer.challenge } = change;
    const context = lineContext({ agentId, channelId, challenge }, change.direction ?? 'to-agent', change.number ?? 1);
    const { goodForMs = LIMITS.WAKE_LINE_MS, message = { hello: 1 } } = change;
    return seal(change.key ?? key, context, JSON.stringify({ goodForMs, message }));
  };

  it('receives what is sealed for this connection, in order, and answers sealed', async () => {
    const peer = await dial();
    peer.write(lineFor(peer));
    peer.write(lineFor(peer, { number: 2, message: { hello: 2 } }));
    await until('both messages', () => messages.length >= 2);
    expect(messages).toEqual([{ hello: 1 }, { hello: 2 }]);
    ends[0]!();
    const line = await until('an answer', () => peer.lines[1]);
    const names = { agentId: 'hall', channelId: peer.channelId, challenge: peer.challenge };
    expect(JSON.parse(unseal(key, lineContext(names, 'to-server', 1), line))).toMatchObject({
      message: { ended: true },
    });
  });

  it('accepts either key while the server may have either', async () => {
    keys = [randomBytes(32), key];
    const peer = await dial();
    peer.write(lineFor(peer));
    await until('the message', () => messages.length >= 1);
  });

  it.each<[string, Change]>([
    ['sealed with another key', { key: randomBytes(32) }],
    ['sealed for another agent', { agentId: 'yard' }],
    ['sealed for another channel', { channelId: randomUUID() }],
    ['sealed for another connection', { challenge: randomBytes(32).toString('base64url') }],
    ['a line of the agent itself', { direction: 'to-server' }],
    ['not the first of the channel', { number: 2 }],
    ['too late', { goodForMs: 1 }],
    ['without a time', { goodForMs: null }],
  ])('refuses a first line that is %s', async (_what, change) => {
    const dialledAt = performance.now();
    const peer = await dial();
    await until('a moment', () => performance.now() > dialledAt + 20); // after which a line of 1 ms is too late
    peer.write(lineFor(peer, change));
    await peer.closed();
    expect(messages).toEqual([]);
  });

  it.each([
    ['changed on the way', (peer: LanPeer) => `${lineFor(peer).slice(0, -2)}AA`],
    ['empty', () => ''],
    ['cut off', (peer: LanPeer) => lineFor(peer).slice(0, 20)],
    ['not sealed', () => '{"jsonrpc":"2.0","id":1,"method":"wake-up"}'],
  ])('refuses a first line that is %s', async (_what, text) => {
    const peer = await dial();
    peer.write(text(peer));
    await peer.closed();
    expect(messages).toEqual([]);
  });

  it('refuses a repeated line, in the same connection, in another one, and after a restart', async () => {
    const peer = await dial();
    const line = lineFor(peer);
    peer.write(line);
    await until('the message', () => messages.length >= 1);
    peer.write(line);
    await peer.closed();
    const again = await dial(peer.channelId);
    again.write(line);
    await again.closed();
    await listener.close();
    await start();
    const restarted = await dial(peer.channelId);
    restarted.write(line);
    await restarted.closed();
    expect(messages).toEqual([{ hello: 1 }]);
  });

  it('closes a channel whose later line is not in order', async () => {
    const peer = await dial();
    peer.write(lineFor(peer));
    peer.write(lineFor(peer, { number: 3 }));
    await peer.closed();
    expect(messages).toEqual([{ hello: 1 }]);
  });

  it('refuses a peer that speaks another protocol, or too long a line', async () => {
    const foreign = connect(port, HOST);
    foreign.on('error', () => undefined);
    foreign.resume(); // otherwise it never sees the end
    foreign.write('GET / HTTP/1.1\r\n');
    await once(foreign, 'close');
    const long = connect(port, HOST);
    long.on('error', () => undefined);
    long.resume();
    long.write('x'.repeat(LIMITS.WAKE_LINE_BYTES + 1));
    await once(long, 'close');
  });

  it('ends a connection that does not prove the key in time', async () => {
    await listener.close();
    await start({ firstLineMs: 30 });
    await (await dial()).closed();
  });

  it('closes the oldest connections of an address that opens many, so that the latest gets through', async () => {
    const flood: LanPeer[] = [];
    for (let each = 0; each < LIMITS.WAKE_CONNECTIONS_PER_ADDRESS; each++) flood.push(await dial());
    const peer = await dial();
    await flood[0]!.closed();
    peer.write(lineFor(peer));
    await until('the message', () => messages.length >= 1);
    expect(flood.slice(1).map(({ isClosed }) => isClosed)).toEqual(flood.slice(1).map(() => false));
  });

  it('uses the latest channel, and closes the earlier one', async () => {
    const [first, second] = [await dial(), await dial()];
    first.write(lineFor(first));
    await until('the first message', () => messages.length >= 1);
    second.write(lineFor(second));
    await first.closed();
    second.write(lineFor(second, { number: 2 }));
    await until('three messages', () => messages.length >= 3);
  });

  it('logs refusals at most once a minute', async () => {
    const refusals = () => journal.lines.filter(({ msg }) => msg === 'refused a wake request').length;
    const before = refusals();
    for (let each = 0; each < 3; each++) {
      const peer = await dial();
      peer.write('AA');
      await peer.closed();
    }
    expect(refusals() - before).toBe(1);
  });
});

describe('a substitute', () => {
  const servers: Server[] = [];
  const sockets = new Set<Socket>();
  let channel: ScriptedChannel;
  let substitute: Substitute;
  /** What its owner lists: the ports that the tests listen on, or have closed. */
  let others: WakeAddress[];
  const standIn = (idleMs: number) =>
    new Substitute({ channel, others, journal: recordedJournal().journal, sendMs: 200, idleMs });
  beforeEach(() => {
    channel = new ScriptedChannel();
    others = [];
    substitute = standIn(60_000);
  });
  afterEach(() => {
    substitute.offline();
    for (const socket of sockets) socket.destroy();
    servers.splice(0).forEach((server) => server.close());
  });

  const listening = async (onSocket: (socket: Socket) => void): Promise<number> => {
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => undefined);
      onSocket(socket);
    }).listen(0, HOST);
    servers.push(server);
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    others.push({ host: HOST, port, mac: null });
    return port;
  };
  const answering = (answer: string) => listening((socket) => socket.end(answer));
  const challenge = randomBytes(32).toString('base64url');
  /** An agent; `lines` are what it has received. */
  const agent = async () => {
    const lines: string[] = [];
    let socket!: Socket;
    const port = await listening((accepted) => {
      socket = accepted;
      accepted.setEncoding('latin1');
      accepted.on('data', (text: string) => lines.push(...text.split('\n').filter(Boolean)));
      accepted.write(`${writeHello(challenge)}\n`);
    });
    return { port, lines, socket: () => socket };
  };
  const channelId = randomUUID();
  const send = (port: number, host = HOST) =>
    channel.ask(wake, { channelId, agentId: 'hall', wake: { host, port, mac: null } });
  const toServer = () => channel.asked.map((each) => JSON.parse(each.replace(/^\S+ /, '')) as { line: string | null });

  it('passes lines on in both directions, in order, until one side closes', async () => {
    channel.answers.push(...Array.from({ length: 9 }, () => () => Promise.resolve({ open: true })));
    const { port, lines, socket } = await agent();
    expect(await send(port)).toEqual({ outcome: 'open', challenge });
    expect(await channel.ask(passToAgent, { channelId, line: 'one' })).toEqual({ open: true });
    await channel.ask(passToAgent, { channelId, line: 'two' });
    await until('the lines', () => lines.length === 3);
    expect(lines).toEqual([writeHello(channelId), 'one', 'two']);
    socket().write('three\nfour\n');
    await until('both lines', () => channel.asked.length >= 2);
    socket().end();
    await until('the end', () => channel.asked.length >= 3);
    expect(toServer().map(({ line }) => line)).toEqual(['three', 'four', null]);
    expect(await channel.ask(passToAgent, { channelId, line: 'five' })).toEqual({ open: false });
  });

  it('closes the connection when the server does, refuses a line, or is gone, and when nothing is passed on', async () => {
    const ended = async (end: () => unknown, answers: (() => Promise<unknown>)[] = []) => {
      const { port, socket } = await agent();
      channel.answers.push(...answers);
      await send(port);
      const closed = once(socket(), 'close');
      await end();
      if (answers.length > 0) socket().write('three\n');
      await closed;
    };
    await ended(() => channel.ask(passToAgent, { channelId, line: null }));
    await ended(() => undefined, [() => Promise.resolve({ open: false })]);
    await ended(() => undefined, [() => Promise.reject(new Error('offline'))]);
    await ended(() => substitute.offline());
    substitute = standIn(20);
    await ended(() => undefined);
  });

  it.each([
    ['not sealed', 'GET / HTTP/1.1'],
    ['too long', 'x'.repeat(LIMITS.WAKE_LINE_BYTES + 1)],
  ])('closes the connection to an agent whose line is %s', async (_what, line) => {
    const { port, socket } = await agent();
    await send(port);
    const closed = once(socket(), 'close');
    socket().write(`${line}\n`);
    await closed;
    await until('the end', () => channel.asked.length > 0);
    expect(toServer().map((each) => each.line)).toEqual([null]);
  });

  it('closes the connection to an agent that sends faster than the server takes', async () => {
    channel.answers.push(() => new Promise(() => undefined));
    const { port, socket } = await agent();
    await send(port);
    const closed = once(socket(), 'close');
    socket().write('x\n'.repeat(LIMITS.WAKE_LINES + 1));
    await closed;
  });

  it.each([
    ['another protocol', 'SSH-2.0-x\r\n', /is not an agent/],
    ['too many bytes', 'x'.repeat(LIMITS.WAKE_LINE_BYTES + 1), /is not an agent/],
    ['no bytes', '', /is not an agent/],
    ['an earlier version', 'platen-wake/1 AA\n', /is not an agent/],
  ])('reports an answer that is %s', async (_what, answer, detail) => {
    expect(await send(await answering(answer))).toEqual({
      outcome: 'unreachable',
      detail: expect.stringMatching(detail) as string,
    });
  });

  it('reports a closed port', async () => {
    const [port] = await freePorts(1);
    others.push({ host: HOST, port: port!, mac: null });
    expect(await send(port!)).toMatchObject({
      outcome: 'unreachable',
      detail: expect.stringContaining('ECONNREFUSED') as string,
    });
  });

  it('connects to a limited number of agents', async () => {
    const { port } = await agent();
    const asked = (id: string) =>
      channel.ask(wake, { channelId: id, agentId: 'hall', wake: { host: HOST, port, mac: null } });
    for (let each = 0; each < LIMITS.WAKE_CHANNELS; each++) await asked(randomUUID());
    expect(await asked(randomUUID())).toMatchObject({ outcome: 'full' });
  });

  it.each<[string, (listed: number, other: number) => [host: string, port: number]]>([
    ['another port of a listed address', (_, other) => [HOST, other]],
    ['another loopback address with a listed port', (listed) => ['127.0.0.2', listed]],
    ['the same address in another form', (listed) => ['::ffff:127.0.0.1', listed]],
    ['an address elsewhere', () => ['203.0.113.7', 80]],
  ])('does not dial %s, whatever the server says', async (_what, address) => {
    let dialled = 0;
    const port = await listening(() => dialled++);
    const { port: listed } = await agent();
    const [host, asked] = address(listed, port);
    others = others.filter((each) => each.port !== port);
    const request = { channelId, agentId: 'hall', wake: { host, port: asked, mac: null } };
    substitute = standIn(60_000);
    expect(await channel.ask(wake, request)).toEqual({ outcome: 'not-listed', detail: '' });
    expect(dialled).toBe(0);
  });

  it.each(['AA\r\nDELETE / HTTP/1.1', 'AA BB', ''])('forwards only sealed lines, not %j', (line) => {
    for (const { request } of [passToAgent, passToServer]) {
      expect(request.safeParse({ channelId, line }).success).toBe(false);
      expect(request.safeParse({ channelId, line: 'AA-_' }).success).toBe(true);
    }
  });

  it('builds the Wake-on-LAN packet', () => {
    const packet = magicPacket('00:1a:2b:3c:4d:5e');
    expect(packet.subarray(0, 6).toString('hex')).toBe('ffffffffffff');
    expect(packet.subarray(6).toString('hex')).toBe('001a2b3c4d5e'.repeat(16));
  });
});
