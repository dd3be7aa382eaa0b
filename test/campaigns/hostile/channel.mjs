// Hostile control channel: a modified agent of another customer, which is logged in, and peers that are not.
import { Buffer } from 'node:buffer';
import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { built, support } from '../campaign.mjs';
import { mutated } from './mutation.mjs';

const { XmppWire } = support('xmpp/xmpp-wire');
const { LIMITS } = built('src/protocol/limits');

const AT_ONCE = 4;
const NS_SASL = 'urn:ietf:params:xml:ns:xmpp-sasl';
const escaped = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** XML as it is in the vectors, with other JSON in it. */
const withBody = (xml, body) =>
  xml.replace(/(<json[^>]*>)[\s\S]*?(<\/json>)/, (_, open, close) => `${open}${escaped(JSON.stringify(body))}${close}`);

/** Sequences of an agent that is logged in. */
const SEQUENCES = {
  exchanges: ({ wire, dice, vectors, ids }) => {
    const { request, requestXml } = dice.of(vectors);
    const aimed = JSON.parse(
      JSON.stringify(request)
        .replaceAll('mfp-1', dice.of(ids.devices))
        .replaceAll(SAMPLE_SESSION, dice.of(ids.sessions)),
    );
    const body = dice.chance(0.4) ? aimed : mutated(aimed, dice);
    wire.write(
      `<iq type='${dice.weighted({ set: 8, get: 2 })}' id='${randomUUID()}'>${withBody(requestXml, body)}</iq>`,
    );
  },
  answers: ({ wire, dice }) =>
    wire.write(`<iq type='${dice.of(['result', 'error'])}' id='${dice.of([randomUUID(), '', '__proto__'])}'/>`),
  toOthers: ({ wire, dice, ids }) =>
    wire.write(
      `<${dice.of(['message', 'presence', 'iq'])} to='${dice.of(ids.agents)}@platen.local/x' type='set' id='1'><body>x</body></${'message'}>`,
    ),
  otherNamespaces: ({ wire, dice }) =>
    wire.write(
      `<iq type='get' id='${randomUUID()}'><query xmlns='${dice.of(['http://jabber.org/protocol/disco#items', 'jabber:iq:roster', 'urn:platen:agent:99', ''])}'/></iq>`,
    ),
  deep: ({ wire }) => wire.write(`<iq type='set' id='d'>${'<a>'.repeat(64)}${'</a>'.repeat(64)}</iq>`),
  wide: ({ wire }) => wire.write(`<iq type='set' id='w'>${'<a/>'.repeat(5_000)}</iq>`),
  large: ({ wire }) => wire.write(`<iq type='set' id='l'><a>${'x'.repeat(100_000)}</a></iq>`),
  entities: ({ wire }) => wire.write(`<!DOCTYPE x [<!ENTITY a "aaaa">]><iq type='set' id='e'><a>&a;</a></iq>`),
  bytes: ({ wire }) => wire.write(randomBytes(200)),
  pings: ({ wire }) => wire.write(`<iq type='get' id='p'><ping xmlns='urn:xmpp:ping'/></iq>`.repeat(200)),
  halves: ({ wire }) => wire.write(`<iq type='set' id='h'><announce xmlns='urn:platen:agent:1'>`),
  again: ({ wire }) => wire.write(`<auth xmlns='${NS_SASL}' mechanism='SCRAM-SHA-1'>biws</auth>`),
  ends: ({ wire }) => wire.write('</stream:stream>'),
};
const WEIGHTS = {
  exchanges: 60,
  answers: 8,
  toOthers: 5,
  otherNamespaces: 5,
  deep: 1,
  wide: 1,
  large: 1,
  entities: 1,
  bytes: 1,
  pings: 3,
  halves: 1,
  again: 1,
  ends: 1,
};
/** The session of the vectors. */
const SAMPLE_SESSION = '5b0f8c1e-2d3a-4f6b-9c7d-8e9f0a1b2c3d';

