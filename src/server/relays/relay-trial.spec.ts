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
import { TrialBound } from './trial-bound';

describe('the trial of a relay', () => {
  let server: RelayLinkServer;
  let rpc: TamperedRpc;
  let relay: TestRelay;
  const detours: TcpServer[] = [];

  beforeEach(async () => {
    setLimit('TRIAL_MS', 120_000); // also on a busy machine, no trial ends because of it
    setLimit('RELAY_CLOSE_MS', 100);
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
    expect(await server.directory.sessionsAt('local')).toEqual({ answer: 'complete', sessions: [] });
  });

  it('passes at the public address, with TLS and a self-made certificate', async () => {
    const tried = await connected({ tls: await makeCertificate() });
    await server.trial.run(tried, 'public');
    await expect(server.trial.run({ ...tried, pin: 'p'.repeat(43) }, 'public')).rejects.toThrow(
      /expected p{43}, found/,
    );
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

  /**
   * Runs a trial whose time is over when it is stuck: the relay has made its mistake, and the trial waits in a step of this
   * name.
   */
  const runUntilStuck = async (step: RegExp, isWrong: () => boolean): Promise<void> => {
    const steps = jest.spyOn(TrialBound.prototype, 'step');
    let expire!: () => void;
    server.trial.startTimer = (callback, ms) => {
      expire = callback;
      return setTimeout(callback, ms);
    };
    const trial = server.trial.run(await connected(), 'local');
    trial.catch(() => undefined); // it is awaited below
    await until('the trial to be stuck', () => isWrong() && step.test(steps.mock.lastCall![0]));
    expire();
    await trial;
  };

  it.each<[string, Tamper, RegExp]>([
    ['refuses a link', refuse, /^connection information: .*no such luck/],
    ['names an address without a listener', withDeviceUrl((url) => (url.port = '1')), /device's half .*ECONNREFUSED/],
    ['presents a wrong token', wrongToken, /establishing the device's half .*token/],
    ['reports a start with another token', wrongHash, /the device's start log .*: it names another token/],
    ['counts other bytes', end({ bytesReceived: 7 }), /the terminal's end log .*: it counts 7 and 262144 bytes/],
    ['ends for another reason', end({ reason: 'lost' }), /the terminal's end log .*: its reason is lost/],
  ])('fails, and names the step, when a relay %s', async (_, tamper, detail) => {
    const tried = await connected();
    rpc.tamper = tamper;
    const failed = server.trial.run(tried, 'local');
    await expect(failed).rejects.toThrow(TrialFailed);
    await expect(failed).rejects.toMatchObject({ detail: expect.stringMatching(detail) as string });
  });

  it.each<[string, Tamper, RegExp]>([
    ['provides no link', drop('connection-info'), /^connection information/],
    ['never authenticates a token', drop('authenticate'), /^establishing the device's half/],
    ['never reports a start', withLogs('start', never), /^(establishing )?the device's (half|start log)/],
    ['never reports an end', withLogs('end', never), /^the terminal's end log/],
  ])('names the step in which the time is over when a relay %s', async (_, tamper, step) => {
    let isDropped = false;
    rpc.tamper = (frame) => {
      const passed = tamper(frame);
      isDropped ||= passed === undefined;
      return passed;
    };
    const failed = runUntilStuck(step, () => isDropped);
    await expect(failed).rejects.toThrow(TrialFailed);
    await expect(failed).rejects.toMatchObject({ detail: expect.stringMatching(step) as string });
    await expect(failed).rejects.toMatchObject({ detail: expect.stringMatching(/: not within \d+ s$/) as string });
  });

  const flipped = (bytes: Buffer, before: number): Buffer => {
    const at = 100_000 - before; // inside a payload of 64 KB
    if (at >= 0 && at < bytes.length) bytes[at] = bytes[at]! ^ 1;
    return bytes;
  };
  /** The device's half comes by a detour, which changes what it receives. */
  const detoured = async (change: Parameters<typeof tamperedTcp>[1]): Promise<void> => {
    let port = 0;
    const detour = await tamperedTcp(() => port, change);
    detours.push(detour);
    rpc.tamper = withDeviceUrl((url) => {
      port = Number(url.port);
      url.port = String((detour.address() as AddressInfo).port);
    });
  };

  it('fails, and names the step, when a relay changes the bytes that it carries', async () => {
    await detoured(flipped);
    await expect(server.trial.run(await connected(), 'local')).rejects.toMatchObject({
      name: 'TrialFailed',
      detail: expect.stringMatching(/^carrying bytes .*: other bytes arrived/) as string,
    });
  });

  it('names the step in which the time is over when a relay stops carrying', async () => {
    let isSwallowed = false;
    await detoured((bytes, before) => {
      isSwallowed ||= before > 100_000;
      return isSwallowed ? undefined : bytes;
    });
    await expect(runUntilStuck(/^carrying bytes/, () => isSwallowed)).rejects.toMatchObject({
      name: 'TrialFailed',
      detail: expect.stringMatching(/^carrying bytes .*: not within/) as string,
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
