import { Element } from 'node-xmpp-server';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { decodeContainer, encodeContainer } from '../../src/agent/channel/json-container';
import { EXCHANGES, type Exchange } from '../../src/protocol/control-channel';
import { KEEPER_METHODS } from '../../src/protocol/keeper-rpc';
import { peerMessage, relayMessage } from '../../src/protocol/relay-messages';
import { CONTROL_PLANE_METHODS, RELAY_METHODS } from '../../src/protocol/relay-rpc';
import { AGENT_METHODS, lineContext, readChallenge, readChannelId, sealedMessage, SERVER_METHODS, writeHello } from '../../src/protocol/wake';
import { keeperMessage, masterMessage } from '../../src/relay/master-messages';
import { readPayload, writePayload } from '../../src/server/xmpp/stanzas/payload';
import { SealedChannel } from '../../src/tunnel/sealed-channel';
import { unseal } from '../../src/tunnel/sealed-text';
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
      const received = parseXml(xml.toString()) as unknown as Element;
      expect(readPayload(received, z.looseObject({}))).toEqual(body);
      expect(readPayload(received, EXCHANGES.requestApproval.request)).toEqual({ ...body, reason: 'a b' });
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

describe('substitute channel', () => {
  const { key, agentId, channelId, challenge, agentHello, substituteHello, lines } = read('substitute-channel.json');
  const names = { agentId, channelId, challenge };
  const keyBytes = Buffer.from(key, 'base64url');

  it('has a vector for the first line of each side', () => {
    expect([writeHello(challenge), writeHello(channelId)]).toEqual([agentHello, substituteHello]);
    expect([readChallenge(agentHello), readChannelId(substituteHello)]).toEqual([challenge, channelId]);
    expect([readChallenge(substituteHello), readChannelId(agentHello), readChallenge('platen-wake/1 x')]).toEqual([
      undefined, undefined, undefined,
    ]);
  });

  it.each(lines as any[])('$direction $number is sealed for its place', ({ direction, number, context, goodForMs, message, line }) => {
    expect(lineContext(names, direction, number)).toBe(context);
    expect(sealedMessage.parse(JSON.parse(unseal(keyBytes, context, line)))).toEqual({ goodForMs, message });
    const methods: any = direction === 'to-agent' ? AGENT_METHODS : SERVER_METHODS;
    const asked = lines.find((each: any) => each.message.method && each.direction !== direction && each.message.id === message.id);
    if (message.method) expect(methods[message.method].params.parse(message.params)).toEqual(message.params);
    else {
      const answering: any = direction === 'to-agent' ? SERVER_METHODS : AGENT_METHODS;
      expect(answering[asked.message.method].result.parse(message.result)).toEqual(message.result);
    }
  });

  it.each(['agent', 'server'] as const)('is read by the %s line by line, and no line twice or out of turn', (end) => {
    const direction = end === 'agent' ? 'to-agent' : 'to-server';
    const received = lines.filter((each: any) => each.direction === direction);
    const channel = () => {
      const read: unknown[] = [];
      const it = new SealedChannel(keyBytes, { ...names, end, since: performance.now(), send: () => undefined, close: () => undefined });
      it.onMessage((message) => read.push(message));
      return { it, read };
    };
    const whole = channel();
    for (const { line } of received) expect(whole.it.receive(line)).toBe(true);
    expect(whole.read).toEqual(received.map(({ message }: any) => message));
    expect(whole.it.receive(received[0].line)).toBe(false);
    expect(channel().it.receive(received[1].line)).toBe(false);
    const other = lines.find((each: any) => each.direction !== direction);
    expect(channel().it.receive(other.line)).toBe(false);
    const late = new SealedChannel(keyBytes, { ...names, end, since: performance.now() - received[0].goodForMs - 1, send: () => undefined, close: () => undefined });
    expect(late.receive(received[0].line)).toBe(false);
  });
});
