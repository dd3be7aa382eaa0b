import { Element } from 'node-xmpp-server';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeContainer, encodeContainer } from '../../src/agent/channel/json-container';
import { EXCHANGES, type Exchange } from '../../src/protocol/control-channel';
import { KEEPER_METHODS } from '../../src/protocol/keeper-rpc';
import { peerMessage, relayMessage } from '../../src/protocol/relay-messages';
import { CONTROL_PLANE_METHODS, RELAY_METHODS } from '../../src/protocol/relay-rpc';
import { keeperMessage, masterMessage } from '../../src/relay/master-messages';
import { readPayload, writePayload } from '../../src/server/xmpp/stanzas/payload';
import { parseXml } from '../support/xmpp/parse-xml';

/* eslint-disable @typescript-eslint/no-explicit-any -- the vectors are what is checked here */
const read = (name: string): any => JSON.parse(readFileSync(join(__dirname, name), 'utf8'));

describe('control channel', () => {
  const vectors = read('control-channel.json');

  it('has a vector for every exchange', () => expect(Object.keys(vectors)).toEqual(Object.keys(EXCHANGES)));

  const cases = Object.entries(EXCHANGES).flatMap(([name, exchange]) =>
    (['request', 'response'] as const).map((part) => [name, part, exchange as Exchange] as const),
  );
  it.each(cases)('%s: both ends read and write the same %s', (name, part, exchange) => {
    const body = vectors[name][part];
    const xml: string = vectors[name][`${part}Xml`];
    const schema = exchange[part];
    expect(writePayload(exchange, body).toString()).toBe(xml);
    expect(encodeContainer(exchange.name, exchange.namespace, body).toString()).toBe(xml);
    expect(readPayload(parseXml(xml) as unknown as Element, schema)).toEqual(body);
    expect(decodeContainer(parseXml(xml), schema)).toEqual(body);
  });

  it('carries characters that XML does not know', () => {
    const body = { ...vectors.requestApproval.request, reason: 'a\u0000\u0008\ufffe\uffff\ud800b' };
    for (const xml of [
      writePayload(EXCHANGES.requestApproval, body),
      encodeContainer('request-approval', EXCHANGES.requestApproval.namespace, body),
    ]) {
      // eslint-disable-next-line no-control-regex
      expect(xml.toString()).not.toMatch(/[\u0000-\u0008\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])/);
      expect(readPayload(parseXml(xml.toString()) as unknown as Element, EXCHANGES.requestApproval.request)).toEqual(body);
    }
  });
});

describe('relay messages', () => {
  const vectors = read('relay-messages.json');

  it('has a vector for every type', () => {
    const types = (schema: { options: { shape: { type: { value: string } } }[] }) =>
      schema.options.map((option) => option.shape.type.value);
    expect(new Set(vectors.peer.map(({ type }: { type: string }) => type))).toEqual(new Set(types(peerMessage)));
    expect(new Set(vectors.relay.map(({ type }: { type: string }) => type))).toEqual(new Set(types(relayMessage)));
  });
  it.each(vectors.peer as object[])('from a peer: %j', (message) => expect(peerMessage.parse(message)).toEqual(message));
  it.each(vectors.relay as object[])('from the relay: %j', (message) => expect(relayMessage.parse(message)).toEqual(message));
  it.each((vectors.malformed as unknown[]).map((message) => [message]))('refuses %j', (message) => {
    expect(peerMessage.safeParse(message).success || relayMessage.safeParse(message).success).toBe(false);
  });
});

describe('relay RPC and keeper RPC', () => {
  const vectors = read('relay-rpc.json');
  const sides = [
    ['the relay asks', CONTROL_PLANE_METHODS, vectors.relayAsks],
    ['the control plane asks', RELAY_METHODS, vectors.controlPlaneAsks],
    ['the control plane asks the keeper', KEEPER_METHODS, read('keeper-rpc.json').controlPlaneAsks],
  ] as const;

  it.each(sides)('%s: a vector for every method, read as it stands', (_, methods, calls) => {
    expect(Object.keys(calls)).toEqual(Object.keys(methods));
    for (const [name, { params, result }] of Object.entries(methods)) {
      expect(params.parse(calls[name].params)).toEqual(calls[name].params);
      expect(result.parse(calls[name].result)).toEqual(calls[name].result);
    }
  });
});

describe('keeper and Master', () => {
  const { keeperSays, masterSays } = read('keeper-rpc.json');
  const sides = [
    ['the keeper says', keeperMessage, keeperSays],
    ['the Master says', masterMessage, masterSays],
  ] as const;

  it.each(sides)('%s: a vector for every message, read as it stands', (_, schema, messages) => {
    expect(messages.map(({ type }: any) => type)).toEqual(schema.options.map((option) => option.shape.type.value));
    for (const message of messages) expect(schema.parse(message)).toEqual(message);
  });
});