export async function attack({ stage, dice, until, count, wrong, secretIn, ids, account, vectors }) {
  const port = Number(stage.env.PLATEN_XMPP_PORT);
  const installation = { run: randomUUID(), id: randomUUID(), continuation: randomBytes(32).toString('base64url') };
  const named = { devices: ids('/devices', 'id'), sessions: ids('/sessions', 'id'), agents: ids('/agents', 'id') };

  /** @returns a stream of the modified agent, as its account permits one */
  const login = async () => {
    const wire = await XmppWire.connect(port, 'platen.local');
    const next = randomBytes(32).toString('base64url');
    const resource = [installation.run, installation.id, installation.continuation, next].join('.');
    await wire.login(account.agentId, account.password, 'SCRAM-SHA-256', resource);
    installation.continuation = next;
    return wire;
  };
  const modified = async () => {
    while (!until()) {
      let wire;
      try {
        wire = await login();
      } catch (error) {
        count(`login: ${/refused: [\w-]+|closed/.exec(error.message)?.[0] ?? 'no answer'}`);
        await delay(1_000);
        continue;
      }
      count('logins');
      for (let left = Math.ceil(dice.between(1, 60)); left > 0 && !wire.isClosed && !until(); left -= 1) {
        const kind = dice.weighted(WEIGHTS);
        SEQUENCES[kind]({ wire, dice, vectors, ids: named });
        count(kind);
        await delay(dice.between(0, 40));
      }
      await delay(300);
      if (secretIn(wire.received)) wrong(`an agent of another customer received ${wire.received.slice(0, 300)}`);
      wire.destroy();
      await wire.closed;
    }
  };
  const unauthenticated = async () => {
    while (!until()) {
      const kind = dice.of(Object.keys(UNAUTHENTICATED));
      let wire;
      try {
        wire = await (kind === 'clear'
          ? XmppWire.connectInClear(port, 'platen.local')
          : XmppWire.connect(port, 'platen.local'));
      } catch {
        count('refused connection');
        await delay(200);
        continue;
      }
      UNAUTHENTICATED[kind](wire, dice, named);
      count(`unauthenticated: ${kind}`);
      await delay(dice.between(10, 300));
      if (/type="result"|<success/.test(wire.received))
        wrong(`an unauthenticated peer got ${wire.received.slice(0, 200)}`);
      wire.destroy();
    }
  };
  await Promise.all([modified(), ...Array.from({ length: AT_ONCE }, unauthenticated)]);
}

const header = `<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='platen.local' version='1.0'>`;
const UNAUTHENTICATED = {
  clear: (wire) => wire.write('GET / HTTP/1.1\r\n\r\n'),
  bytes: (wire) => wire.write(randomBytes(2_000)),
  header: (wire, dice) => wire.write(header.replace('platen.local', dice.of(['', 'other.example', 'x'.repeat(3_000)]))),
  stanza: (wire, dice, ids) =>
    wire.write(
      `${header}<iq type='set' id='1' to='${dice.of(ids.agents)}'><announce xmlns='urn:platen:agent:1'/></iq>`,
    ),
  sasl: (wire, dice) =>
    wire.write(
      `${header}<auth xmlns='${NS_SASL}' mechanism='${dice.of(['SCRAM-SHA-1', 'PLAIN', 'EXTERNAL', 'ANONYMOUS'])}'>${Buffer.from(dice.of(['n,,n=,r=', 'n,,n=admin,r=x', '\u0000a\u0000b', 'y,,']).toString()).toString('base64')}</auth>`,
    ),
  large: (wire) =>
    wire.write(`${header}<auth xmlns='${NS_SASL}'>${'A'.repeat(2 * LIMITS.XMPP_STANZA_BYTES_BEFORE_AUTH)}</auth>`),
  bind: (wire) => wire.write(`${header}<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>`),
};
