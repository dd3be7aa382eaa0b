import { once } from 'node:events';
import { connect } from 'node:tls';
import { ControlChannel, DOMAIN, PASSWORD } from '../../../test/support/xmpp/control-channel';
import { streamHeader, XmppWire } from '../../../test/support/xmpp/xmpp-wire';

const SASL = "xmlns='urn:ietf:params:xml:ns:xmpp-sasl'";
const BIND = "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>";
const SCRAM = "mechanism='SCRAM-SHA-256'";
const base64 = (text: string) => Buffer.from(text).toString('base64');

/** Bytes that a peer sends, and the word in the answer that shows how they were refused. */
type Case = [what: string, bytes: string | Buffer, refusal: string];

/** Sent as the very first bytes of a connection. */
const BEFORE_HEADER: Case[] = [
  ['SASL before the stream header', `<auth ${SASL} ${SCRAM}>AAA=</auth>`, 'bad-format'],
  ['a closing tag without an opening one', '</a>', 'not-well-formed'],
  ['garbage', Buffer.from([0, 255, 254, 60, 60, 62, 47, 62, 60, 33, 60]), 'not-well-formed'],
  ['HTTP', 'GET / HTTP/1.1\r\nHost: x\r\n\r\n', 'not-well-formed'],
  ['a header without to', streamHeader('').replace(" to=''", ''), 'host-unknown'],
  ['a header with an empty to', streamHeader(''), 'host-unknown'],
  ['a header for another domain', streamHeader('evil.example'), 'host-unknown'],
  ['a header of a server', streamHeader(DOMAIN).replace('jabber:client', 'jabber:server'), 'invalid-namespace'],
  [
    'a billion laughs',
    `<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol"><!ENTITY lol2 "&lol;&lol;">]>${streamHeader(DOMAIN)}<a>&lol2;</a>`,
    'restricted-xml',
  ],
  ['a header with an endless attribute', `<stream:stream to='${'a'.repeat(20_000)}`, 'policy-violation'],
];

/** Sent after the stream features, without a login. */
const UNAUTHENTICATED: Case[] = [
  ['an unknown mechanism', `<auth ${SASL} mechanism='DIGEST-MD5'>AAA=</auth>`, 'invalid-mechanism'],
  ['PLAIN', `<auth ${SASL} mechanism='PLAIN'>${base64(`\0agent\0${PASSWORD}`)}</auth>`, 'invalid-mechanism'],
  ['a mechanism with the name of a property', `<auth ${SASL} mechanism='constructor'>AAA=</auth>`, 'invalid-mechanism'],
  ['no mechanism', `<auth ${SASL}/>`, 'invalid-mechanism'],
  ['an empty first message', `<auth ${SASL} ${SCRAM}/>`, 'malformed-request'],
  ['an empty user name', `<auth ${SASL} ${SCRAM}>${base64('n,,n=,r=abc')}</auth>`, 'malformed-request'],
  ['channel binding', `<auth ${SASL} ${SCRAM}>${base64('p=tls-exporter,,n=a,r=b')}</auth>`, 'malformed-request'],
  ['another identity', `<auth ${SASL} ${SCRAM}>${base64('n,a=b@xmpp.test,n=a,r=b')}</auth>`, 'invalid-authzid'],
  ['text that is not base64', `<auth ${SASL} ${SCRAM}>!!!!</auth>`, 'incorrect-encoding'],
  ['a response without auth', `<response ${SASL}>AAA=</response>`, 'policy-violation'],
  ['an abort without auth', `<abort ${SASL}/>`, 'policy-violation'],
  ['success', `<success ${SASL}/>`, 'policy-violation'],
  ['two auths at once', `<auth ${SASL} ${SCRAM}>biws</auth>`.repeat(2), 'policy-violation'],
  [
    'an auth during the challenge',
    `<auth ${SASL} ${SCRAM}>${base64('n,,n=a,r=b')}</auth><auth ${SASL} ${SCRAM}>AAA=</auth>`,
    'policy-violation',
  ],
  ['an undefined entity', '<message><body>&foo;</body></message>', 'not-well-formed'],
  ['a forbidden character', '<message><body>&#0;</body></message>', 'not-well-formed'],
  ['proceed', "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>", 'not-authorized'],
  ['starttls', "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>garbage", 'not-authorized'],
  ['tags that do not match', '<a><b></a></b>', 'not-well-formed'],
  ['a second header', streamHeader(DOMAIN), 'bad-format'],
  ['more after the end', '</stream:stream><a/><b></b></stream:stream></stream:stream>', '</stream:stream>'],
  ['a registration', "<iq type='set' id='r'><query xmlns='jabber:iq:register'/></iq>", 'not-authorized'],
  ['a bind', `<iq type='set' id='b'>${BIND}</iq>`, 'not-authorized'],
  ['a stream error', '<stream:error/>', '</stream:stream>'],
  [
    'names of JavaScript properties',
    "<message __proto__='x' constructor='y' toString='q'><__proto__/></message>",
    'not-authorized',
  ],
  ['endless text', `<message><body>${'a'.repeat(20_000)}`, 'policy-violation'],
  ['an endless attribute', `<message to='${'a'.repeat(20_000)}`, 'policy-violation'],
  ['an endless name', `<${'a'.repeat(20_000)}`, 'policy-violation'],
  ['too many children', `<message>${'<a/>'.repeat(3_000)}`, 'policy-violation'],
  ['deep nesting', '<a>'.repeat(200), 'policy-violation'],
];

