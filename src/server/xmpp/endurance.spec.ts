import { ControlChannel, DOMAIN, PASSWORD } from '../../../test/support/control-channel';
import { until } from '../../../test/support/until';
import { XmppWire } from '../../../test/support/xmpp-wire';
import type { AgentAccounts, ScramAlgorithm, ScramKeys } from './login/agent-accounts';
import { scramKeys } from './login/scram';
import type { XmppLimits } from './xmpp-limits';

/** Attacks by quantity and by waiting, against small limits. */
describe('endurance of the control channel', () => {
  let channel: ControlChannel | undefined;
  const start = async (limits: Partial<XmppLimits> = {}): Promise<ControlChannel> =>
    (channel = await ControlChannel.start(limits));
  afterEach(async () => {
    const next = await channel!.login('next');
    await next.ping();
    await channel!.stop();
  });

  it('closes a connection that never begins its TLS handshake', async () => {
    const { port } = await start({ XMPP_TLS_HANDSHAKE_MS: 100 });
    await (await XmppWire.connectInClear(port, DOMAIN)).expectClosed();
  });

  it('closes a stream that does not log in in time', async () => {
    const wire = await (await start({ XMPP_AUTH_MS: 300 })).connect();
    await wire.expect(/connection-timeout/);
    await wire.expectClosed();
  });

  it('cuts a peer that is told goodbye and does not leave', async () => {
    const wire = await (await start({ XMPP_AUTH_MS: 100, XMPP_CLOSE_MS: 100 })).connect();
    wire.socket.pause();
    // Not reading, it learns of the cut only by writing.
    await until('the connection is cut', () => wire.isClosed || (wire.write(' '), false), 3_000);
  });

  it('does not count a bound stream as late', async () => {
    const wire = await (await start({ XMPP_AUTH_MS: 500 })).login('agent');
    const late = await channel!.connect();
    await late.expectClosed();
    await wire.ping();
  });

  it('closes a stream that answers no pings', async () => {
    const wire = await (await start({ XMPP_PING_INTERVAL_MS: 100, XMPP_PING_TIMEOUT_MS: 200 })).login('agent');
    await wire.expect(/<ping xmlns="urn:xmpp:ping"/);
    await wire.expectClosed();
    await until('the agent is offline', () => channel!.presence.join() === 'agent+,agent-');
  });

  it('keeps a stream that answers pings, also with an error', async () => {
    const wire = await (await start({ XMPP_PING_INTERVAL_MS: 50, XMPP_PING_TIMEOUT_MS: 1_000 })).login('agent');
    for (const type of ['result', 'error', 'result']) {
      const [, id] = await wire.expect(/<iq type="get" id="([^"]*)"[^>]*><ping/);
      wire.write(`<iq type='${type}' id='${id}'/>`);
    }
    expect(channel!.presence).toEqual(['agent+']);
  });

  it('drops a peer that asks without reading', async () => {
    const wire = await (
      await start({ XMPP_OUTBOUND_BYTES: 64 * 1024, XMPP_BYTES_PER_SECOND: 1e9, XMPP_BURST_BYTES: 1e9 })
    ).login('agent');
    wire.socket.pause();
    const asking = `<iq type='get' id='${'z'.repeat(500)}'><ping xmlns='urn:xmpp:ping'/></iq>`.repeat(200);
    const flood = () => {
      while (!wire.isClosed && wire.socket.writable && wire.socket.write(asking));
    };
    wire.socket.on('drain', flood);
    flood();
    await until('the agent is offline', () => !channel!.transport.isOnline('agent'), 15_000);
  });

  it('reads no faster than the rate allows', async () => {
    const wire = await (await start({ XMPP_BYTES_PER_SECOND: 20_000, XMPP_BURST_BYTES: 2_000 })).login('agent');
    const begun = performance.now();
    wire.write(`<message><body>${'a'.repeat(10_000)}</body></message>`);
    await wire.ping();
    expect(performance.now() - begun).toBeGreaterThan(300);
  });

  it('reads a stanza that comes byte by byte', async () => {
    const wire = await (await start()).login('agent');
    for (const character of `<message><body>${'a'.repeat(2_000)}</body></message>`) wire.write(character);
    await wire.ping();
  });

  it('puts characters together that were split over packets', async () => {
    const wire = await (await start()).login('agent');
    const bytes = Buffer.from("<iq type='get' id='日本語'><ping xmlns='urn:xmpp:ping'/></iq>");
    const middle = bytes.indexOf(0xe6) + 1;
    wire.write(bytes.subarray(0, middle));
    // Whatever the server answers to others afterwards, it has read the first half by then.
    const other = await channel!.login('other');
    await other.ping();
    wire.write(bytes.subarray(middle));
    await wire.expect(/id="日本語"/);
  });

  it('bounds the connections of one network', async () => {
    const limits = { XMPP_CONNECTIONS_PER_ADDRESS: 3 };
    const { port } = await start(limits);
    const held = await Promise.all([1, 2, 3].map(() => channel!.connect()));
    await (await XmppWire.connectInClear(port, DOMAIN)).expectClosed();
    held.forEach((wire) => wire.destroy());
    await Promise.all(held.map((wire) => wire.closed));
    await until('a place is free', () =>
      channel!.connect().then(
        (wire) => (wire.destroy(), true),
        () => false,
      ),
    );
  });

  it('survives many agents that come and go', async () => {
    await start();
    const comeAndGo = async (worker: number) => {
      for (let i = 0; i < 25; i++) (await channel!.login(`churn-${worker}`)).destroy();
    };
    await Promise.all([1, 2, 3, 4].map(comeAndGo));
    await until('all are gone', () => [1, 2, 3, 4].every((n) => !channel!.transport.isOnline(`churn-${n}`)));
    expect(channel!.presence).toHaveLength(200);
  });

  it('stops with streams open, bound or not', async () => {
    await start();
    const bound = await channel!.login('agent');
    const unbound = await channel!.connect();
    await unbound.open();
    await channel!.transport.stop();
    await bound.expect(/system-shutdown/);
    await bound.expectClosed();
    await unbound.expectClosed();
    expect(channel!.presence).toEqual(['agent+']);
    await start();
  });

  describe('guessing', () => {
    const guess = async (name: string, password: string) => {
      const wire = await channel!.connect();
      await wire.open();
      const outcome = await wire.authenticate(name, password);
      wire.destroy();
      return outcome;
    };

    it('ends a stream after some failures', async () => {
      const wire = await (await start({ XMPP_AUTH_TRIES_PER_STREAM: 3 })).connect();
      await wire.open();
      for (let i = 0; i < 3; i++) expect(await wire.authenticate('agent', 'wrong')).toBe('not-authorized');
      await wire.expect(/policy-violation/);
      await wire.expectClosed();
    });

    it('makes each failure wait', async () => {
      await start({ XMPP_AUTH_DELAY_MS: 300 });
      const begun = performance.now();
      await guess('agent', 'wrong');
      expect(performance.now() - begun).toBeGreaterThan(290);
    });

    it.each([
      ['an account', 'agent'],
      ['a name without account', 'stranger'],
    ])('refuses %s after too many failures, also to the right password', async (_what, name) => {
      await start({ XMPP_AUTH_TRIES_PER_ACCOUNT: 3 });
      for (let i = 0; i < 3; i++) expect(await guess(name, 'wrong')).toBe('not-authorized');
      expect(await guess(name, PASSWORD)).toBe('temporary-auth-failure');
    });

    it('lets nobody guess more by guessing in parallel', async () => {
      await start({ XMPP_AUTH_TRIES_PER_ACCOUNT: 3 });
      const outcomes = await Promise.all(Array.from({ length: 8 }, () => guess('agent', 'wrong')));
      expect(outcomes.filter((outcome) => outcome === 'not-authorized')).toHaveLength(3);
    });

    it('refuses for now, and stays up, where the accounts cannot be read', async () => {
      let broken: () => Promise<ScramKeys | undefined> = () => Promise.reject(new Error('database is gone'));
      const whole = (algorithm: ScramAlgorithm) => scramKeys(PASSWORD, algorithm);
      const accounts: AgentAccounts = {
        scramKeys: (name, algorithm) => (name === 'agent' ? broken() : whole(algorithm)),
      };
      channel = await ControlChannel.start({}, accounts);
      expect(await guess('agent', PASSWORD)).toBe('temporary-auth-failure');
      broken = () => Promise.resolve({} as ScramKeys);
      expect(await guess('agent', PASSWORD)).toBe('temporary-auth-failure');
    });

    it('opens the account again when the window is over', async () => {
      await start({ XMPP_AUTH_TRIES_PER_ACCOUNT: 1, XMPP_AUTH_WINDOW_MS: 500 });
      await guess('agent', 'wrong');
      await until('the window is over', async () => (await guess('agent', PASSWORD)) === 'success');
    });

    it.each(['SCRAM-SHA-256', 'SCRAM-SHA-1'])('does not tell by %s which accounts exist', async (mechanism) => {
      await start();
      const serverFirst = async (name: string) => {
        const wire = await channel!.connect();
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
        await serverFirst('stranger-1'),
        await serverFirst('stranger-1'),
        await serverFirst('stranger-2'),
        await serverFirst('NOT A NAME'),
      ];
      expect(again.salt).toBe(one.salt);
      expect(two.salt).not.toBe(one.salt);
      for (const fake of [one, two, impossible]) expect({ ...fake, salt: '' }).toEqual({ ...real, salt: '' });
    });
  });
});
