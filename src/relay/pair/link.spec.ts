import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { clientFrame } from '../../../test/support/relay/client-frames';
import { HANDSHAKE, RawClient } from '../../../test/support/relay/raw-client';
import { setLimit } from '../../../test/support/relay/test-relay';
import { until } from '../../../test/support/until';
import { createJournal } from '../../journal/journal';
import { LIMITS } from '../../protocol/limits';
import { Link } from './link';
import { Listener } from './listener';
import type { ServerWebSocket } from './websocket/server-web-socket';

const PIECE = clientFrame({ payload: randomBytes(64 * 1024) });
const TEXT = clientFrame({ opcode: 1, payload: '{"type":"terminate"}' });

describe('a link whose terminal has stopped reading', () => {
  let listener: Listener;
  let link: Link;
  const peers: { client: RawClient; ws: ServerWebSocket }[] = [];
  const texts: string[] = [];

  beforeEach(async () => {
    const accepted: ServerWebSocket[] = [];
    const noTls = { tls: undefined, proxies: [] };
    listener = new Listener(noTls, (_side, ws) => void accepted.push(ws), createJournal('relay', 'silent'));
    const { port } = await listener.listen({ host: '127.0.0.1', port: 0 });
    for (let each = 0; each < 2; each++) {
      const client = await RawClient.connect(connect(port, '127.0.0.1'), HANDSHAKE);
      peers.push({ client, ws: accepted[each]! });
    }
    const [device, terminal] = peers;
    link = new Link();
    link.attach('device', device!.ws);
    link.attach('terminal', terminal!.ws);
    device!.ws.on('text', (text) => texts.push(String(text)));
    terminal!.client.socket.pause();
    // No more than a piece waits to be read when the device is held back.
    for (let sent = 1; !device!.ws.isPaused; sent++) {
      device!.client.socket.write(PIECE);
      await until('it to be read', () => device!.ws.isPaused || link.counters.device.received === sent * 64 * 1024);
    }
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    const stopped = listener.stopAccepting();
    listener.cut();
    await stopped;
    peers.length = texts.length = 0;
  });

  /** What a tunnel may have in flight, and `terminate` behind it. */
  const sendTheRest = () => {
    const pieces = Math.floor(LIMITS.TUNNEL_CONNECTION_WINDOW_BYTES / (64 * 1024));
    for (let sent = 0; sent < pieces; sent++) peers[0]!.client.socket.write(PIECE);
    peers[0]!.client.socket.write(TEXT);
  };

  it('reads ahead at the second call without progress, until the queue is empty again', async () => {
    const [device, terminal] = peers;
    sendTheRest();
    expect(link.readAhead(2)).toBe(0);
    expect(device!.ws.isPaused).toBe(true);
    expect(link.readAhead(2)).toBe(1);
    await until('terminate', () => texts.length > 0);
    expect(link.readAhead(2)).toBe(1);
    terminal!.client.socket.resume();
    await until('the queue to be empty', () => terminal!.ws.bufferedAmount === 0);
    expect(link.readAhead(2)).toBe(0);
    expect(link.counters.terminal.sent).toBe(link.counters.device.received);
    device!.client.socket.write(PIECE);
    await until('the next bytes', () => link.counters.terminal.sent === link.counters.device.received);
  });

  it('reads no more than permitted, and each read is bounded', async () => {
    setLimit('RELAY_READ_AHEAD_BYTES', 512 * 1024);
    const [device, terminal] = peers;
    sendTheRest();
    for (let call = 0; call < 3; call++) expect(link.readAhead(0)).toBe(0);
    expect(device!.ws.isPaused).toBe(true);
    expect(link.readAhead(1)).toBe(1);
    await until('the device to be paused again', () => device!.ws.isPaused);
    const most = LIMITS.RELAY_QUEUE_BYTES + LIMITS.RELAY_READ_AHEAD_BYTES;
    expect(terminal!.ws.bufferedAmount).toBeGreaterThan(most);
    expect(terminal!.ws.bufferedAmount).toBeLessThan(most + 256 * 1024);
    expect(texts).toEqual([]);
  });

  it('does not read ahead while the terminal reads, however slowly', () => {
    const [device, terminal] = peers;
    sendTheRest();
    link.readAhead(2);
    const before = terminal!.ws.bufferedAmount;
    // A frame of its own is progress, too: the queue is another.
    terminal!.ws.ping();
    expect(terminal!.ws.bufferedAmount).not.toBe(before);
    expect(link.readAhead(2)).toBe(0);
    expect(device!.ws.isPaused).toBe(true);
  });

  it('resumes and discards when the terminal is detached', async () => {
    const [device, terminal] = peers;
    sendTheRest();
    const { sent } = link.counters.terminal;
    link.detach('terminal');
    await until('terminate', () => texts.length > 0);
    expect(link.counters.terminal.sent).toBe(sent);
    expect(link.readAhead(2)).toBe(0);
    const closed = once(terminal!.ws, 'close');
    terminal!.ws.terminate();
    await closed;
    expect(device!.ws.readyState).toBe(device!.ws.OPEN);
  });
});
