import type { ControlChannel } from '../../../test/support/xmpp/control-channel';
import { SERVERS, useServer } from '../../../test/support/xmpp/servers';
import type { XmppWire } from '../../../test/support/xmpp/xmpp-wire';
import { approval, requestApproval, terminate } from '../../protocol/control-channel';
import { ProblemError } from '../../protocol/problems';

const SESSION = '5d1b2a0e-8f4c-4f5e-9d6a-3f0a1c2b4d5e';
const ASKED = {
  remoteSessionId: SESSION,
  deviceId: 'mfp-1',
  applicationId: 'web',
  asker: { kind: 'user' as const, id: 'tess', name: 'Tess <Technician> & "Co"' },
  reason: 'Fuser unit, 定着器',
  minutes: 30,
  answerWithinSeconds: 120,
};
const NS = "xmlns='urn:platen:session:1'";
const json = (text: string) => `<json xmlns='urn:xmpp:json:0'>${text}</json>`;
const STANZAS = "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'";

describe.each(SERVERS)('exchanges over the control channel, %s', (server) => {
  const start = useServer(server);
  let channel: ControlChannel;
  beforeEach(async () => {
    channel = await start();
  });
  afterEach(() => channel.stop());

  /** The ID of the next request that the server sends on this stream. */
  const asked = async (wire: XmppWire, name: string) =>
    (await wire.expect(new RegExp(`<iq type="set" id="([^"]*)"[^>]*><${name}[^>]*>.*?</${name}></iq>`, 's')))[1]!;
  const request = (options?: { timeoutMs?: number }) =>
    channel.transport.request('agent', terminate, { remoteSessionId: SESSION, ending: 'expired' }, options);
  const answerTo = (id: string, body = '{"connected":true}') =>
    `<iq type='result' id='${id}'><terminate ${NS}>${json(body)}</terminate></iq>`;

  describe('requests of the server', () => {
    it('reach the agent in the documented form, and return its answer', async () => {
      const wire = await channel.login('agent');
      const answer = channel.transport.request('agent', requestApproval, ASKED);
      const [, id, payload] = await wire.expect(
        /<iq type="set" id="([^"]*)" from="xmpp.test" to="agent@xmpp.test\/[^"]*"><request-approval xmlns="urn:platen:session:1"><json xmlns="urn:xmpp:json:0">([^<]*)<\/json><\/request-approval><\/iq>/,
      );
      const text = payload!.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
      expect(JSON.parse(text)).toEqual(ASKED);
      wire.write(`<iq type='result' id='${id}'><request-approval ${NS}>${json('{}')}</request-approval></iq>`);
      expect(await answer).toEqual({});
    });

    it('fail at once when the agent is offline', () =>
      expect(request()).rejects.toMatchObject({ name: 'AgentOffline' }));

    it('fail when the agent does not answer in time', async () => {
      await channel.login('agent');
      await expect(request({ timeoutMs: 50 })).rejects.toMatchObject({ name: 'AgentSilent', code: 'device-offline' });
    });

    describe('over a stream that has been idle', () => {
      beforeEach(() => channel.stop());
      const idle = async (XMPP_PROBE_MS: number) => {
        channel = await start({ XMPP_PROBE_IDLE_MS: 0, XMPP_PROBE_MS });
        return channel.login('agent');
      };
      const PING = /<iq type="get" id="([^"]*)"[^>]*><ping xmlns="urn:xmpp:ping"\/><\/iq>/;

      it('fail, and cut it, when not even the ping beside them is answered', async () => {
        const wire = await idle(50);
        await expect(request()).rejects.toMatchObject({ name: 'AgentOffline' });
        await wire.expectClosed();
        expect(channel.presence).toEqual(['agent+', 'agent-']);
      });

      it.each(['result', 'error'])('wait for their answers once the ping is answered with type %s', async (type) => {
        const wire = await idle(60_000);
        const answer = request();
        const id = await asked(wire, 'terminate');
        const [, ping] = await wire.expect(PING);
        wire.write(`<iq type='${type}' id='${ping}'/>`);
        await wire.ping();
        wire.write(answerTo(id));
        expect(await answer).toEqual({ connected: true });
        expect(channel.presence).toEqual(['agent+']);
      });

      it('share one ping', async () => {
        const wire = await idle(60_000);
        const requests = [request(), request()];
        const ids = [await asked(wire, 'terminate'), await asked(wire, 'terminate')];
        for (const id of ids) wire.write(answerTo(id));
        await Promise.all(requests);
        await wire.ping();
        expect(wire.received).not.toMatch(PING);
      });
    });

    it('fail when the stream is lost', async () => {
      const wire = await channel.login('agent');
      const refused = expect(request()).rejects.toMatchObject({ name: 'AgentOffline' });
      await asked(wire, 'terminate');
      wire.destroy();
      await refused;
    });

    it.each([
      [
        'an error with a problem',
        `<error type='cancel'><item-not-found ${STANZAS}/><text ${STANZAS}>no such device</text><problem xmlns='urn:platen:problem:1' code='unknown-device'/></error>`,
        { code: 'unknown-device', detail: 'no such device' },
      ],
      [
        'an error without one',
        `<error type='cancel'><feature-not-implemented ${STANZAS}/></error>`,
        { code: 'feature-not-implemented', detail: '' },
      ],
    ])('fail with %s', async (_what, error, expected) => {
      const wire = await channel.login('agent');
      const refused = expect(request()).rejects.toMatchObject({ name: 'AgentRefused', ...expected });
      wire.write(`<iq type='error' id='${await asked(wire, 'terminate')}'>${error}</iq>`);
      await refused;
    });

    // an engine does not forward what is not an error of XMPP
    if (server === 'embedded')
      it('fail with an error without content', async () => {
        const wire = await channel.login('agent');
        const refused = expect(request()).rejects.toMatchObject({ name: 'AgentRefused', code: 'undefined-condition' });
        wire.write(`<iq type='error' id='${await asked(wire, 'terminate')}'/>`);
        await refused;
      });

    it.each([
      ['no payload', ''],
      ['another payload', `<approval ${NS}>${json('{}')}</approval>`],
      ['no JSON container', `<terminate ${NS}/>`],
      ['no JSON', `<terminate ${NS}>${json('{')}</terminate>`],
      ['JSON of another shape', `<terminate ${NS}>${json('{"connected":1}')}</terminate>`],
    ])('accept no answer with %s', async (_what, payload) => {
      const wire = await channel.login('agent');
      const refused = expect(request()).rejects.toMatchObject({ name: 'AgentRefused', code: 'unreadable-answer' });
      wire.write(`<iq type='result' id='${await asked(wire, 'terminate')}'>${payload}</iq>`);
      await refused;
    });

    it('are answered by the requested agent only, and once', async () => {
      const wire = await channel.login('agent');
      const other = await channel.login('other');
      const answer = request();
      const id = await asked(wire, 'terminate');
      other.write(answerTo(id, '{"connected":false}'));
      await other.ping();
      wire.write(answerTo(id) + answerTo(id, '{"connected":false}'));
      expect(await answer).toEqual({ connected: true });
      await wire.ping();
    });

    it('are not sent if their body is invalid', async () => {
      const wire = await channel.login('agent');
      const wrong = channel.transport.request('agent', requestApproval, { ...ASKED, minutes: -1 });
      await expect(wrong).rejects.toThrow();
      await wire.ping();
      expect(wire.received).toBe('');
    });
  });

  describe('requests of an agent', () => {
    const decided = (body: string) => `<iq type='set' id='q'><approval ${NS}>${json(body)}</approval></iq>`;
    const YES = `{"remoteSessionId":"${SESSION}","decision":"approved"}`;

    it('reach the handler, and its answer is returned', async () => {
      const handled: unknown[] = [];
      channel.transport.handle(approval, (agentId, body) => {
        handled.push([agentId, body]);
        return Promise.resolve({});
      });
      const wire = await channel.login('agent');
      wire.write(decided(YES));
      await wire.expect(
        /<iq type="result" id="q"[^>]* to="agent@xmpp.test\/[^"]*"><approval xmlns="urn:platen:session:1"><json xmlns="urn:xmpp:json:0">{}<\/json><\/approval><\/iq>/,
      );
      expect(handled).toEqual([['agent', { remoteSessionId: SESSION, decision: 'approved' }]]);
    });

    it.each([
      ['JSON of another shape', '{"decision":"perhaps"}'],
      ['no JSON', '{"decision":'],
      ['JSON nested too deeply', '['.repeat(20_000)],
    ])('are refused for %s', async (_what, body) => {
      channel.transport.handle(approval, () => Promise.resolve({}));
      const wire = await channel.login('agent');
      wire.write(decided(body));
      await wire.expect(
        /<iq type="error" id="q"[^>]*><error type="modify"><bad-request .*<problem xmlns="urn:platen:problem:1" code="invalid-request"\/>/,
      );
    });

    it('are answered with the problem that the handler throws', async () => {
      channel.transport.handle(approval, () =>
        Promise.reject(new ProblemError('unknown-session', 'no <such> session')),
      );
      const wire = await channel.login('agent');
      wire.write(decided(YES));
      await wire.expect(
        /<error type="cancel"><item-not-found [^>]*\/><text [^>]*>no &lt;such&gt; session<\/text><problem xmlns="urn:platen:problem:1" code="unknown-session"\/><\/error>/,
      );
    });

    it.each([
      ['throws', () => Promise.reject(new Error('the database password is swordfish'))],
      [
        'throws synchronously',
        () => {
          throw new Error('swordfish');
        },
      ],
      ['returns an invalid answer', () => Promise.resolve(undefined as never)],
    ])('reveal nothing when the handler %s', async (_what, handler) => {
      channel.transport.handle(approval, handler);
      const wire = await channel.login('agent');
      wire.write(decided(YES));
      const [error] = await wire.expect(/<iq type="error"[^>]*>.*<\/iq>/);
      expect(error).toMatch(
        /<internal-server-error [^>]*\/><text [^>]*>incident [0-9a-f-]{36}<.*code="internal-error"/,
      );
      expect(error).not.toContain('swordfish');
    });

    it('are limited in number', async () => {
      await channel.stop();
      channel = await start({ XMPP_IQS_IN_FLIGHT: 2 });
      channel.transport.handle(approval, () => new Promise(() => undefined));
      const wire = await channel.login('agent');
      wire.write(decided(YES).repeat(3));
      await wire.expect(/<error type="wait"><resource-constraint /);
    });

    it('end with an error when the handler hangs', async () => {
      await channel.stop();
      channel = await start({ XMPP_IQ_TIMEOUT_MS: 50 });
      channel.transport.handle(approval, () => new Promise(() => undefined));
      const wire = await channel.login('agent');
      wire.write(decided(YES));
      await wire.expect(/<internal-server-error /);
    });

    it('have one handler each, and only if agents start the exchange', () => {
      channel.transport.handle(approval, () => Promise.resolve({}));
      expect(() => channel.transport.handle(approval, () => Promise.resolve({}))).toThrow(TypeError);
      expect(() => channel.transport.handle(terminate, () => Promise.resolve({ connected: true }))).toThrow(TypeError);
    });
  });
});
