import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dialRelay } from '../../src/tunnel/relay-connection';
import { buildRelease } from '../support/deployment/built-release';
import { FakeControlPlane } from '../support/relay/fake-control-plane';
import { UnauthenticatedPeers } from '../support/relay/unauthenticated-peers';
import { RelayProcess } from '../support/relay/relay-process';
import { removeFolder } from '../support/remove-folder';
import { until } from '../support/until';

describe('a relay that is replaced by another release', () => {
  let folder: string;
  let earlier: string;
  let later: string;
  let plane: FakeControlPlane;
  let relay: RelayProcess;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'platen-release-'));
    earlier = await buildRelease('1.1.0', folder);
    later = await buildRelease('1.2.0', folder);
  });
  afterAll(() => removeFolder(folder));
  beforeEach(async () => {
    plane = await FakeControlPlane.start();
    relay = await RelayProcess.start(plane.url);
  });
  afterEach(async () => {
    await relay.remove();
    await plane.stop();
  });

  it('refuses and cuts no connection: replaced three times, killed once', async () => {
    const peers = new UnauthenticatedPeers(`ws://127.0.0.1:${relay.port}/cloud-hub`);
    const more = (what: string) => {
      const { attempts } = peers;
      return until(what, () => peers.attempts >= attempts + 300);
    };
    await more('peers at the built-in relay');
    for (const run of [
      { file: earlier, pairs: 1 },
      { file: later, pairs: 2 },
      { file: null, pairs: 1 },
    ]) {
      await plane.servedBy(await relay.replace(run));
      await more(`peers at ${run.file}`);
    }
    expect(peers.unanswered).toEqual([]);
    const replaced = new Map(peers.outcomes);

    const { serving } = await relay.keeper('status', {});
    process.kill(serving!.pid, 'SIGKILL');
    await until('another Master', async () => {
      const now = (await relay.keeper('status', {})).serving;
      return now?.state === 'serving' && now.instance !== serving!.instance;
    });
    await more('peers after the crash');
    await peers.stop();
    expect(peers.outcomes.get('ECONNREFUSED')).toBeUndefined();
    // What its pair had taken already cannot be answered any more: as many as there were at that moment, at most.
    const cut = [...peers.outcomes].filter(([outcome]) => peers.unanswered.includes(outcome));
    expect(cut.reduce((sum, [, times]) => sum + times, 0)).toBeLessThanOrEqual(UnauthenticatedPeers.AT_ONCE);
    const listed = (outcomes: Map<string, number>) => JSON.stringify(Object.fromEntries(outcomes));
    console.info(
      `${peers.attempts} peers, slowest ${peers.slowestMs.toFixed(0)} ms; ` +
        `after 3 replacements ${listed(replaced)}, after the crash ${listed(peers.outcomes)}`,
    );
  });

  it('really is the other release afterwards, on the same port, also for a keeper that is started again', async () => {
    expect((await plane.ask('health', {})).version).not.toBe('1.2.0');
    const before = (await plane.prepare()).device.url;
    await plane.servedBy(await relay.replace({ file: later, pairs: 2 }));
    expect(await plane.ask('health', {})).toMatchObject({ version: '1.2.0', pairs: 2 });
    const urls = [await plane.prepare(), await plane.prepare()].map(({ device }) => device.url);
    expect(urls).toContain(before);
    expect(new Set(urls).size).toBe(2);
    expect(relay.processes('pair')).toHaveLength(2);
    await relay.crash();
    await relay.again();
    expect(await plane.ask('health', {})).toMatchObject({ version: '1.2.0', pairs: 2 });
  });

  it('ends in order what it still carries, and only then the other one is announced as serving', async () => {
    const session = await plane.prepare();
    const device = await dialRelay(session.device, 'device');
    const beside: number[] = [];
    plane.before = (method) => {
      if (method === 'announce') beside.push(relay.processes('master').length);
      return Promise.resolve();
    };
    const instance = await relay.replace({ file: later, pairs: 1 });
    expect(await device.closed).toMatchObject({ kind: 'terminated', message: { reason: 'relay-stopped' } });
    await plane.servedBy(instance);
    expect(plane.announced(instance)).toEqual(['candidate', 'serving']);
    expect(beside).toEqual([2, 1]);
    expect(await plane.bothEnds(session.linkId)).toEqual(['device relay-stopped', 'terminal relay-stopped']);
    const next = await plane.prepare();
    const connections = [await dialRelay(next.device, 'device'), await dialRelay(next.terminal, 'terminal')];
    for (const connection of connections) await connection.terminate();
    expect(await plane.bothEnds(next.linkId)).toEqual(['device requested', 'terminal requested']);
  });

  // At each of these moments the keeper is killed, as by the kernel when memory runs out.
  const moments: [string, (instance: string) => Promise<unknown>, string[]][] = [
    ['a candidate is being tried', () => Promise.resolve(), ['1.1.0']],
    ['the take-over begins', (instance) => relay.keeper('take-over', { instance }), ['1.1.0', '1.2.0']],
    [
      'the other one has begun to serve',
      async (instance) => {
        await relay.keeper('take-over', { instance });
        const serving = async () => (await relay.keeper('status', {})).serving?.instance === instance;
        await until('it to serve', serving);
      },
      ['1.2.0'],
    ],
  ];
  it.each(moments)('serves again when the keeper is killed while %s', async (_moment, act, versions) => {
    await plane.servedBy(await relay.replace({ file: earlier, pairs: 1 }));
    const tried = await relay.keeper('try', { file: later, pairs: 1 });
    const instance = tried.outcome === 'started' ? tried.instance : '';
    const ready = async () => (await relay.keeper('status', {})).candidate?.state === 'ready';
    await until('the candidate to be ready', ready);
    await act(instance);
    expect(await relay.kill('SIGKILL')).toBe('SIGKILL');
    await relay.again();
    const { serving, wanted } = await relay.keeper('status', {});
    expect(versions).toContain(serving?.version);
    expect(wanted.file).toBe(serving?.version === '1.2.0' ? later : earlier);
    await plane.servedBy(serving!.instance);
    expect(relay.processes('master')).toEqual([serving!.pid]);
    const session = await plane.prepare();
    await (await dialRelay(session.device, 'device')).terminate();
  });

  it('continues its session beside a candidate that is killed, and ends the halves that this left in the log', async () => {
    const session = await plane.prepare();
    const device = await dialRelay(session.device, 'device');
    const candidate = await relay.keeper('try', { file: later, pairs: 1 });
    const instance = candidate.outcome === 'started' ? candidate.instance : '';
    await until('the candidate to be connected', () => plane.announced(instance).length === 1);
    const trial = await plane.prepare({ trial: 'local', standing: 'candidate' });
    const { pid } = (await relay.keeper('status', {})).candidate!;
    process.kill(pid, 'SIGKILL');
    expect(await plane.bothEnds(trial.linkId)).toEqual(['device relay-restarted', 'terminal relay-restarted']);
    expect(plane.endReasons(session.linkId)).toEqual([]);
    await device.terminate();
    expect((await relay.keeper('status', {})).lastExit).toMatchObject({ instance, how: 'SIGKILL' });
  });
});
