import { ControlChannel, DOMAIN, PASSWORD } from '../../../test/support/xmpp/control-channel';
import { SERVERS, useServer } from '../../../test/support/xmpp/servers';
import { until } from '../../../test/support/until';
import { terminate } from '../../protocol/control-channel';

describe.each(SERVERS)('control channel, %s', (server) => {
  const start = useServer(server);
  let channel: ControlChannel;
  beforeEach(async () => {
    channel = await start();
  });
  afterEach(() => channel.stop());

  describe('as an XMPP server', () => {
    it.each([
      ['a ping', "<ping xmlns='urn:xmpp:ping'/>", /<iq type="result" id="1"[^>]*\/>/, ''],
      [
        'a ping to the domain',
        "<ping xmlns='urn:xmpp:ping'/>",
        /<iq type="result" id="1"[^>]*from="xmpp.test"[^>]*\/>/,
        DOMAIN,
      ],
      [
        'the time',
        "<time xmlns='urn:xmpp:time'/>",
        /<time xmlns="urn:xmpp:time"><tzo>\+00:00<\/tzo><utc>20\d\d-\d\d-\d\dT[\d:.]+Z<\/utc><\/time>/,
        '',
      ],
      ['the roster', "<query xmlns='jabber:iq:roster'/>", /<query xmlns="jabber:iq:roster"\/>/, ''],
      [
        'service discovery',
        "<query xmlns='http://jabber.org/protocol/disco#info'/>",
        /<identity category="server" type="im" name="Platen"\/>.*<feature var="urn:xmpp:ping"\/>/,
        DOMAIN,
      ],
      ['an unknown request', "<query xmlns='jabber:iq:version'/>", /type="error".*<service-unavailable /, ''],
      [
        'a request to another agent',
        "<ping xmlns='urn:xmpp:ping'/>",
        /type="error".*<service-unavailable /,
        'b@xmpp.test',
      ],
    ])('answers %s', async (_what, payload, expected, to) => {
      const wire = await channel.login('agent');
      wire.write(`<iq type='get' id='1'${to ? ` to='${to}'` : ''}>${payload}</iq>`);
      await wire.expect(expected);
    });

    it('forwards nothing to another agent', async () => {
      const other = await channel.login('other');
      const jid = 'other@xmpp.test';
      const wire = await channel.login('agent');
      wire.write(`<message to='${jid}'><body>x</body></message><presence to='${jid}'/>`);
      wire.write(`<iq type='result' id='1' to='${jid}'/><iq type='set' id='2' to='${jid}'><a xmlns='b'/></iq>`);
      await wire.expect(/service-unavailable/);
      await other.ping();
      expect(other.received).toBe('');
    });

    it('accepts the session request of RFC 3921', async () => {
      const wire = await channel.login('agent');
      wire.write("<iq type='set' id='s'><session xmlns='urn:ietf:params:xml:ns:xmpp-session'/></iq>");
      await wire.expect(/<iq type="result" id="s"[^>]*>/);
    });

    it('chooses the resource itself', async () => {
      const wire = await channel.connect();
      await wire.login('agent', PASSWORD, 'SCRAM-SHA-1');
      const second = await channel.connect();
      const jid = await second.login('agent', PASSWORD);
      expect(jid).toMatch(/^agent@xmpp\.test\/[0-9a-f-]{36}$/);
    });

    it('closes the stream when the client does', async () => {
      const wire = await channel.login('agent');
      wire.write('</stream:stream>');
      await wire.expect(/<\/stream:stream>/);
      await wire.expectClosed();
      await until('the agent to be offline', () => channel.presence.join() === 'agent+,agent-');
    });
  });

  describe('presence', () => {
    it('follows the stream', async () => {
      const wire = await channel.login('agent');
      expect(channel.transport.isOnline('agent')).toBe(true);
      wire.destroy();
      await until('the agent to be offline', () => channel.presence.length === 2);
      expect(channel.presence).toEqual(['agent+', 'agent-']);
    });

    it('continues when a newer stream replaces the older', async () => {
      const older = await channel.login('agent');
      const newer = await channel.login('agent');
      await older.expect(/<stream:error><conflict /);
      await older.expectClosed();
      const remoteSessionId = '5d1b2a0e-8f4c-4f5e-9d6a-3f0a1c2b4d5e';
      const answer = channel.transport.request('agent', terminate, { remoteSessionId, ending: 'expired' });
      const [, id] = await newer.expect(/<iq type="set" id="([^"]*)"/);
      newer.write(
        `<iq type='result' id='${id}'><terminate xmlns='urn:platen:session:1'><json xmlns='urn:xmpp:json:0'>{"connected":true}</json></terminate></iq>`,
      );
      expect(await answer).toEqual({ connected: true });
      expect(channel.presence).toEqual(['agent+', 'agent+']);
      newer.destroy();
      await until('the agent to be offline', () => channel.presence.length === 3);
      expect(channel.presence).toEqual(['agent+', 'agent+', 'agent-']);
    });

    it('is reported to the other listeners if one throws', async () => {
      const reported: string[] = [];
      channel.transport.onPresence(() => {
        throw new Error('listener');
      });
      channel.transport.onPresence(({ agentId }) => reported.push(agentId));
      const wire = await channel.login('agent');
      await wire.ping();
      expect(reported).toEqual(['agent']);
    });

    it('ends with the account', async () => {
      const bound = await channel.login('agent');
      channel.transport.disconnect('agent');
      await bound.expect(/<not-authorized /);
      await bound.expectClosed();
      await until('the agent to be offline', () => channel.presence.length === 2);
      expect(channel.presence).toEqual(['agent+', 'agent-']);
    });
  });
});

it('the account ends a login in the middle', async () => {
  // at an engine, the login fails when it binds (component-transport.spec.ts)
  const channel = await ControlChannel.start();
  const loggingIn = await channel.connect();
  await loggingIn.open();
  const first = Buffer.from('n,,n=agent,r=x').toString('base64');
  loggingIn.write(`<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='SCRAM-SHA-256'>${first}</auth>`);
  await loggingIn.expect(/<challenge/);
  channel.transport.disconnect('agent');
  await loggingIn.expect(/<not-authorized /);
  await loggingIn.expectClosed();
  await channel.stop();
});
