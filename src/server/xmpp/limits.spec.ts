import { ControlChannel, DOMAIN, PASSWORD, EVERY_INSTALLATION } from '../../../test/support/xmpp/control-channel';
import { until } from '../../../test/support/until';
import { XmppWire } from '../../../test/support/xmpp/xmpp-wire';
import type { AgentAccounts, ScramAlgorithm, ScramKeys } from './login/agent-accounts';
import { scramKeys } from './login/scram';
import { xmppLimits, type XmppLimits } from './xmpp-limits';

describe('limits of the control channel', () => {
  let channel: ControlChannel;
  const start = async (limits: Partial<XmppLimits> = {}): Promise<ControlChannel> =>
    (channel = await ControlChannel.start(limits));
  /** Whatever a peer has done, the next one can log in. */
  afterEach(async () => {
    await until('another agent to log in', () =>
      channel.login('next').then(
        (wire) => wire.ping().then(() => true),
        () => false,
      ),
    );
    await channel.stop();
  });

  it('asks agents to return later when too many log in at once', async () => {
    await start({ XMPP_LOGINS_PER_SECOND: 5, XMPP_LOGINS_WAITING: 1 });
    const outcomes = await Promise.allSettled(Array.from({ length: 6 }, (_, number) => channel.login(`a${number}`)));
    const refused = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [String(outcome.reason)] : []));
    expect(refused.length).toBeGreaterThanOrEqual(3);
    expect(refused.length).toBeLessThan(6);
    const condition = '<resource-constraint xmlns="urn:ietf:params:xml:ns:xmpp-streams"/>';
    for (const reason of refused) {
      expect(reason).toContain(condition);
      expect(reason).toMatch(/<retry xmlns="urn:platen:agent:1" after="[1-9]\d?"\/><\/stream:error><\/stream:stream>/);
    }
  });

  describe('on time', () => {
    const { XMPP_AUTH_MS, XMPP_PING_INTERVAL_MS } = xmppLimits();
    /** So long that no ping of the interval before has timed out: the first one is sent at a random time. */
    const XMPP_PING_TIMEOUT_MS = 2 * XMPP_PING_INTERVAL_MS;
    const XMPP_CLOSE_MS = 200;
    /** The clock of the server's limits; sockets have the real one. */
    beforeEach(() => void jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] }));
    afterEach(() => void jest.useRealTimers());

    it('a stream that does not log in is closed', async () => {
      const wire = await (await start()).connect();
      await wire.open();
      jest.advanceTimersByTime(XMPP_AUTH_MS);
      await wire.expect(/connection-timeout/);
      jest.advanceTimersByTime(XMPP_CLOSE_MS);
      await wire.expectClosed();
    });

    it('a bound stream has no login timeout', async () => {
      const wire = await (await start()).login('agent');
      const late = await channel.connect();
      await late.open();
      jest.advanceTimersByTime(XMPP_AUTH_MS);
      await late.expect(/connection-timeout/);
      await wire.ping();
    });

    it('a refused peer that does not close its side is disconnected', async () => {
      const wire = await (await start()).connect();
      await wire.open();
      wire.socket.pause();
      jest.advanceTimersByTime(XMPP_AUTH_MS);
      jest.advanceTimersByTime(XMPP_CLOSE_MS);
      // it reads nothing, so only writing shows it
      await until('the connection to be closed', () => wire.isClosed || (wire.write(' '), false));
    });

    it('a stream that answers no pings is closed', async () => {
      const wire = await (await start({ XMPP_PING_TIMEOUT_MS })).login('agent');
      jest.advanceTimersByTime(XMPP_PING_INTERVAL_MS + 1_000);
      await wire.expect(/<ping xmlns="urn:xmpp:ping"/);
      jest.advanceTimersByTime(XMPP_PING_TIMEOUT_MS);
      await wire.expectClosed();
      await until('the agent to be offline', () => channel.presence.join() === 'agent+,agent-');
    });

    it('a clock that is set neither hastens nor delays a ping', async () => {
      const wire = await (await start({ XMPP_PING_TIMEOUT_MS })).login('agent');
      jest.setSystemTime(Date.now() + 30 * 365 * 24 * 60 * 60_000);
      jest.advanceTimersByTime(XMPP_PING_INTERVAL_MS / 2 - 1_000);
      wire.write(`<iq type='get' id='own'><ping xmlns='urn:xmpp:ping'/></iq>`);
      const [answered] = await wire.expect(/^[^]*<iq type="result" id="own"[^>]*\/>/);
      expect(answered).not.toContain('<ping');
      jest.setSystemTime(0);
      jest.advanceTimersByTime(XMPP_PING_INTERVAL_MS + 1_000);
      await wire.expect(/<ping xmlns="urn:xmpp:ping"/);
    });

    it('a stream that answers pings stays open, also if it answers with an error', async () => {
      const wire = await (await start({ XMPP_PING_TIMEOUT_MS })).login('agent');
      for (const type of ['result', 'error', 'result']) {
        jest.advanceTimersByTime(XMPP_PING_INTERVAL_MS + 1_000);
        const [, id] = await wire.expect(/<iq type="get" id="([^"]*)"[^>]*><ping/);
        wire.write(`<iq type='${type}' id='${id}'/>`);
        await wire.ping();
      }
      jest.advanceTimersByTime(XMPP_PING_TIMEOUT_MS);
      await wire.ping();
      expect(channel.presence).toEqual(['agent+']);
    });
  });

  it('a connection that does not start its TLS handshake is closed', async () => {
    const { port } = await start({ XMPP_TLS_HANDSHAKE_MS: 100 });
    await (await XmppWire.connectInClear(port, DOMAIN)).expectClosed();
  });

  describe('on quantity', () => {
    it('a peer that sends requests and reads no answers is disconnected', async () => {
      const wide = { XMPP_BYTES_PER_SECOND: 1e9, XMPP_BURST_BYTES: 1e9, XMPP_PINGS_PER_MINUTE: 1e9 };
      const wire = await (await start({ XMPP_OUTBOUND_BYTES: 64 * 1024, ...wide })).login('agent');
      wire.socket.pause();
      const asking = `<iq type='get' id='${'z'.repeat(500)}'><ping xmlns='urn:xmpp:ping'/></iq>`.repeat(200);
      const flood = () => {
        while (!wire.isClosed && wire.socket.writable && wire.socket.write(asking));
      };
      wire.socket.on('drain', flood);
      flood();
      await until('the agent to be offline', () => !channel.transport.isOnline('agent'));
    });

    it('a peer that floods the server with pings is disconnected, and no other', async () => {
      await start({ XMPP_PINGS_PER_MINUTE: 10 });
      const [wire, other] = [await channel.login('agent'), await channel.login('other')];
      for (let n = 0; n < 11; n += 1) wire.write(`<iq type='get' id='p${n}'><ping xmlns='urn:xmpp:ping'/></iq>`);
      await wire.expect(/<policy-violation[^>]*\/><text[^>]*>too many pings</);
      await wire.expectClosed();
      await other.ping();
    });

    it('a peer is read no faster than the rate allows', async () => {
      const wire = await (await start({ XMPP_BYTES_PER_SECOND: 20_000, XMPP_BURST_BYTES: 2_000 })).login('agent');
      const started = performance.now();
      wire.write(`<message><body>${'a'.repeat(10_000)}</body></message>`);
      await wire.ping();
      expect(performance.now() - started).toBeGreaterThan(300);
    });

    it('a stanza that arrives byte by byte is read', async () => {
      const wire = await (await start()).login('agent');
      for (const character of `<message><body>${'a'.repeat(2_000)}</body></message>`) wire.write(character);
      await wire.ping();
    });

    it('a character that is split between packets is decoded', async () => {
      const wire = await (await start()).login('agent');
      const bytes = Buffer.from("<iq type='get' id='日本語'><ping xmlns='urn:xmpp:ping'/></iq>");
      const middle = bytes.indexOf(0xe6) + 1;
      wire.write(bytes.subarray(0, middle));
      // a round trip of another stream, in which the server reads the first half
      const other = await channel.login('other');
      await other.ping();
      wire.write(bytes.subarray(middle));
      await wire.expect(/id="日本語"/);
    });

    it('the connections of one network are limited', async () => {
      const { port } = await start({ XMPP_CONNECTIONS_PER_ADDRESS: 3 });
      const held = await Promise.all([1, 2, 3].map(() => channel.connect()));
      await (await XmppWire.connectInClear(port, DOMAIN)).expectClosed();
      held.forEach((wire) => wire.destroy());
    });

    it('many agents may connect and disconnect', async () => {
      await start();
      const workers = [1, 2, 3, 4];
      const churn = async (worker: number) => {
        for (let i = 0; i < 25; i++) (await channel.login(`churn-${worker}`)).destroy();
      };
      await Promise.all(workers.map(churn));
      await until('all to be offline', () => workers.every((n) => !channel.transport.isOnline(`churn-${n}`)));
    });
  });

  it('the server stops with streams open, bound or not', async () => {
    await start();
    const bound = await channel.login('agent');
    const unbound = await channel.connect();
    await unbound.open();
    await channel.transport.stop();
    await bound.expect(/system-shutdown/);
    await bound.expectClosed();
    await unbound.expectClosed();
    expect(channel.presence).toEqual(['agent+']);
    await start();
  });

  /** One login. @returns `success`, or the condition of the failure */
  async function attempt(name: string, password: string): Promise<string> {
    const wire = await channel.connect();
    await wire.open();
    const outcome = await wire.authenticate(name, password);
    wire.destroy();
    return outcome;
  }

  describe('on guesses', () => {
    it('a stream ends after some failures', async () => {
      const wire = await (await start({ XMPP_AUTH_TRIES_PER_STREAM: 3 })).connect();
      await wire.open();
      for (let i = 0; i < 3; i++) expect(await wire.authenticate('agent', 'wrong')).toBe('not-authorized');
      await wire.expect(/policy-violation/);
      await wire.expectClosed();
    });

    it('each failure has a delay', async () => {
      await start({ XMPP_AUTH_DELAY_MS: 100 });
      const started = performance.now();
      await attempt('agent', 'wrong');
      expect(performance.now() - started).toBeGreaterThan(99);
    });

    it('the right password is accepted, however many wrong ones were tried with this name from this address', async () => {
      await start({ XMPP_AUTH_DELAY_MS: 1 });
      const guesses = await Promise.all(Array.from({ length: 30 }, () => attempt('agent', 'wrong')));
      expect(new Set(guesses)).toEqual(new Set(['not-authorized']));
      expect(await attempt('agent', PASSWORD)).toBe('success');
    });

    it('logins are refused temporarily while the accounts cannot be read', async () => {
      let broken: () => Promise<ScramKeys | undefined> = () => Promise.reject(new Error('the database is away'));
      const whole = (algorithm: ScramAlgorithm) => scramKeys(PASSWORD, algorithm);
      const accounts: AgentAccounts = {
        ...EVERY_INSTALLATION,
        scramKeys: (name, algorithm) => (name === 'agent' ? broken() : whole(algorithm)),
      };
      channel = await ControlChannel.start({}, accounts);
      expect(await attempt('agent', PASSWORD)).toBe('temporary-auth-failure');
      broken = () => Promise.resolve({} as ScramKeys);
      expect(await attempt('agent', PASSWORD)).toBe('temporary-auth-failure');
    });

    it.each(['SCRAM-SHA-256', 'SCRAM-SHA-1'])('%s does not reveal which accounts exist', async (mechanism) => {
      await start();
      const serverFirst = async (name: string) => {
        const wire = await channel.connect();
        await wire.open();
        const first = Buffer.from(`n,,n=${name},r=x`).toString('base64');
        wire.write(`<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='${mechanism}'>${first}</auth>`);
        const [, challenge] = await wire.expect(/<challenge[^>]*>([^<]*)/);
        wire.destroy();
        const [, salt, iterations] = /s=([^,]*),i=(\d+)$/.exec(Buffer.from(challenge!, 'base64').toString())!;
        return { salt: salt!, iterations, saltBytes: Buffer.from(salt!, 'base64').length };
      };
      const [real, one, again, two, impossible] = [
        await serverFirst('agent'),
        await serverFirst('unknown-1'),
        await serverFirst('unknown-1'),
        await serverFirst('unknown-2'),
        await serverFirst('NOT A NAME'),
      ];
      expect(again.salt).toBe(one.salt);
      expect(two.salt).not.toBe(one.salt);
      for (const fake of [one, two, impossible]) expect({ ...fake, salt: '' }).toEqual({ ...real, salt: '' });
    });
  });
});
