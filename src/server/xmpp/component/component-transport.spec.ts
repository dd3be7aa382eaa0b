import { recordedJournal } from '../../../../test/support/recorded-journal';
import { until } from '../../../../test/support/until';
import { ControlChannel, DOMAIN, EVERY_INSTALLATION, PASSWORD } from '../../../../test/support/xmpp/control-channel';
import type { XmppEngine } from '../../../../test/support/xmpp/engines/engine';
import { ENGINES } from '../../../../test/support/xmpp/servers';
import type { XmppWire } from '../../../../test/support/xmpp/xmpp-wire';
import { approval } from '../../../protocol/control-channel';
import type { AgentAccounts, InstallationRefusal } from '../login/agent-accounts';
import { scramKeys } from '../login/scram';
import type { XmppLimits } from '../xmpp-limits';
import { NS_SASL } from '../namespaces';
import { ComponentTransport } from './component-transport';
import { NS_ENGINE } from './engine-messages';

const SESSION = '5d1b2a0e-8f4c-4f5e-9d6a-3f0a1c2b4d5e';
const APPROVAL =
  `<approval xmlns='urn:platen:session:1'><json xmlns='urn:xmpp:json:0'>` +
  `{"remoteSessionId":"${SESSION}","decision":"approved"}</json></approval>`;

