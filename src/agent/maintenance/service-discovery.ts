import { xml, type Element } from '@xmpp/client';
import {
  NS_COMMANDS,
  NS_DATA,
  NS_DISCO_ITEMS,
  NS_MAINTENANCE,
  nodeOf,
  operationOf,
} from '../../protocol/ad-hoc-command';
import { NS_DISCO_INFO } from '../../protocol/control-channel';
import type { Operation } from '../../protocol/maintenance';
import { OPERATIONS } from '../../protocol/operations';
import type { ControlChannel } from '../channel/control-channel';
import { encodeRefusal } from './command-element';
import { CommandRefused } from './maintenance.errors';

interface Description {
  readonly category: string;
  readonly type: string;
  readonly name: string;
  readonly features: readonly string[];
}
const AGENT: Description = {
  category: 'client',
  type: 'bot',
  name: 'Platen agent',
  features: [NS_DISCO_INFO, NS_DISCO_ITEMS, NS_COMMANDS, NS_DATA, NS_MAINTENANCE],
};
const LIST: Description = {
  category: 'automation',
  type: 'command-list',
  name: 'Maintenance',
  features: [NS_COMMANDS],
};

/** Reports the features of the agent (XEP-0030) and its commands (XEP-0050 2.1, 2.2). */
export function answerDiscovery(channel: Pick<ControlChannel, 'answer'>): void {
  const get = { type: 'get', name: 'query' } as const;
  channel.answer({
    ...get,
    namespace: NS_DISCO_INFO,
    answer: ({ attrs: { node } }) => Promise.resolve(information(node)),
  });
  channel.answer({
    ...get,
    namespace: NS_DISCO_ITEMS,
    answer: ({ attrs: { node } }, to) => Promise.resolve(items(node, to)),
  });
}

function information(node: string | undefined): Element {
  const described = node === undefined ? AGENT : node === NS_COMMANDS ? LIST : commandAt(node);
  if (!described) return encodeRefusal(new CommandRefused('item-not-found'));
  const { features, ...identity } = described;
  return query(NS_DISCO_INFO, node, [
    xml('identity', identity),
    ...features.map((feature) => xml('feature', { var: feature })),
  ]);
}

function commandAt(node: string): Description | undefined {
  const operation = operationOf(node);
  return (
    operation && {
      category: 'automation',
      type: 'command-node',
      name: OPERATIONS[operation],
      features: [NS_COMMANDS, NS_DATA],
    }
  );
}

/** Lists all operations; a job fails if its device does not support the operation. */
function items(node: string | undefined, jid: string): Element {
  if (node === undefined) return query(NS_DISCO_ITEMS, undefined, []);
  if (node !== NS_COMMANDS) return encodeRefusal(new CommandRefused('item-not-found'));
  const operations = Object.entries(OPERATIONS) as [Operation, string][];
  const commands = operations.map(([operation, name]) => xml('item', { jid, node: nodeOf(operation), name }));
  return query(NS_DISCO_ITEMS, node, commands);
}

const query = (namespace: string, node: string | undefined, children: Element[]): Element =>
  xml('query', { xmlns: namespace, ...(node !== undefined && { node }) }, ...children);
