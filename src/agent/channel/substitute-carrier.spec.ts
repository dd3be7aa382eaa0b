import { EventEmitter, once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { setLimit } from '../../../test/support/relay/test-relay';
import { recordedJournal } from '../../../test/support/recorded-journal';
import { until } from '../../../test/support/until';
import { acquireInformation, approval, reportInformation, requestApproval } from '../../protocol/control-channel';
import { ProblemError } from '../../protocol/problems';
import { ALERTS, SUPPLIES } from '../../protocol/device-information';
import { AGENT_METHODS, SERVER_METHODS, type Carried } from '../../protocol/wake';
import { RpcPeer } from '../../tunnel/json-rpc';
import type { RpcChannel } from '../../tunnel/rpc-channel';
import vectors from '../../../test/vectors/control-channel.json';
import { ControlChannel } from './control-channel';
import { ChannelOffline, ChannelTimeout, ExchangeRefused } from './control-channel.errors';

/** Both ends of a connection in this process. */
function connection(): [RpcChannel, RpcChannel] {
  const events = new EventEmitter();
  let isOpen = true;
  const closed = once(events, 'close').then(() => undefined);
  const close = () => {
    isOpen = false;
    events.emit('close');
  };
  const end = (own: string, other: string): RpcChannel => ({
    get isOpen() {
      return isOpen;
    },
    closed,
    onMessage: (listener) => void events.on(own, listener),
    send: (message) => void setImmediate(() => isOpen && events.emit(other, JSON.parse(JSON.stringify(message)))),
    close,
  });
  return [end('agent', 'server'), end('server', 'agent')];
}

describe('a control channel without a stream', () => {
  const request = requestApproval.request.parse(vectors.requestApproval.request);
  const answer = approval.request.parse({ remoteSessionId: request.remoteSessionId, decision: 'declined' });
  /** In place of the server: its connections end before the login. */
  let unreachable: Server;
  let dialled: number;
  let channel: ControlChannel;
  let server: RpcPeer<typeof SERVER_METHODS, typeof AGENT_METHODS>;
  let says: () => Carried<object> | Promise<Carried<object>>;
  let changes: number;
  beforeEach(async () => {
    dialled = 0;
    unreachable = createServer((socket) => {
      dialled++;
      socket.destroy();
    }).listen(0, '127.0.0.1');
    await once(unreachable, 'listening');
    const { port } = unreachable.address() as AddressInfo;
    const xmpp = { host: '127.0.0.1', port, domain: 'platen.local' };
    const { journal } = recordedJournal();
    const credentials = { agentId: 'hall', password: 'p'.repeat(43), xmpp, pin: 'k'.repeat(43) };
    channel = new ControlChannel(credentials, journal, { firstRetryMs: 2 ** 30, maxRetryMs: 2 ** 30 });
    changes = 0;
    channel.onChange(() => changes++);
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    server?.close();
    await channel.stop();
    unreachable.close();
  });
  const carry = () => {
    const [agentEnd, serverEnd] = connection();
    says = () => ({ answer: {} });
    server = new RpcPeer(
      serverEnd,
      SERVER_METHODS,
      { approval: () => says() as never },
      AGENT_METHODS,
      recordedJournal().journal,
    );
    channel.carryThrough(agentEnd);
  };

  it('answers and asks through a substitute, and no longer when that has closed', async () => {
    const asked: unknown[] = [];
    channel.handle(requestApproval, (body) => {
      asked.push(body);
      return {};
    });
    await expect(channel.request(approval, answer)).rejects.toThrow(ChannelOffline);
    expect(channel.reaches(approval)).toBe(false);
    carry();
    expect([channel.online, channel.reaches(approval), channel.reaches(reportInformation)]).toEqual([
      false,
      true,
      false,
    ]);
    expect(await server.call('request-approval', request)).toEqual({ answer: {} });
    expect(asked).toEqual([request]);
    expect(await server.call('wake-up', {})).toEqual({});
    expect(await channel.request(approval, answer)).toEqual({});
    server.close();
    await until('the end to be noticed', () => !channel.reaches(approval));
    await expect(channel.request(approval, answer)).rejects.toThrow(ChannelOffline);
    expect(changes).toBe(2);
  });

  it('reports the problems of either side as on a stream', async () => {
    channel.handle(requestApproval, () => {
      throw new ProblemError('unknown-device', 'not here');
    });
    carry();
    expect(await server.call('request-approval', request)).toEqual({
      problem: { code: 'unknown-device', detail: 'not here' },
    });
    says = () => ({ problem: { code: 'session-over', detail: 'too late' } });
    await expect(channel.request(approval, answer)).rejects.toEqual(new ExchangeRefused('session-over', 'too late'));
    says = () => new Promise(() => undefined);
    await expect(channel.request(approval, answer, 10)).rejects.toThrow(ChannelTimeout);
  });

  it('carries nothing else, and no answer that is too large', async () => {
    setLimit('WAKE_LINE_BYTES', 8 * 1024);
    const supply = { name: 'Toner '.repeat(16), type: 'toner', colour: 'cyan', level: 100 };
    const alert = { code: 'toner-low', severity: 'warning' as const, text: 'Order toner '.repeat(16) };
    channel.handle(acquireInformation, () => ({
      ...vectors.acquireInformation.response,
      problem: null,
      state: 'idle' as const,
      supplies: Array.from({ length: SUPPLIES }, () => supply),
      alerts: Array.from({ length: ALERTS }, () => alert),
    }));
    carry();
    await expect(channel.request(reportInformation, {} as never)).rejects.toThrow(ChannelOffline);
    expect(await server.call('acquire-information', { deviceId: 'mfp-1' })).toMatchObject({
      problem: { code: 'too-large' },
    });
    expect(await server.call('terminate', vectors.terminate.request as never)).toMatchObject({
      problem: { code: 'invalid-request' },
    });
  });

  it('tries at once to open its stream when a substitute has reached it', async () => {
    channel.start();
    const ended = new Promise<void>((resolve) => channel.onEnded(() => resolve()));
    await ended;
    expect(dialled).toBe(1);
    await new Promise((resolve) => setImmediate(resolve)); // it waits for days now
    carry();
    await until('another attempt', () => dialled >= 2);
  });
});
