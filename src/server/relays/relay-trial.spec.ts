import type { AddressInfo, Server as TcpServer } from 'node:net';
import { makeCertificate } from '../../../test/support/test-certificate';
import { RelayLinkServer } from '../../../test/support/relay/relay-link-server';
import {
  TamperedRpc,
  tamperedTcp,
  withDeviceUrl,
  withLogs,
  type Tamper,
} from '../../../test/support/relay/tampered-rpc';
import { setLimit, startTestRelay, type TestRelay } from '../../../test/support/relay/test-relay';
import { until } from '../../../test/support/until';
import type { HalfLog } from '../../protocol/relay-rpc';
import type { ConnectedRelay } from './relay-directory';
import { TrialFailed } from './relay-trial.errors';

describe('the trial of a relay', () => {
  let server: RelayLinkServer;
  let rpc: TamperedRpc;
  let relay: TestRelay;
  const detours: TcpServer[] = [];

  beforeEach(async () => {
    server = await RelayLinkServer.open();
    rpc = await TamperedRpc.start(`${server.url.replace('http', 'ws')}/internal/relay`);
  });
  afterEach(async () => {
    await rpc.stop();
    await relay.stop();
    for (const detour of detours.splice(0)) detour.close();
    await server.close();
    jest.restoreAllMocks();
  });

  const connected = async (changes: Parameters<typeof startTestRelay>[0] = {}): Promise<ConnectedRelay> => {
    relay = await startTestRelay({ secret: server.secretOf('local'), rpcUrl: rpc.url, ...changes });
    return until('the relay to be connected', () => server.directory.serving('local'));
  };

  it.each([1, 3])('passes with %d pairs, each of which carries a session', async (pairs) => {
    const logs = new Map<string, HalfLog[]>();
    rpc.tamper = (frame) => {
      const log = frame.method === 'report-log' && (frame.params as unknown as HalfLog);
      if (log) logs.set(log.linkId, [...(logs.get(log.linkId) ?? []), log]);
      return frame;
    };
    const tried = await connected({ pairs });
    const devices: string[] = [];
    const noted = rpc.tamper;
    rpc.tamper = (frame) => {
      const device = frame.result?.device as { url?: string } | undefined;
      if (device?.url) devices.push(new URL(device.url).host);
      return noted(frame);
    };
    await server.trial.run(tried, 'local');
    expect(new Set(devices).size).toBe(pairs);
    expect(logs.size).toBe(pairs);
    for (const each of logs.values()) {
      const logged = each.map(({ half, event }) => `${half} ${event.kind}`);
      expect(new Set(logged)).toEqual(new Set(['device start', 'terminal start', 'device end', 'terminal end']));
    }
    expect(server.sessions).toEqual([]);
    expect(await server.directory.sessionsAt('local')).toEqual([]);
  });

  it('passes at the public address, with TLS and a self-made certificate', async () => {
    const tried = await connected({ tls: await makeCertificate() });
    await server.trial.run(tried, 'public');
    await expect(server.trial.run({ ...tried, pin: 'p'.repeat(43) }, 'public')).rejects.toThrow(/p{43} is pinned/);
  });

  const end = (change: object) => withLogs('end', (log) => ({ ...log, event: { ...log.event, ...change } }));
  const drop =
    (method: string): Tamper =>
    (frame) =>
      frame.method === method ? undefined : frame;
  const refuse: Tamper = (frame) =>
    frame.result?.linkId ? { ...frame, result: undefined, error: { code: -32050, message: 'no such luck' } } : frame;
  const wrongToken: Tamper = (frame) =>
    frame.method === 'authenticate' ? { ...frame, params: { ...frame.params, token: 'x'.repeat(43) } } : frame;
  const wrongHash = withLogs('start', (log) => ({ ...log, tokenHash: 'x'.repeat(43) }));
  const never = () => undefined;

  /** A step that never completes lasts the whole trial: short for the first step, longer for those that come later. */
  const limited = (detail: RegExp, isSoon: boolean) => {
    if (detail.source.endsWith('not within')) setLimit('TRIAL_MS', isSoon ? 1_000 : 4_000);
    setLimit('RELAY_CLOSE_MS', 100);
  };
  it.each<[string, Tamper, RegExp]>([
    ['refuses a link', refuse, /^connection information: .*no such luck/],
    ['provides no link', drop('connection-info'), /^connection information: not within/],
    ['names an address without a listener', withDeviceUrl((url) => (url.port = '1')), /device's half .*ECONNREFUSED/],
    ['presents a wrong token', wrongToken, /establishing the device's half .*token/],
    ['never authenticates a token', drop('authenticate'), /establishing the device's half .*: not within/],
    ['never reports a start', withLogs('start', never), /device's (half|start log) .*: not within/],
    ['reports a start with another token', wrongHash, /the device's start log .*: it names another token/],
    ['never reports an end', withLogs('end', never), /the terminal's end log .*: not within/],
    ['counts other bytes', end({ bytesReceived: 7 }), /the terminal's end log .*: it counts 7 and 262144 bytes/],
    ['ends for another reason', end({ reason: 'lost' }), /the terminal's end log .*: its reason is lost/],
  ])('fails, and names the step, when a relay %s', async (_, tamper, detail) => {
    limited(detail, !detail.source.includes('log'));
    const tried = await connected();
    rpc.tamper = tamper;
    const failed = server.trial.run(tried, 'local');
    await expect(failed).rejects.toThrow(TrialFailed);
    await expect(failed).rejects.toMatchObject({ detail: expect.stringMatching(detail) as string });
  });

  const flipped = (bytes: Buffer, before: number): Buffer => {
    const at = 100_000 - before; // inside a payload of 64 KB
    if (at >= 0 && at < bytes.length) bytes[at] = bytes[at]! ^ 1;
    return bytes;
  };
  const swallowed = (bytes: Buffer, before: number) => (before > 100_000 ? undefined : bytes);
  it.each<[string, typeof flipped | typeof swallowed, RegExp]>([
    ['changes the bytes that it carries', flipped, /^carrying bytes .*: other bytes arrived/],
    ['stops carrying', swallowed, /^carrying bytes .*: not within/],
  ])('fails, and names the step, when a relay %s', async (_, change, detail) => {
    limited(detail, false);
    const tried = await connected();
    let port = 0;
    const detour = await tamperedTcp(() => port, change);
    detours.push(detour);
    rpc.tamper = withDeviceUrl((url) => {
      port = Number(url.port);
      url.port = String((detour.address() as AddressInfo).port);
    });
    await expect(server.trial.run(tried, 'local')).rejects.toMatchObject({
      name: 'TrialFailed',
      detail: expect.stringMatching(detail) as string,
    });
  });

  it('fails at once when the relay disconnects', async () => {
    const tried = await connected();
    rpc.tamper = (frame) => {
      if (frame.method !== 'report-log') return frame;
      rpc.cut();
      return undefined;
    };
    await expect(server.trial.run(tried, 'local')).rejects.toThrow(/not connected any more/);
  });
});
