import { randomUUID } from 'node:crypto';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { recordedJournal } from '../../../test/support/recorded-journal';
import { removeFolder } from '../../../test/support/remove-folder';
import { LIMITS } from '../../protocol/limits';
import { toInstant } from '../../protocol/names';
import type { HalfLog } from '../../protocol/relay-rpc';
import type { Half } from '../../protocol/remote-session';
import type { ControlPlaneLink } from './control-plane-link';
import { LogReporter } from './log-reporter';
import { SessionLog } from './session-log';

describe('LogReporter', () => {
  it('reports a log once, even if it is requested twice', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'platen-relay-'));
    const sessionLog = await SessionLog.open(join(folder, 'log.sqlite'), randomUUID());
    let acknowledge: (answer: { known: boolean }) => void = () => undefined;
    const call = jest.fn(() => new Promise((resolve) => (acknowledge = resolve)));
    const controlPlane = {
      connected: true,
      call,
      whenConnected: () => Promise.resolve(),
    } as unknown as ControlPlaneLink;
    const reporter = new LogReporter(sessionLog, controlPlane, recordedJournal().journal);
    const log: HalfLog = {
      id: randomUUID(),
      linkId: randomUUID(),
      half: 'device',
      at: toInstant(Date.now()),
      event: { kind: 'start', peerAddress: '192.0.2.1' },
      tokenHash: null,
    };
    const onReport = jest.fn();
    const reports = [reporter.report(log, onReport), reporter.report(log, onReport)];
    expect(reporter.unacknowledged).toBe(1);
    await new Promise(setImmediate);
    acknowledge({ known: true });
    await Promise.all(reports);
    await reporter.flushed();
    expect([call.mock.calls.length, onReport.mock.calls.length, reporter.unacknowledged]).toEqual([1, 1, 0]);
    await sessionLog.close();
    await removeFolder(folder);
  });

  it('reports the starts of both halves together, an end after all before, and a start after each end before', async () => {
    const answers = new Map<string, (answer: { known: boolean }) => void>();
    const call = (_: string, { id }: HalfLog) => new Promise((resolve) => answers.set(id, resolve));
    const controlPlane = { call, whenConnected: () => Promise.resolve() } as unknown as ControlPlaneLink;
    const acknowledge = () => Promise.resolve();
    const reporter = new LogReporter({ acknowledge } as unknown as SessionLog, controlPlane, recordedJournal().journal);
    const linkId = randomUUID();
    const logOf = (id: string, half: Half, event: HalfLog['event']) =>
      void reporter.report({ id, linkId, half, at: toInstant(0), event, tokenHash: null });
    const start = { kind: 'start', peerAddress: '192.0.2.1' } as const;
    const end = { kind: 'end', reason: 'lost', bytesReceived: 1, bytesSent: 2 } as const;
    logOf('device start', 'device', start);
    logOf('terminal start', 'terminal', start);
    logOf('device end', 'device', end);
    logOf('terminal start again', 'terminal', start);
    const sent = async () => {
      await new Promise(setImmediate);
      return [...answers.keys()];
    };
    const acknowledged = (id: string) => answers.get(id)!({ known: true });
    expect(await sent()).toEqual(['device start', 'terminal start']);
    acknowledged('device start');
    expect(await sent()).toHaveLength(2);
    acknowledged('terminal start');
    expect(await sent()).toEqual(['device start', 'terminal start', 'device end']);
    acknowledged('device end');
    expect((await sent()).at(-1)).toBe('terminal start again');
    acknowledged('terminal start again');
    await reporter.flushed();
    expect(reporter.unacknowledged).toBe(0);
  });

  it('waits no longer with each attempt while the control plane cannot store a log, and logs that once', async () => {
    jest.useFakeTimers();
    try {
      const { journal, messages } = recordedJournal();
      let attempts = 0;
      const call = () => (++attempts < 20 ? Promise.reject(new Error('away')) : Promise.resolve({ known: true }));
      const controlPlane = { call, whenConnected: () => Promise.resolve() } as unknown as ControlPlaneLink;
      const acknowledge = jest.fn(() => Promise.resolve());
      const reporter = new LogReporter({ acknowledge } as unknown as SessionLog, controlPlane, journal);
      const event = { kind: 'end', reason: 'requested', bytesReceived: 1, bytesSent: 2 } as const;
      const log: HalfLog = {
        id: randomUUID(),
        linkId: randomUUID(),
        half: 'device',
        at: toInstant(0),
        event,
        tokenHash: null,
      };
      void reporter.report(log);
      await jest.advanceTimersByTimeAsync(20 * LIMITS.RELAY_LOG_RESEND_MS);
      expect(acknowledge).toHaveBeenCalledWith(log.id);
      expect(messages()).toEqual(['a log was not acknowledged and is reported until it is', 'a log was acknowledged']);
    } finally {
      jest.useRealTimers();
    }
  });
});
