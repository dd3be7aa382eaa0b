import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import WebSocket, { WebSocketServer } from 'ws';
import { z } from 'zod';
import { createJournal } from '../journal/journal';
import { LIMITS } from '../protocol/limits';
import { RpcPeer, type RpcHandlers } from './json-rpc';
import { RpcMalformedResult, RpcRefused, RpcTimeout, RpcUnavailable } from './json-rpc.errors';

const methods = {
  double: { params: z.object({ n: z.int() }), result: z.object({ n: z.int() }) },
  never: { params: z.object({}), result: z.object({}) },
  broken: { params: z.object({}), result: z.object({ n: z.int() }) },
  refuse: { params: z.object({}), result: z.object({}) },
};
const answers: RpcHandlers<typeof methods> = {
  double: ({ n }) => Promise.resolve({ n: 2 * n }),
  never: () => new Promise(() => undefined),
  broken: () => Promise.resolve({ n: 'secret' as unknown as number }),
  refuse: () => Promise.reject(new RpcRefused(-32050, 'not today')),
};
const journal = createJournal('test', 'silent');

describe('RpcPeer', () => {
  let server: WebSocketServer;
  let here: RpcPeer<typeof methods, typeof methods>;
  let there: RpcPeer<typeof methods, typeof methods>;
  let raw: WebSocket;

  beforeEach(async () => {
    server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    await once(server, 'listening');
    raw = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
    const [[socket]] = (await Promise.all([once(server, 'connection'), once(raw, 'open')])) as [[WebSocket], unknown];
    there = new RpcPeer(socket, methods, answers, methods, journal);
  });
  afterEach(async () => {
    jest.useRealTimers();
    raw.terminate();
    await there.closed;
    await new Promise((resolve) => server.close(resolve));
  });
  const peer = () => (here = new RpcPeer(raw, methods, answers, methods, journal));

  it('sends requests and answers in both directions at once', async () => {
    peer();
    const results = await Promise.all([here.call('double', { n: 2 }), there.call('double', { n: 5 })]);
    expect(results).toEqual([{ n: 4 }, { n: 10 }]);
  });

  it.each([
    ['invalid params', 'double', { n: 'x' }, { code: 'rpc-refused', rpcCode: -32602 }],
    ['an invalid result', 'broken', {}, { code: 'rpc-refused', rpcCode: -32603 }],
    ["the handler's own refusal", 'refuse', {}, { code: 'rpc-refused', rpcCode: -32050, message: 'not today' }],
  ] as const)('answers %s with an error', async (_name, method, params, error) => {
    peer();
    await expect(here.call(method, params as never)).rejects.toMatchObject(error);
    await expect(here.call(method, params as never)).rejects.toBeInstanceOf(RpcRefused);
  });

  it('never includes values in an error', async () => {
    peer();
    const error = await here.call('double', { n: 'hidden' as unknown as number }).catch((e: Error) => e.message);
    expect(error).toBe('double: n: invalid_type');
  });

  it('validates the result it receives', async () => {
    peer();
    const plain = { ...methods, double: { params: z.object({ n: z.int() }), result: z.object({ m: z.int() }) } };
    raw.removeAllListeners('message');
    const strict = new RpcPeer(raw, methods, answers, plain, journal);
    await expect(strict.call('double', { n: 1 })).rejects.toBeInstanceOf(RpcMalformedResult);
  });

  it('rejects open and later requests when the connection closes', async () => {
    peer();
    const open = expect(here.call('never', {})).rejects.toBeInstanceOf(RpcUnavailable);
    there.close();
    await open;
    await here.closed;
    await expect(here.call('double', { n: 1 })).rejects.toBeInstanceOf(RpcUnavailable);
  });

  it('rejects a request that is not answered in time', async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] });
    peer();
    const waiting = expect(here.call('never', {})).rejects.toBeInstanceOf(RpcTimeout);
    jest.advanceTimersByTime(LIMITS.RELAY_RPC_TIMEOUT_MS);
    await waiting;
  });

  it.each([
    ['text that is not JSON', '{', 1007],
    ['JSON that is not a request', 'null', 1007],
    ['a batch', '[{"jsonrpc":"2.0","id":1,"method":"double"}]', 1007],
    ['a notification', '{"jsonrpc":"2.0","method":"double"}', 1007],
    ['an error of the wrong shape', '{"jsonrpc":"2.0","id":1,"error":"x"}', 1007],
    ['binary', Buffer.from('{}'), 1003],
    ['too many bytes', `"${'x'.repeat(LIMITS.RELAY_RPC_BYTES)}"`, 1009],
  ])('closes on %s', async (_name, message, code) => {
    raw.send(message);
    const [closeCode] = (await once(raw, 'close')) as [number];
    expect(closeCode).toBe(code);
  });

  it.each([
    ['an unknown method', { id: 7, method: '__proto__' }, -32601],
    ['missing params', { id: 8, method: 'double' }, -32602],
  ])('answers %s and lives on', async (_name, request, code) => {
    raw.send(JSON.stringify({ jsonrpc: '2.0', ...request }));
    const [answer] = (await once(raw, 'message')) as [Buffer];
    expect(JSON.parse(answer.toString())).toMatchObject({ id: request.id, error: { code } });
    peer();
    await expect(here.call('double', { n: 1 })).resolves.toEqual({ n: 2 });
  });

  it('ignores an answer without a request', async () => {
    raw.send('{"jsonrpc":"2.0","id":99,"result":{}}');
    peer();
    await expect(here.call('double', { n: 1 })).resolves.toEqual({ n: 2 });
  });
});