describe.each(Object.entries(ENGINES))('agents at %s', (_name, startEngine) => {
  let engine: XmppEngine;
  let channel: ControlChannel;
  beforeAll(async () => {
    engine = await startEngine(DOMAIN);
  });
  afterAll(() => engine.stop());
  afterEach(() => channel.stop());

  const start = async (limits?: Partial<XmppLimits>, accounts?: Partial<AgentAccounts>) =>
    (channel = await ControlChannel.at(
      engine,
      limits,
      accounts && {
        ...EVERY_INSTALLATION,
        scramKeys: (_agentId, algorithm) => scramKeys(PASSWORD, algorithm),
        ...accounts,
      },
    ));
  const offline = (times: number) =>
    until('offline', () => channel.presence.filter((e) => e.endsWith('-')).length >= times);

  describe('connections', () => {
    it('end with the server, and are made again with the next one', async () => {
      const wire = await (await start()).login('agent');
      await channel.transport.stop();
      await wire.expect(/<system-shutdown /);
      await wire.expectClosed();
      expect(channel.presence).toEqual(['agent+']);
      await start();
      expect(channel.transport.onlineAgents()).toEqual([]);
      await channel.login('agent');
      expect(channel.transport.onlineAgents()).toEqual(['agent']);
    });

    it('end with the engine, while the server continues, and are made again', async () => {
      await (await start()).login('agent');
      await engine.kill();
      await offline(1);
      await until('the reason', () => channel.transport.problem);
      await engine.boot();
      await until('the engine to be connected', () => channel.transport.problem === undefined);
      const wire = await channel.login('agent');
      await wire.ping();
      expect(channel.presence).toEqual(['agent+', 'agent-', 'agent+']);
    });

    it('end when another server replaces this one, because the engine has not noticed its end', async () => {
      const wire = await (await start()).login('agent');
      const earlier = channel;
      await start();
      await wire.expectClosed();
      await earlier.stop();
      // the earlier one may have replaced this one again meanwhile
      await until('an agent to be connected', () => channel.login('agent').catch(() => undefined));
    });

    it('of agents that answer no pings end', async () => {
      await start({ XMPP_PING_INTERVAL_MS: 50, XMPP_PING_TIMEOUT_MS: 50 });
      const wire = await channel.login('agent');
      await offline(1);
      await wire.expectClosed();
    });
  });

  it('says why the component is refused, and continues', async () => {
    await start();
    await channel.stop();
    const { journal, lines } = recordedJournal();
    const transport = new ComponentTransport({
      domain: DOMAIN,
      engine: { ...engine.component, secret: 'another secret of the same length' },
      fakeSaltSecret: Buffer.alloc(32),
      accounts: { ...EVERY_INSTALLATION, scramKeys: () => Promise.resolve(undefined) },
      journal,
      firstRetryMs: 1,
    });
    await transport.start();
    await until('the reason', () => transport.problem?.includes('not-authorized'));
    await transport.stop();
    expect(lines).toContainEqual(
      expect.objectContaining({ level: 'error', detail: expect.stringContaining('not-authorized') }),
    );
  });

  describe('logins', () => {
    const attempt = async (name: string, password: string, wire?: XmppWire) => {
      const own = wire ?? (await channel.connect());
      if (!wire) await own.open();
      return own.authenticate(name, password);
    };

    it('are by SCRAM only, over TLS only', async () => {
      const features = await (await (await start()).connect()).open();
      const offered = [...features.matchAll(/<mechanism>([^<]*)/g)].map((match) => match[1]).sort();
      expect(offered).toEqual(['SCRAM-SHA-1', 'SCRAM-SHA-256']);
      expect(features).not.toContain('starttls');
      expect(features).not.toContain('register');
    });

    it('fail with a wrong password or name, and end the stream after some', async () => {
      const wire = await (await start()).connect();
      await wire.open();
      for (const name of ['agent', 'unknown', 'unknown-2'])
        expect(await attempt(name, 'wrong', wire)).toBe('not-authorized');
      await wire.expect(/policy-violation/);
      await wire.expectClosed();
      expect(await attempt('agent', PASSWORD)).toBe('success');
    });

    it.each([
      ['a control character', Buffer.from('\u0001')],
      ['a character of no meaning', Buffer.from('\uffff')],
      ['bytes that are not UTF-8', Buffer.from([0xc3, 0x28, 0xff])],
      ['a name of 8 KB', Buffer.alloc(8_192, 'a')],
    ])('with %s as name fail, and disturb no other', async (_what, name) => {
      const other = await (await start()).login('other');
      const wire = await channel.connect();
      await wire.open();
      const first = Buffer.concat([Buffer.from('n,,n='), name, Buffer.from(',r=nonce')]).toString('base64');
      wire.write(`<auth xmlns='${NS_SASL}' mechanism='SCRAM-SHA-256'>${first}</auth>`);
      // unknown names get keys, too
      await wire.expect(/<failure [^>]*><[a-z-]+|<challenge /);
      await other.ping();
      expect(channel.presence).toEqual(['other+']);
    });

    it('fail temporarily while the accounts cannot be read', async () => {
      await start({}, { scramKeys: () => Promise.reject(new Error('the database is away')) });
      expect(await attempt('agent', PASSWORD)).toBe('temporary-auth-failure');
    });

    it('tell an agent that it was removed, after the right password only', async () => {
      await start({}, { scramKeys: async (_name, hash) => ({ ...(await scramKeys(PASSWORD, hash)), removed: true }) });
      expect(await attempt('agent', 'wrong')).toBe('not-authorized');
      expect(await attempt('agent', PASSWORD)).toBe('account-disabled');
    });

    it('end if the account changes between password and resource', async () => {
      // each call makes another salt, as an enrolment does
      await start({}, {});
      const wire = await channel.connect();
      await wire.open();
      expect(await wire.authenticate('agent', PASSWORD)).toBe('success');
      await wire.open();
      await expect(wire.bind()).rejects.toThrow(/not-authorized|closed/);
      expect(channel.presence).toEqual([]);
    });

    it.each<[InstallationRefusal, string]>([
      ['other', 'not-allowed'],
      ['outdated', 'not-allowed'],
    ])('of an installation that is refused (%s) get %s', async (refusal, condition) => {
      const keys = scramKeys(PASSWORD, 'sha256');
      await start({}, { admit: () => Promise.resolve(refusal), scramKeys: () => keys });
      await expect(channel.login('agent')).rejects.toThrow(`bind refused: ${condition}`);
    });

    it('are deferred when there are too many at once', async () => {
      await start({ XMPP_LOGINS_PER_ACCOUNT: 1 });
      await channel.login('agent');
      await expect(channel.login('agent')).rejects.toThrow(
        /<resource-constraint [^]*<retry xmlns="urn:platen:agent:1" after="\d+"/,
      );
    });
  });

  describe('agents', () => {
    it('have the name that they have proved', async () => {
      const asked: string[] = [];
      await start();
      channel.transport.handle(approval, (agentId) => {
        asked.push(agentId);
        return Promise.resolve({});
      });
      await channel.login('other');
      const wire = await channel.login('agent');
      wire.write(`<iq type='set' id='g'>${APPROVAL}</iq>`);
      await wire.expect(/<iq type="result" id="g"/);
      wire.write(`<iq type='set' id='f' from='other@${DOMAIN}/x'>${APPROVAL}</iq>`);
      // RFC 6120 8.1.2.1 leaves both to the engine
      await wire.expect(/<iq type="result" id="f"|<invalid-from /);
      expect(new Set(asked)).toEqual(new Set(['agent']));
    });

    it.each([
      ['its module', DOMAIN],
      ['the component', `platen.${DOMAIN}`],
    ])('cannot speak as the engine to %s', async (_whom, to) => {
      await (await start()).login('other');
      const wire = await channel.login('agent');
      wire.write(
        `<message to='${to}'><end xmlns='${NS_ENGINE}' jid='other@${DOMAIN}' condition='conflict'/></message>`,
      );
      wire.write(`<presence to='${to}' type='unavailable'/>`);
      wire.write(`<iq type='get' id='k' to='${to}'><login xmlns='${NS_ENGINE}' name='other' hash='sha-256'/></iq>`);
      await wire.expect(/<iq type="error" id="k"[^]*<service-unavailable /);
      await wire.ping();
      expect(channel.presence).toEqual(['other+', 'agent+']);
    });

    it.each([
      ['a comment', '<a><!-- b --></a>'],
      ['a processing instruction', '<a><?b c?></a>'],
      ['CDATA', '<a><![CDATA[<]]></a>'],
      ['the end of CDATA', '<a b="]]&gt;">]]&gt;</a>'],
      ['a prefix that is not declared', '<b:a/>'],
      ['two colons', "<b:c:a xmlns:b='d'/>"],
      ['references to characters', '<a b="&#1;">&#xfffe;&#xd800;</a>'],
      ['blanks in attributes', '<a b="&#9;&#10;&#13;"/>'],
      ['characters of no meaning', '<a>\uffff\ufffe</a>'],
    ])('that send %s disturb no other', async (_what, content) => {
      const other = await (await start()).login('other');
      const wire = await channel.login('agent');
      wire.write(`<iq type='set' id='x'>${content}</iq>`);
      await wire.ping().catch(() => wire.expectClosed());
      await other.ping();
      expect(channel.transport.problem).toBeUndefined();
      expect(channel.presence).not.toContain('other-');
    });

    it.each([
      ['deep nesting', `${'<a>'.repeat(200)}${'</a>'.repeat(200)}`],
      ['many elements', `<a>${'<b/>'.repeat(5_000)}</a>`],
      ['a long text', `<a>${'x'.repeat(200_000)}</a>`],
      ['a doctype', '<!DOCTYPE a>'],
      ['tags that do not match', '<a></b>'],
    ])('that send %s lose their own stream, and no other', async (_what, content) => {
      const other = await (await start()).login('other');
      const wire = await channel.login('agent');
      wire.write(`<iq type='set' id='x'>${content}</iq>`);
      await wire.expectClosed();
      await until('offline', () => !channel.transport.isOnline('agent'));
      await other.ping();
      expect(channel.transport.problem).toBeUndefined();
      expect(channel.presence).toEqual(['other+', 'agent+', 'agent-']);
    });
  });
});
