import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { makeSignedCertificate } from '../../../test/support/test-certificate';
import { answerOf } from './probes';

it('closes its connection, which a proxy would keep open after the refusal of a WebSocket', async () => {
  const { cert, key, authority } = await makeSignedCertificate(['localhost']);
  const proxy = createServer({ cert, key, keepAliveTimeout: 0 }, (_request, response) => {
    response.writeHead(401, { connection: 'keep-alive' }).end('{}');
  }).listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const connected = once(proxy, 'secureConnection');
  const url = new URL(`https://localhost:${(proxy.address() as AddressInfo).port}/api/live`);
  const headers = { connection: 'Upgrade', upgrade: 'websocket' };
  expect(await answerOf(url, { trust: { authority }, headers })).toMatchObject({ status: 401, body: '{}' });
  const [socket] = (await connected) as [TLSSocket];
  if (!socket.closed) await once(socket, 'close');
  proxy.close();
});
