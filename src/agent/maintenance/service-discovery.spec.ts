import { parseXml } from '../../../test/support/xmpp/parse-xml';
import type { StreamHandler } from '../channel/xmpp-stream';
import { answerDiscovery } from './service-discovery';

const handlers: StreamHandler[] = [];
answerDiscovery({ answer: (handler) => void handlers.push(handler) });

/** An answer as `tag attribute` lines. */
async function ask(what: 'info' | 'items', node = ''): Promise<string[]> {
  const namespace = `http://jabber.org/protocol/disco#${what}`;
  const handler = handlers.find((each) => each.namespace === namespace && each.type === 'get' && each.name === 'query');
  const query = parseXml(`<query xmlns="${namespace}"${node && ` node="${node}"`}/>`);
  const answer = await handler!.answer(query, 'hall@platen.local/9f2c');
  if (answer.name === 'error') return answer.getChildElements().map(({ name }) => name);
  expect([answer.name, answer.attrs.xmlns, answer.attrs.node ?? '']).toEqual(['query', namespace, node]);
  return answer
    .getChildElements()
    .map(({ name, attrs }) => `${name} ${attrs.var ?? attrs.node ?? `${attrs.category}/${attrs.type}`}`);
}
const COMMANDS = 'http://jabber.org/protocol/commands';
const NODE = 'urn:platen:maintenance:1#';

describe('service discovery of an agent', () => {
  it('reports its features (XEP-0030)', async () => {
    expect(await ask('info')).toEqual([
      'identity client/bot',
      'feature http://jabber.org/protocol/disco#info',
      'feature http://jabber.org/protocol/disco#items',
      `feature ${COMMANDS}`,
      'feature jabber:x:data',
      'feature urn:platen:maintenance:1',
    ]);
    expect(await ask('items')).toEqual([]);
  });
  it('lists its commands (XEP-0050 2.1)', async () => {
    const operations = [
      'information',
      'counters',
      'identify',
      'test-page',
      'restart',
      'settings-read',
      'settings-set',
      'logs-read',
      'firmware-install',
    ];
    expect(await ask('items', COMMANDS)).toEqual(operations.map((operation) => `item ${NODE}${operation}`));
    expect(await ask('info', COMMANDS)).toEqual(['identity automation/command-list', `feature ${COMMANDS}`]);
  });
  it('describes each command (XEP-0050 2.2)', async () => {
    const described = ['identity automation/command-node', `feature ${COMMANDS}`, 'feature jabber:x:data'];
    expect(await ask('info', `${NODE}restart`)).toEqual(described);
  });
  it.each(['info', 'items'] as const)('has no %s of another node', async (what) => {
    expect(await ask(what, 'config')).toEqual(['item-not-found']);
  });
});
