import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { FakeControlPlane } from '../../test/support/relay/fake-control-plane';
import { RawPeer } from '../../test/support/relay/raw-peer';
import { setLimit, startTestRelay, type TestRelay } from '../../test/support/relay/test-relay';
import { until } from '../../test/support/until';
import { RpcRefused } from '../tunnel/json-rpc.errors';
import { dialRelay, type RelayConnection } from '../tunnel/relay-connection';
import { SessionLog } from './master/session-log';
import { Pair } from './pair/pair';

const both = ['device', 'terminal'] as const;

describe('relay', () => {
  let test: TestRelay;
  let plane: FakeControlPlane;

  beforeEach(async () => {
    test = await startTestRelay();
    plane = test.controlPlane;
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    plane.before = () => Promise.resolve();
    await test.stop();
  });

  const stepsOf = async (act: () => Promise<unknown>) => {
    const before = test.recorded.steps().length;
    await act();
    return test.recorded.steps().slice(before);
  };

  it('announces itself first', async () => {
    await until('the announcement', () => plane.announcements.length > 0);
    const { instance } = test.config;
    expect(plane.announcements).toEqual([
      { version: '0.0.0-test', protocol: 1, pairs: 1, instance, standing: 'serving' },
    ]);
  });

  it('creates two new session IDs per link (S145-S147)', async () => {
    const sessions = [await plane.prepare(), await plane.prepare()];
    const ids = sessions.flatMap(({ device, terminal }) => [device.sessionId, terminal.sessionId]);
    expect(new Set(ids).size).toBe(4);
    const base = `ws://127.0.0.1:${test.addresses[0]!.port}`;
    expect(sessions[0]).toMatchObject({
      device: { url: `${base}/cloud-hub` },
      terminal: { url: `${base}/web-agent` },
    });
    expect(test.recorded.steps()).toEqual(['S146', 'S147', 'S146', 'S147']);
  });

  it('establishes both halves in the order of Fig. 9 and 10, and joins them', async () => {
    const session = await plane.prepare();
    const steps = await stepsOf(async () => {
      const device = await dialRelay(session.device, 'device');
      expect(device.remoteSessionId).toBe(session.remoteSessionId);
      expect(device.validUntil.toISOString()).toBe(session.device.validUntil);
      const terminal = await dialRelay(session.terminal, 'terminal');
      await Promise.all([device.joined, terminal.joined]);
    });
    expect(steps).toEqual(['S173', 'S176', 'S177', 'S180', 'S205', 'S206', 'S209', 'S210', 'S213', 'S214']);
    expect(plane.calls).toEqual([
      'announce',
      'authenticate device',
      'report-log device start',
      'authenticate terminal',
      'report-log terminal start',
    ]);
  });

  it.each(both)('sends nothing to the %s before its start log is acknowledged', async (half) => {
    const session = await plane.prepare();
    let acknowledge = () => undefined as void;
    const reported = new Promise<void>((resolve) => {
      plane.before = (method) =>
        method === 'report-log'
          ? new Promise((go) => {
              acknowledge = go;
              resolve();
            })
          : Promise.resolve();
    });
    const established = jest.fn();
    const dialling = dialRelay(session[half], half).then(established);
    await reported;
    // A round trip: anything sent before it would have arrived.
    await plane.ask('health', {});
    expect(established).not.toHaveBeenCalled();
    expect(test.recorded.steps()).not.toContain(half === 'device' ? 'S180' : 'S214');
    acknowledge();
    await dialling;
    expect(established).toHaveBeenCalled();
  });

  it('forwards bytes in both directions, including those from before the other half was established', async () => {
    const session = await plane.prepare();
    const device = await dialRelay(session.device, 'device');
    device.bytes.write('early ');
    const terminal = await dialRelay(session.terminal, 'terminal');
    await device.joined;
    device.bytes.write('bird');
    terminal.bytes.write('worm');
    expect(await textOf(terminal, 10)).toBe('early bird');
    expect(await textOf(device, 4)).toBe('worm');
    const { sessions } = await plane.ask('list-sessions', {});
    expect(sessions).toMatchObject([
      { linkId: session.linkId, device: 'connected', terminal: 'connected', bytesFromDevice: 10, bytesFromTerminal: 4 },
    ]);
  });

  it('reports byte counts on the way, so that they are known if it is killed', async () => {
    const session = await plane.prepare();
    const device = await dialRelay(session.device, 'device');
    const terminal = await dialRelay(session.terminal, 'terminal');
    await device.joined;
    device.bytes.write('x'.repeat(50_000));
    await textOf(terminal, 50_000);
    await until('the report', () => plane.counts.get(session.linkId)?.bytesFromDevice === 50_000);
    expect(plane.counts.get(session.linkId)).toMatchObject({ bytesFromTerminal: 0 });
  });

  it('lists the devices in session (S312), which it logs if the list is for a deployment', async () => {
    const { linkId } = await plane.prepare({ deviceId: 'copy-room' });
    const deploymentId = randomUUID();
    const asked = (params: { deploymentId?: string }) => async () => {
      const { sessions, silentPairs } = await plane.ask('list-sessions', params);
      expect(sessions.find((each) => each.linkId === linkId)).toMatchObject({ deviceId: 'copy-room' });
      expect(silentPairs).toEqual([]);
    };
    expect(await stepsOf(asked({}))).toEqual([]);
    expect(await stepsOf(asked({ deploymentId }))).toEqual(['S312']);
  });

  describe('termination', () => {
    const terminalEnds = ['S263', 'S264', 'S267', 'S268', 'S271', 'S272'];
    const deviceEnds = ['S293', 'S295', 'S296', 'S299'];

    it.each([
      ['terminal first (Fig. 14, 15)', ['terminal', 'device'], [...terminalEnds, ...deviceEnds]],
      ['device first', ['device', 'terminal'], [...deviceEnds, ...terminalEnds]],
    ] as const)('requested by the %s', async (_name, order, expected) => {
      const session = await plane.prepare();
      const joined = await test.join(session);
      const calls = plane.calls.length;
      const steps = await stepsOf(async () => {
        for (const half of order) {
          const closed = await joined[half].terminate();
          expect(closed).toMatchObject({ kind: 'terminated', message: { reason: 'requested' } });
        }
      });
      expect(steps).toEqual(expected);
      expect(plane.calls.slice(calls)).toEqual(
        order.flatMap((half) => [`request-termination ${half}`, `report-log ${half} end`]),
      );
      expect(plane.endReasons(session.linkId)).toEqual(['device requested', 'terminal requested']);
      await until('the link to be forgotten', async () => (await plane.ask('health', {})).links === 0);
    });

    it('keeps the other half open and discards its bytes', async () => {
      const session = await plane.prepare();
      const { device, terminal } = await test.join(session);
      await terminal.terminate();
      device.bytes.write(Buffer.alloc(300_000));
      const { sessions } = await plane.ask('list-sessions', {});
      expect(sessions).toMatchObject([{ device: 'connected', terminal: 'ended' }]);
      expect(await device.terminate()).toMatchObject({ message: { bytesReceived: 300_000, bytesSent: 0 } });
    });

    it.each([
      ['terminal', ['S332', 'S333', 'S336', 'S337']],
      ['device', ['S295', 'S296', 'S299']],
    ] as const)('of the %s by the control plane (Fig. 17), once for repeated requests', async (half, expected) => {
      const session = await plane.prepare();
      const joined = await test.join(session);
      const request = { linkId: session.linkId, half, ending: 'halted-by-deployment' } as const;
      const steps = await stepsOf(async () => {
        const answers = await Promise.all([plane.ask('end-session', request), plane.ask('end-session', request)]);
        expect(answers).toEqual([{ known: true }, { known: true }]);
        expect(await joined[half].closed).toMatchObject({
          kind: 'terminated',
          message: { reason: 'control-plane', ending: 'halted-by-deployment' },
        });
        expect(await plane.ask('end-session', request)).toEqual({ known: false });
      });
      expect(steps).toEqual(expected);
      expect(plane.endReasons(session.linkId)).toEqual([`${half} control-plane`]);
    });

    it('of a half that has not connected', async () => {
      const { linkId, device } = await plane.prepare();
      for (const half of both)
        expect(await plane.ask('end-session', { linkId, half, ending: 'cancelled' })).toEqual({ known: true });
      await until('both end logs', () => plane.endReasons(linkId).length >= 2);
      expect(plane.endReasons(linkId)).toEqual(['device never-connected', 'terminal never-connected']);
      await expect(dialRelay(device, 'device')).rejects.toMatchObject({ code: 'unknown-session' });
      expect(await plane.ask('end-session', { linkId, half: 'device', ending: 'cancelled' })).toEqual({ known: false });
    });

    it('notifies the peer only after the end log is acknowledged', async () => {
      const session = await plane.prepare();
      const { terminal } = await test.join(session);
      let acknowledge = () => undefined as void;
      const reported = new Promise<void>((resolve) => {
        plane.before = (method) =>
          method === 'report-log' ? new Promise((go) => ((acknowledge = go), resolve())) : Promise.resolve();
      });
      const closing = terminal.terminate();
      await reported;
      await plane.ask('health', {});
      expect(test.recorded.steps()).not.toContain('S271');
      acknowledge();
      expect(await closing).toMatchObject({ kind: 'terminated' });
    });

    it('continues without the control plane; the log arrives later, once', async () => {
      const session = await plane.prepare();
      const { terminal } = await test.join(session);
      const { port } = plane;
      await plane.away();
      await until('the relay to notice', () =>
        test.recorded.lines.some(({ msg }) => msg === 'the connection to the control plane was lost'),
      );
      expect(await terminal.terminate()).toMatchObject({ kind: 'terminated', message: { reason: 'requested' } });
      expect(plane.ends(session.linkId, 'terminal')).toEqual([]);
      await plane.back(port);
      await until('the log', () => plane.ends(session.linkId, 'terminal').length > 0);
      await until('the acknowledgement', async () => (await plane.ask('health', {})).unacknowledgedLogs === 0);
      expect(plane.reported.filter(({ half, event }) => half === 'terminal' && event.kind === 'end')).toHaveLength(1);
    });

    it('reports an end log that its full disk does not take, and stores it later', async () => {
      setLimit('RELAY_LOG_RESEND_MS', 10);
      const session = await plane.prepare();
      const { terminal } = await test.join(session);
      const full = jest.spyOn(SessionLog.prototype, 'write').mockRejectedValue(new RpcRefused(-32055, 'storage-full'));
      expect(await terminal.terminate()).toMatchObject({ kind: 'terminated', message: { reason: 'requested' } });
      const [reported] = plane.ends(session.linkId, 'terminal');
      full.mockRestore();
      const written = jest.spyOn(SessionLog.prototype, 'write');
      await until('the log to be stored', () => written.mock.calls.some(([{ id }]) => id === reported!.id));
      const errors = test.recorded.lines.filter(({ level }) => level === 'error');
      expect(errors).toMatchObject([{ msg: 'an end log could not be stored yet', detail: 'storage-full' }]);
    });

    it('forgets a session that its full disk does not take', async () => {
      const taken = jest.spyOn(Pair.prototype, 'addLink');
      jest.spyOn(SessionLog.prototype, 'addLink').mockRejectedValueOnce(new RpcRefused(-32055, 'storage-full'));
      await expect(plane.prepare()).rejects.toThrow('storage-full');
      const [pair, [{ linkId }]] = [taken.mock.contexts[0] as Pair, taken.mock.calls[0]!] as const;
      await until('the pair to forget it', () => pair.sessions.every((session) => session.linkId !== linkId));
      expect(plane.reported.filter((log) => log.linkId === linkId)).toEqual([]);
    });

    it('reports a log again until it is acknowledged', async () => {
      setLimit('RELAY_LOG_RESEND_MS', 10);
      const session = await plane.prepare();
      const { terminal } = await test.join(session);
      let refusals = 3;
      plane.before = (method) =>
        method === 'report-log' && refusals-- > 0 ? Promise.reject(new Error('disk full')) : Promise.resolve();
      expect(await terminal.terminate()).toMatchObject({ kind: 'terminated' });
      const logs = plane.reported.filter(({ half, event }) => half === 'terminal' && event.kind === 'end');
      expect(logs).toHaveLength(4);
      expect(new Set(logs.map(({ id }) => id)).size).toBe(1);
    });
  });

  describe('other endings', () => {
    it.each(both)('of a %s that disconnects', async (half) => {
      const session = await plane.prepare();
      const peers = {
        device: await RawPeer.establish(session.device),
        terminal: await RawPeer.establish(session.terminal),
      };
      peers[half].ws.terminate();
      await until('the end log', () => plane.endReasons(session.linkId).length > 0);
      expect(plane.endReasons(session.linkId)).toEqual([`${half} lost`]);
    });

    it('of a peer that no longer answers pings', async () => {
      setLimit('RELAY_PING_INTERVAL_MS', 1_000); // a good peer may be slow
      const session = await plane.prepare();
      await RawPeer.establish(session.device, { autoPong: false });
      await RawPeer.establish(session.terminal);
      await until('the end log', () => plane.endReasons(session.linkId).length > 0);
      expect(plane.endReasons(session.linkId)).toEqual(['device lost']);
    });

    it('of halves that never connected', async () => {
      const { linkId } = await plane.prepare({ connectMs: 50 });
      await until('both end logs', () => plane.endReasons(linkId).length >= 2);
      expect(plane.endReasons(linkId)).toEqual(['device never-connected', 'terminal never-connected']);
    });

    it('of one half that never connected leaves the other open', async () => {
      const session = await plane.prepare({ connectMs: 5_000 });
      const device = await dialRelay(session.device, 'device');
      await until('the end log', () => plane.endReasons(session.linkId).length > 0);
      expect(plane.endReasons(session.linkId)).toEqual(['terminal never-connected']);
      expect((await plane.ask('list-sessions', {})).sessions).toMatchObject([{ device: 'connected' }]);
      await device.terminate();
    });

    it('after the valid duration', async () => {
      setLimit('RELAY_EXPIRY_GRACE_MS', 0);
      const session = await plane.prepare({ validMs: 5_000 });
      const { device, terminal } = await test.join(session);
      const closed = await Promise.all([device.closed, terminal.closed]);
      expect(closed).toMatchObject([{ message: { reason: 'expired' } }, { message: { reason: 'expired' } }]);
      expect(plane.endReasons(session.linkId)).toEqual(['device expired', 'terminal expired']);
    });

    it('when the relay stops: every half ends in order, every log is reported', async () => {
      const session = await plane.prepare();
      const waiting = await plane.prepare();
      const { device, terminal } = await test.join(session);
      await test.relay.stop();
      expect(await Promise.all([device.closed, terminal.closed])).toMatchObject([
        { kind: 'terminated', message: { reason: 'relay-stopped' } },
        { kind: 'terminated', message: { reason: 'relay-stopped' } },
      ]);
      const reasons = ['device relay-stopped', 'terminal relay-stopped'];
      expect(plane.endReasons(session.linkId)).toEqual(reasons);
      expect(plane.endReasons(waiting.linkId)).toEqual(reasons);
    });
  });

  it('notifies the peers that it is draining, refuses new sessions, and can resume', async () => {
    const session = await plane.prepare();
    const waiting = await plane.prepare();
    const { device, terminal } = await test.join(session);
    const received: (number | undefined)[] = [];
    for (const connection of [device, terminal]) connection.onDraining((seconds) => received.push(seconds));
    await plane.ask('drain', { draining: false, returnAfterSeconds: 0 }); // as after every connection: no news
    await plane.ask('drain', { draining: true, returnAfterSeconds: 30 });
    await until('both to be notified', () => received.length >= 2);
    expect(received.splice(0)).toEqual([30, 30]);
    await expect(plane.prepare()).rejects.toMatchObject({ code: 'rpc-refused' });
    await expect(dialRelay(waiting.device, 'device')).rejects.toMatchObject({ code: 'draining' });
    await plane.ask('drain', { draining: false, returnAfterSeconds: 0 });
    await until('both to be notified again', () => received.length >= 2);
    expect(received).toEqual([undefined, undefined]);
    await dialRelay(waiting.device, 'device');
  });

  it('spreads links over its pairs', async () => {
    await test.stop();
    test = await startTestRelay({ pairs: 3 });
    plane = test.controlPlane;
    const sessions = await Promise.all([1, 2, 3, 4].map(() => plane.prepare()));
    for (const session of sessions) await test.join(session);
    expect(await plane.ask('health', {})).toMatchObject({ pairs: 3, links: 4, version: '0.0.0-test' });
  });
});

async function textOf({ bytes }: RelayConnection, length: number): Promise<string> {
  let text = '';
  while (text.length < length) {
    const chunk = bytes.read() as Buffer | null;
    if (chunk) text += chunk.toString();
    else await once(bytes, 'readable');
  }
  return text;
}
