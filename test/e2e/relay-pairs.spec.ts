import { once } from 'node:events';
import { connect } from 'node:net';
import type { RelayConnection } from '../../src/tunnel/relay-connection';
import { dialRelay } from '../../src/tunnel/relay-connection';
import { FakeControlPlane, type PreparedSession } from '../support/relay/fake-control-plane';
import { PathProxy } from '../support/relay/path-proxy';
import { RawPeer } from '../support/relay/raw-peer';
import { UnauthenticatedPeers } from '../support/relay/unauthenticated-peers';
import { RelayProcess } from '../support/relay/relay-process';
import { until } from '../support/until';

const PLAIN_REQUEST = 'GET / HTTP/1.1\r\nHost: relay\r\n\r\n';
const portOf = ({ device }: PreparedSession) => Number(new URL(device.url).port);

describe('a relay of two pairs, as processes', () => {
  let plane: FakeControlPlane;
  let relay: RelayProcess;

  beforeEach(async () => {
    plane = await FakeControlPlane.start();
  });
  afterEach(async () => {
    await relay.remove();
    await plane.stop();
  });
  const start = async (env: NodeJS.ProcessEnv = {}) =>
    (relay = await RelayProcess.start(plane.url, { PLATEN_RELAY_PAIRS: '2', ...env }));

  const join = async (session: PreparedSession) => {
    const device = await dialRelay(session.device, 'device');
    const terminal = await dialRelay(session.terminal, 'terminal');
    await Promise.all([device.joined, terminal.joined]);
    return { device, terminal };
  };
  const carries = async ({ device, terminal }: { device: RelayConnection; terminal: RelayConnection }) => {
    device.bytes.write('ping');
    const [heard] = (await once(terminal.bytes, 'data')) as [Buffer];
    terminal.bytes.write(heard);
    expect(String(((await once(device.bytes, 'data')) as [Buffer])[0])).toBe('ping');
  };
  const servedAt = (port: number) => relay.lines.filter((line) => line.msg === 'pair serving' && line.port === port);
  /** Process ID of the pair that is, or was last, at this port. */
  const pidAt = (port: number): number => {
    const number = servedAt(port).at(-1)!.pair;
    return Number(relay.lines.findLast((line) => line.msg === 'pair ready' && line.pair === number)!.childPid);
  };

  it('has both halves of a session meet in one of them, and tells of all', async () => {
    await start();
    const sessions = [await plane.prepare(), await plane.prepare()];
    expect(new Set(sessions.map(portOf)).size).toBe(2);
    const connections = await Promise.all(sessions.map(join));
    for (const connection of connections) await carries(connection);
    const listed = (await plane.ask('list-sessions', {})).sessions;
    expect(listed.map(({ linkId }) => linkId).sort()).toEqual(sessions.map(({ linkId }) => linkId).sort());
    for (const session of listed)
      expect(session).toMatchObject({ device: 'connected', bytesFromDevice: 4, bytesFromTerminal: 4 });
    const { pairs, links, residentBytes } = await plane.ask('health', {});
    expect([pairs, links]).toEqual([2, 2]);
    expect(residentBytes).toBeGreaterThan(3 * 20e6); // that of one Node process is more than that
  });

  it('ends them in order with their Master, and leaves no process behind', async () => {
    await start();
    const sessions = [await plane.prepare(), await plane.prepare()];
    const connections = await Promise.all(sessions.map(join));
    const closed = connections.flatMap(({ device, terminal }) => [device.closed, terminal.closed]);
    expect(await relay.kill('SIGTERM')).toBe(0);
    for (const how of await Promise.all(closed)) expect(how).toMatchObject({ message: { reason: 'relay-stopped' } });
    for (const { linkId } of sessions)
      expect(await plane.bothEnds(linkId)).toEqual(['device relay-stopped', 'terminal relay-stopped']);
    await until('the end of every process', () => relay.processes().length === 0);
  });

  it('loses one of them with its sessions only, has it back at its port, and refuses no connection meanwhile', async () => {
    await start();
    const [lost, kept] = [await plane.prepare(), await plane.prepare()];
    const [theirs, ours] = [await join(lost), await join(kept)];
    const pid = pidAt(portOf(lost));
    process.kill(pid, 'SIGKILL');
    expect(await theirs.device.closed).toMatchObject({ kind: 'lost' });
    const pending = RawPeer.open(lost.device.url);
    expect(await plane.bothEnds(lost.linkId)).toEqual(['device relay-restarted', 'terminal relay-restarted']);
    await carries(ours);
    const unknown = await pending; // it waited in the backlog
    unknown.send({ type: 'establish', sessionId: lost.device.sessionId, token: lost.device.token });
    expect(await unknown.message('refused')).toMatchObject({ code: 'unknown-session' });
    await until('it to serve again', () => pidAt(portOf(lost)) !== pid && servedAt(portOf(lost)).length === 2);
    const again = await plane.prepare();
    expect(portOf(again)).toBe(portOf(lost));
    await carries(await join(again));
    expect(plane.endReasons(kept.linkId)).toEqual([]);
  });

  it('tells what it last knew of a pair that does not answer', async () => {
    await start();
    const sessions = [await plane.prepare(), await plane.prepare()];
    await Promise.all(sessions.map(join));
    await plane.ask('list-sessions', {});
    const pid = pidAt(portOf(sessions[0]!));
    process.kill(pid, 'SIGSTOP');
    const listed = (await plane.ask('list-sessions', {})).sessions;
    process.kill(pid, 'SIGCONT');
    expect(listed.map(({ device }) => device)).toEqual(['connected', 'connected']);
  });

  it('answers every connection while another relay replaces it, at once or a moment later', async () => {
    // this process may be stopped for a moment, too
    const limits = { TEST_LIMITS: JSON.stringify({ RELAY_PENDING_MS: 8_000 }) };
    await start({ ...limits, NODE_OPTIONS: `--require ${require.resolve('../support/agent/set-limits.cjs')}` });
    const { addresses } = await relay.keeper('status', {});
    const unauthenticated = addresses.map(
      ({ port }) => new UnauthenticatedPeers(`ws://127.0.0.1:${port}/web-agent`, { atOnce: 1, pauseMs: 15 }),
    );
    const [asking, silent] = addresses.map(({ host, port }) => connect(port, host).on('error', () => undefined));
    const answer = once(asking!, 'data');
    await Promise.all([once(asking!, 'connect'), once(silent!, 'connect')]);
    const stops = () => relay.lines.some(({ msg }) => msg === 'the relay stops');
    const asked = until('the earlier relay to stop', stops).then(() => asking!.write(PLAIN_REQUEST));
    await plane.servedBy(await relay.replace({ file: null, pairs: 2 }));
    await asked;
    expect(String((await answer)[0])).toContain('HTTP/1.1 404');
    // A connection without messages delays no other.
    await until('the end of the earlier relay', () => relay.processes().length === 4);
    const session = await plane.prepare();
    await carries(await join(session));
    for (const peers of unauthenticated) {
      await peers.stop();
      expect(peers.unanswered).toEqual([]);
    }
    for (const socket of [asking!, silent!]) socket.destroy();
  });

  it('can be tried before it serves, and takes nothing but trials until then', async () => {
    await start();
    const ours = await join(await plane.prepare());
    const tried = await relay.keeper('try', { file: null, pairs: 2 });
    expect(tried.outcome).toBe('started');
    await plane.ask('health', {}, 'candidate');
    await expect(plane.prepare({ standing: 'candidate' })).rejects.toMatchObject({ rpcCode: -32051 });
    const trials = await Promise.all([1, 2].map(() => plane.prepare({ trial: 'local', standing: 'candidate' })));
    expect(new Set(trials.map(portOf)).size).toBe(2);
    for (const trial of trials) {
      const connection = await join(trial);
      await carries(connection);
      await connection.terminal.terminate();
      await connection.device.terminate();
      expect(await plane.bothEnds(trial.linkId)).toEqual(['device requested', 'terminal requested']);
    }
    await relay.keeper('discard', {});
    await until('the end of the candidate', () => relay.processes().length === 4);
    await carries(ours);
  });

  it('stands behind one port of a reverse proxy, which finds the pair by the path', async () => {
    const proxy = await PathProxy.start();
    await start({ PLATEN_RELAY_PUBLIC_URL: `${proxy.url}/{pair}`, PLATEN_RELAY_BEHIND_PROXY: 'yes' });
    const { addresses } = await relay.keeper('status', {});
    addresses.forEach(({ port }, index) => proxy.routes.set(`/${index + 1}/`, port));
    const sessions = [await plane.prepare(), await plane.prepare()];
    expect(sessions.map(({ device }) => device.url)).toEqual([`${proxy.url}/1/cloud-hub`, `${proxy.url}/2/cloud-hub`]);
    for (const session of sessions) await carries(await join(session));
    expect([...proxy.carried.values()]).toEqual([2, 2]);
    await proxy.stop();
  });
});
