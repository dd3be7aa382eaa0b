import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { PreparedSession } from '../../test/support/relay/fake-control-plane';
import { setLimit, startTestRelay, type TestRelay } from '../../test/support/relay/test-relay';
import { until } from '../../test/support/until';
import { toInstant } from '../protocol/names';
import type { HalfLog } from '../protocol/relay-rpc';
import { HALVES } from '../protocol/remote-session';
import { dialRelay } from '../tunnel/relay-connection';
import { secretHash } from '../tunnel/sha256';
import { SessionLog } from './master/session-log';

const portOf = (url: string) => new URL(url).port;

describe('a candidate', () => {
  let test: TestRelay;

  beforeEach(async () => {
    test = await startTestRelay({ pairs: 2 }, 'candidate');
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await test.stop();
  });
  const candidate = 'candidate' as const;

  it.each([undefined, 'public'] as const)('refuses a link with trial: %s', async (trial) => {
    await expect(test.controlPlane.prepare({ trial, standing: candidate })).rejects.toMatchObject({ rpcCode: -32051 });
  });

  it('accepts trials on loopback at each of its pairs', async () => {
    const plane = test.controlPlane;
    const trials = await Promise.all([1, 2].map(() => plane.prepare({ trial: 'local', standing: candidate })));
    expect(new Set(trials.map(({ device }) => portOf(device.url))).size).toBe(2);
    for (const trial of trials) {
      expect(portOf(trial.terminal.url)).toBe(portOf(trial.device.url));
      const { device, terminal } = await test.join(trial);
      device.bytes.write('tried');
      await until('the bytes', () => terminal.bytes.readableLength === 5);
      await device.terminate();
      await terminal.terminate();
      expect(plane.endReasons(trial.linkId)).toEqual(['device requested', 'terminal requested']);
    }
  });

  it('announces when it starts to serve, and accepts sessions from then on', async () => {
    const plane = test.controlPlane;
    await plane.ask('health', {}, candidate);
    const [address] = await test.relay.serve();
    expect(plane.announcements.map(({ standing }) => standing)).toEqual(['candidate']);
    await test.relay.recover([]);
    expect(plane.announcements.map(({ standing }) => standing)).toEqual(['candidate', 'serving']);
    expect(plane.announcements[1]).toEqual({ ...plane.announcements[0], standing: 'serving' });
    const session = await plane.prepare();
    expect(portOf(session.device.url)).toBe(String(address!.port));
    await test.join(session);
  });
});

describe('a serving relay', () => {
  let test: TestRelay;

  beforeEach(async () => {
    test = await startTestRelay({ pairs: 2 });
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await test.stop();
  });

  it.each(['local', 'public'] as const)('accepts trials while it drains, on its %s addresses', async (trial) => {
    const plane = test.controlPlane;
    const waiting = await plane.prepare();
    await plane.ask('drain', { draining: true, returnAfterSeconds: 30 });
    await expect(plane.prepare()).rejects.toMatchObject({ rpcCode: -32050 });
    await expect(dialRelay(waiting.device, 'device')).rejects.toMatchObject({ code: 'draining' });
    const sessions = await Promise.all([1, 2].map(() => plane.prepare({ trial })));
    const ports = sessions.map(({ device }) => Number(portOf(device.url)));
    expect(new Set(ports).size).toBe(2);
    const served = test.addresses.map(({ port }) => port);
    for (const port of ports) expect(served.includes(port)).toBe(trial === 'public');
    for (const session of sessions) await test.join(session);
  });

  it('spreads trials over all pairs, even if its sessions are not spread evenly', async () => {
    const plane = test.controlPlane;
    const sessions: PreparedSession[] = [];
    for (const _each of [1, 2, 3, 4]) sessions.push(await plane.prepare());
    const first = sessions.filter(({ device }) => portOf(device.url) === portOf(sessions[0]!.device.url));
    expect(first).toHaveLength(2);
    for (const { linkId } of first)
      for (const half of HALVES) await plane.ask('end-session', { linkId, half, ending: 'cancelled' });
    await until('one pair without sessions', async () => (await plane.ask('health', {})).links === 2);
    const trials = [await plane.prepare({ trial: 'public' }), await plane.prepare({ trial: 'public' })];
    expect(new Set(trials.map(({ device }) => portOf(device.url))).size).toBe(2);
  });

  it('limits the number of sessions, regardless of the number of pairs', async () => {
    setLimit('RELAY_LINKS', 2);
    await Promise.all([test.controlPlane.prepare(), test.controlPlane.prepare()]);
    await expect(test.controlPlane.prepare()).rejects.toMatchObject({ rpcCode: -32052 });
  });

  it('ends halves that exited runs left open in the session log, but not those of running ones', async () => {
    const plane = test.controlPlane;
    const [running, gone] = [randomUUID(), randomUUID()];
    const file = join(test.config.data, 'session-log.sqlite');
    const links = await Promise.all(
      [running, gone].map(async (instance) => {
        const sessionLog = await SessionLog.open(file, instance);
        const linkId = randomUUID();
        const sessionIdHashes = { device: secretHash('d'), terminal: secretHash('t') };
        const connectBefore = toInstant(Date.now());
        await sessionLog.addLink({ linkId, remoteSessionId: randomUUID(), connectBefore, sessionIdHashes });
        await sessionLog.write(endLog(linkId));
        await sessionLog.close();
        return linkId;
      }),
    );
    const own = await plane.prepare();
    await test.relay.recover([running]);
    await until('the logs', async () => (await plane.ask('health', {})).unacknowledgedLogs === 0);
    const reasons = () => links.map((linkId) => plane.endReasons(linkId));
    expect(reasons()).toEqual([[], ['device lost', 'terminal relay-restarted']]);
    expect(plane.endReasons(own.linkId)).toEqual([]);
    await test.relay.recover([]);
    await until('the logs', async () => (await plane.ask('health', {})).unacknowledgedLogs === 0);
    expect(reasons()[0]).toEqual(['device lost', 'terminal relay-restarted']);
    expect(HALVES.map((half) => plane.ends(links[1]!, half).length)).toEqual([1, 1]);
  });
});

const endLog = (linkId: string): HalfLog => ({
  id: randomUUID(),
  linkId,
  half: 'device',
  at: toInstant(Date.now()),
  event: { kind: 'end', reason: 'lost', bytesReceived: 1, bytesSent: 2 },
  tokenHash: secretHash('token'),
});