/** Sent by an agent that has logged in. */
const AUTHENTICATED: Case[] = [
  ['deep nesting', `<iq type='get' id='d'>${'<a>'.repeat(200_000)}`, 'policy-violation'],
  ['an endless stanza', `<message><body>${'a'.repeat(100_000)}`, 'policy-violation'],
  ['too many elements', `<message>${'<a/>'.repeat(5_000)}</message>`, 'policy-violation'],
  ['a second bind', `<iq type='set' id='b2'>${BIND}</iq>`, 'not-allowed'],
  ['an undefined entity', "<message to='&bar;'/>", 'not-well-formed'],
  [
    'names of JavaScript properties',
    "<iq type='get' id='1' toString='1' hasOwnProperty='x'><q xmlns=''/></iq>",
    'service-unavailable',
  ],
  [
    'JavaScript properties as payload',
    "<iq type='set' id='1'><__proto__ xmlns='constructor'/></iq>",
    'service-unavailable',
  ],
  ['SASL again', `<auth ${SASL} ${SCRAM}>biws</auth>`, 'policy-violation'],
  ['starttls', "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>", 'unsupported-stanza-type'],
  ['an unknown stanza', '<presence2/>', 'unsupported-stanza-type'],
  ['a stanza of another namespace', "<iq xmlns='jabber:server' type='get' id='1'/>", 'unsupported-stanza-type'],
  ['an iq in an undeclared prefix', "<x:iq xmlns:x='urn:x' type='get' id='1'><a/></x:iq>", 'unsupported-stanza-type'],
  ['an iq without id', "<iq type='get'><ping xmlns='urn:xmpp:ping'/></iq>", 'bad-request'],
  ['an iq without type', "<iq id='1'><ping xmlns='urn:xmpp:ping'/></iq>", 'bad-request'],
  ['an iq without payload', "<iq type='set' id='1'/>", 'bad-request'],
  ['an iq with two payloads', "<iq type='get' id='1'><ping xmlns='urn:xmpp:ping'/><a/></iq>", 'bad-request'],
  ['a registration', "<iq type='set' id='r'><query xmlns='jabber:iq:register'/></iq>", 'service-unavailable'],
  ['text between stanzas', 'hello<iq/>', 'bad-format'],
];

describe('attacks on the control channel', () => {
  let channel: ControlChannel;
  let good: XmppWire;
  beforeAll(async () => {
    channel = await ControlChannel.start();
    good = await channel.login('good');
  });
  afterAll(() => channel.stop());
  /** Other agents stay connected, and new ones can log in. */
  afterEach(async () => {
    await good.ping();
    const next = await channel.login('next');
    next.destroy();
  });

  const expectRefusal = async (wire: XmppWire, bytes: string | Buffer, refusal: string) => {
    wire.write(bytes);
    await wire.expect(new RegExp(refusal));
    wire.destroy();
  };

  it.each(BEFORE_HEADER)('before the header: %s', async (_what, bytes, refusal) => {
    await expectRefusal(await channel.connect(), bytes, refusal);
  });

  it.each(UNAUTHENTICATED)('unauthenticated: %s', async (_what, bytes, refusal) => {
    const wire = await channel.connect();
    await wire.open();
    await expectRefusal(wire, bytes, refusal);
  });

  it.each(AUTHENTICATED)('logged in: %s', async (_what, bytes, refusal) => {
    await expectRefusal(await channel.login('evil'), bytes, refusal);
  });

  it.each([
    ['before TLS', () => XmppWire.connectInClear(channel.port, DOMAIN)],
    ['after TLS', () => channel.connect()],
    ['after login', () => channel.login('evil')],
  ])('a reset %s', async (_when, connect) => {
    const wire = await connect();
    wire.reset();
    await wire.closed;
  });

  it('announces SCRAM only', async () => {
    const features = await (await channel.connect()).open();
    expect([...features.matchAll(/<mechanism>([^<]*)/g)].map((m) => m[1])).toEqual(['SCRAM-SHA-256', 'SCRAM-SHA-1']);
    expect(features).not.toContain('starttls');
  });

  it('refuses stanzas before a resource is bound', async () => {
    const wire = await channel.connect();
    await wire.open();
    await wire.authenticate('evil', PASSWORD);
    await wire.open();
    await expectRefusal(wire, "<iq type='get' id='1'><ping xmlns='urn:xmpp:ping'/></iq>", 'not-authorized');
  });

  it.each(['TLSv1', 'TLSv1.1'] as const)('does not speak %s', async (version) => {
    const old = { minVersion: version, maxVersion: version, ciphers: 'ALL:@SECLEVEL=0', rejectUnauthorized: false };
    const socket = connect({ host: '127.0.0.1', port: channel.port, ...old });
    await expect(once(socket, 'secureConnect')).rejects.toMatchObject({
      code: 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION',
    });
  });
});
