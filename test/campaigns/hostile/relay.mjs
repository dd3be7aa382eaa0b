// Hostile peers of the relay: tokens of others, repeated and expired ones, malformed messages, and what is no WebSocket frame.
import { Buffer } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { built, support } from '../campaign.mjs';
import { mutated } from './mutation.mjs';

const { RawPeer } = support('relay/raw-peer');
const { RELAY_PATHS } = built('src/protocol/relay-messages');
const { RELAY_SUBPROTOCOL } = built('src/protocol/version');

const AT_ONCE = 6;
/** A peer that says nothing is closed after a sixth of it. */
const CLOSED_MS = 60_000;
const id = () => randomBytes(32).toString('base64url');

export async function attack({ stage, dice, until, count, wrong, approvedSession, carried }) {
  const spent = [];
  const { connection, end } = carried;
  const peer = await RawPeer.establish(connection);
  const base = connection.url.replace(RELAY_PATHS.terminal, '');
  const open = { sessionId: connection.sessionId, token: connection.token };

  /** First messages of a peer; none of them may be accepted. */
  const first = {
    unknown: () => [RELAY_PATHS.terminal, { type: 'establish', sessionId: id(), token: id() }],
    repeated: () => [RELAY_PATHS.terminal, { type: 'establish', ...open }],
    wrongSide: () => [RELAY_PATHS.device, { type: 'establish', ...open }],
    wrongToken: () => [dice.of(Object.values(RELAY_PATHS)), { type: 'establish', ...open, token: id() }],
    wrongSession: () => [dice.of(Object.values(RELAY_PATHS)), { type: 'establish', ...open, sessionId: id() }],
    expired: () => [
      dice.of(Object.values(RELAY_PATHS)),
      { type: 'establish', ...(dice.of(spent) ?? { sessionId: id(), token: id() }) },
    ],
    malformed: () => [dice.of(Object.values(RELAY_PATHS)), mutated({ type: 'establish', ...open, token: id() }, dice)],
    terminate: () => [RELAY_PATHS.device, { type: 'terminate' }],
  };
  const establish = async () => {
    const kind = dice.of(Object.keys(first));
    const [path, message] = first[kind]();
    const hostile = await RawPeer.open(base + path).catch(() => undefined);
    if (!hostile) return count('not upgraded');
    const text = JSON.stringify(message) ?? '';
    hostile.ws.send(text, { binary: dice.chance(0.05) });
    if (dice.chance(0.3)) for (let more = 0; more < 5; more += 1) hostile.ws.send(randomBytes(2_000));
    const closed = await Promise.race([hostile.closed, delay(CLOSED_MS, undefined, { ref: false })]);
    if (!closed) wrong(`a hostile peer (${kind}) was not closed`);
    if (hostile.messages.some(({ type }) => type === 'established')) wrong(`a hostile peer (${kind}) was established`);
    count(`${kind}: ${closed?.code}`);
    hostile.ws.terminate();
  };
  const frames = async () => {
    const socket = await upgraded(base + dice.of(Object.values(RELAY_PATHS)));
    if (!socket) return count('not upgraded');
    socket.on('error', () => undefined);
    const kind = dice.of(Object.keys(FRAMES));
    socket.write(FRAMES[kind]());
    count(`frame: ${kind}`);
    const closed = once(socket, 'close').then(() => true);
    await Promise.race([closed, delay(dice.between(50, 500), undefined, { ref: false })]);
    socket.destroy();
  };
  const work = async () => {
    while (!until()) await (dice.chance(0.6) ? establish() : frames());
  };
  const sessions = async () => {
    while (!until()) {
      // its tokens expire when it is over
      const other = await approvedSession().catch((error) => void count(error.name));
      await other?.end();
      if (other) spent.push({ sessionId: other.connection.sessionId, token: other.connection.token });
      await delay(3_000);
    }
  };
  await Promise.all([sessions(), ...Array.from({ length: AT_ONCE }, work)]);
  if (peer.ws.readyState !== peer.ws.OPEN) wrong('the session whose tokens were presented again was cut');
  peer.ws.terminate();
  await end();
  return `${spent.length + 1} sessions of ${stage.agents.length} devices`;
}

/** @returns the socket of a WebSocket connection; undefined: refused */
function upgraded(url) {
  const headers = {
    ...{ connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13' },
    ...{ 'sec-websocket-key': randomBytes(16).toString('base64'), 'sec-websocket-protocol': RELAY_SUBPROTOCOL },
  };
  return new Promise((done) => {
    const sent = request(url.replace('ws://', 'http://'), { headers });
    sent.once('upgrade', (_response, socket) => done(socket));
    sent.once('response', () => done(undefined));
    sent.once('error', () => done(undefined));
    sent.end();
  });
}

/** Frames of RFC 6455 5.2 that no client sends. */
const frame = (...bytes) => Buffer.from(bytes);
const MASK = [1, 2, 3, 4];
const FRAMES = {
  unmasked: () => frame(0x81, 0x02, 0x7b, 0x7d),
  reserved: () => frame(0xf1, 0x80, ...MASK),
  opcode: () => frame(0x83, 0x80, ...MASK),
  continuation: () => frame(0x80, 0x80, ...MASK),
  controlTooLong: () => Buffer.concat([frame(0x89, 0xfe, 0x01, 0x00, ...MASK), Buffer.alloc(256)]),
  fragmentedControl: () => frame(0x09, 0x80, ...MASK),
  hugeLength: () => frame(0x82, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, ...MASK),
  longer: () => frame(0x82, 0xff, 0, 0, 0, 0, 0x40, 0, 0, 0, ...MASK),
  badText: () => frame(0x81, 0x82, 0, 0, 0, 0, 0xc3, 0x28),
  badClose: () => frame(0x88, 0x82, 0, 0, 0, 0, 0x00, 0x01),
  pings: () => Buffer.concat(Array.from({ length: 500 }, () => frame(0x89, 0x80, ...MASK))),
  half: () => frame(0x81, 0xfe),
  bytes: () => randomBytes(4_000),
};
