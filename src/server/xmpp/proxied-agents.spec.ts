import { once } from 'node:events';
import { connect } from 'node:net';
import { recordedJournal, type RecordedJournal } from '../../../test/support/recorded-journal';
import { until } from '../../../test/support/until';
import { ControlChannel, DOMAIN } from '../../../test/support/xmpp/control-channel';
import { XmppWire } from '../../../test/support/xmpp/xmpp-wire';
import type { XmppLimits } from './xmpp-limits';

const headerOf = (address: string): string => `PROXY TCP4 ${address} 203.0.113.10 56324 5223\r\n`;

describe('agents behind a reverse proxy', () => {
  let channel: ControlChannel;
  let lines: RecordedJournal['lines'];
  const start = async (proxies: string[], limits: Partial<XmppLimits> = {}) => {
    const recorded = recordedJournal();
    lines = recorded.lines;
    channel = await ControlChannel.start(limits, undefined, recorded.journal, proxies);
  };
  afterEach(() => channel.stop());

  it('are known by their own address', async () => {
    await start(['127.0.0.1']);
    const wire = await channel.connect(headerOf('198.51.100.7'));
    await wire.open();
    expect(await wire.authenticate('hall', 'wrong')).toBe('not-authorized');
    expect(lines).toContainEqual(
      expect.objectContaining({ msg: expect.stringMatching(/^agent login refused/), address: '198.51.100.7' }),
    );
    wire.destroy();
    await (await channel.login('hall', headerOf('198.51.100.8'))).ping();
  });

  it('are limited by their own address', async () => {
    await start(['127.0.0.1'], { XMPP_CONNECTIONS_PER_ADDRESS: 1 });
    const first = await channel.login('one', headerOf('198.51.100.1'));
    await (await channel.login('two', headerOf('198.51.100.2'))).ping();
    await expect(channel.connect(headerOf('198.51.100.1'))).rejects.toThrow();
    await first.ping();
    first.destroy();
    await until('the address to be free', () =>
      channel.login('three', headerOf('198.51.100.1')).then(
        () => true,
        () => false,
      ),
    );
  });

  it.each([
    ['none', '', 'proxy-header-missing'],
    ['a malformed one', 'PROXY TCP4 localhost localhost 1 2\r\n', 'proxy-header-malformed'],
  ])('are refused without a header, which the log names: %s', async (_what, header, reason) => {
    await start(['127.0.0.1']);
    await expect(channel.connect(header)).rejects.toThrow();
    expect(lines).toContainEqual(expect.objectContaining({ reason, address: '127.0.0.1' }));
    await (await channel.login('next', headerOf('198.51.100.1'))).ping();
  });

  it('are refused if the header does not come in time', async () => {
    await start(['127.0.0.1'], { XMPP_PROXY_HEADER_MS: 50 });
    const silent = await XmppWire.connectInClear(channel.port, DOMAIN);
    await silent.expectClosed();
    expect(lines).toContainEqual(expect.objectContaining({ reason: 'proxy-header-missing' }));
  });

  it('are not disturbed by a health check that only connects', async () => {
    await start(['127.0.0.1']);
    const check = connect(channel.port, '127.0.0.1');
    await once(check, 'connect');
    const closed = once(check.resume(), 'close');
    check.end();
    await closed;
    await (await channel.login('next', 'PROXY UNKNOWN\r\n')).ping();
    expect(lines.filter(({ reason }) => String(reason).startsWith('proxy-header'))).toEqual([]);
  });

  it('are believed from the configured proxies only', async () => {
    await start(['192.0.2.9']);
    await expect(channel.connect(headerOf('198.51.100.7'))).rejects.toThrow();
    await (await channel.login('direct')).ping();
  });
});
