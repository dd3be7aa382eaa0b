import { once } from 'node:events';
import { WebSocket } from 'ws';
import { recordedJournal } from '../../../test/support/recorded-journal';
import { RELAY_PATHS } from '../../protocol/relay-messages';
import { RELAY_SUBPROTOCOL } from '../../protocol/version';
import { Listener } from './listener';

describe('the address of a peer', () => {
  const forwarded = { 'X-Forwarded-For': '192.0.2.66, 198.51.100.7' };

  it.each([
    ['is the one that the proxy has seen', ['127.0.0.1'], forwarded, '198.51.100.7'],
    ['is that of the proxy if it forwards none', ['127.0.0.1'], {}, '127.0.0.1'],
    ['is that of the proxy if it forwards a name', ['127.0.0.1'], { 'X-Forwarded-For': 'mfp.example' }, '127.0.0.1'],
    ['is not believed from other programs on this machine', ['192.0.2.9'], forwarded, '127.0.0.1'],
    ['is not believed without a proxy', [], forwarded, '127.0.0.1'],
  ])('%s', async (_what, proxies, headers, address) => {
    const found: string[] = [];
    const onPeer = (...[, ws, , from]: Parameters<ConstructorParameters<typeof Listener>[1]>) => {
      found.push(from);
      ws.terminate();
    };
    const listener = new Listener({ tls: undefined, proxies }, onPeer, recordedJournal().journal);
    const { port } = await listener.listen({ host: '127.0.0.1', port: 0 });
    const peer = new WebSocket(`ws://127.0.0.1:${port}${RELAY_PATHS.device}`, RELAY_SUBPROTOCOL, { headers });
    await once(peer, 'close');
    expect(found).toEqual([address]);
    await listener.stopAccepting();
  });
});
