import { once } from 'node:events';
import { mkdtemp, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generate } from 'selfsigned';
import { freePorts } from '../../src/demo/free-ports';
import { dialRelay } from '../../src/tunnel/relay-connection';
import { spkiPinOf } from '../../src/tunnel/pinned-tls';
import { FakeControlPlane } from '../support/relay/fake-control-plane';
import { RelayProcess } from '../support/relay/relay-process';
import { removeFolder } from '../support/remove-folder';
import { until } from '../support/until';

/** Takes a value in place of a file that is there no more. */
const ifGone =
  <T>(value: T) =>
  (error: NodeJS.ErrnoException): T => {
    if (error.code !== 'ENOENT') throw error;
    return value;
  };

describe('the relay as a process', () => {
  let plane: FakeControlPlane;
  let relay: RelayProcess;

  beforeEach(async () => {
    plane = await FakeControlPlane.start();
  });
  afterEach(async () => {
    await relay.remove();
    await plane.stop();
  });

  it('ends in order on SIGTERM: logs reported, peers notified, exit code 0', async () => {
    relay = await RelayProcess.start(plane.url);
    const session = await plane.prepare();
    const device = await dialRelay(session.device, 'device');
    const exit = relay.kill('SIGTERM');
    expect(await device.closed).toMatchObject({ kind: 'terminated', message: { reason: 'relay-stopped' } });
    expect(await exit).toBe(0);
    expect(await plane.bothEnds(session.linkId)).toEqual(['device relay-stopped', 'terminal relay-stopped']);
  });

  it('does not wait for a control plane that is away, and reports after the next start', async () => {
    relay = await RelayProcess.start(plane.url);
    const session = await plane.prepare();
    const device = await dialRelay(session.device, 'device');
    const { port } = plane;
    await plane.away();
    expect(await relay.kill('SIGINT')).toBe(0);
    expect(await device.closed).toMatchObject({ kind: 'terminated' });
    await plane.back(port);
    await relay.again();
    expect(await plane.bothEnds(session.linkId)).toEqual(['device relay-stopped', 'terminal relay-stopped']);
  });

  it('ends the halves it finds open after the power has failed, once, with the token hash they started with', async () => {
    relay = await RelayProcess.start(plane.url);
    const session = await plane.prepare();
    const device = await dialRelay(session.device, 'device');
    const started = await until('the start log', () => plane.reported[0]);
    await relay.crash();
    expect(await device.closed).toMatchObject({ kind: 'lost' });
    for (const _start of [1, 2]) {
      await relay.again();
      await until('the end logs', () => plane.endReasons(session.linkId).length >= 2);
      await until('the acknowledgements', async () => (await plane.ask('health', {})).unacknowledgedLogs === 0);
      expect(plane.endReasons(session.linkId)).toEqual(['device relay-restarted', 'terminal relay-restarted']);
      await relay.crash();
    }
    expect(plane.ends(session.linkId, 'device')[0]!.tokenHash).toBe(started.tokenHash);
    expect(plane.ends(session.linkId, 'terminal')[0]!.tokenHash).toBeNull();
  });

  it('stops in order when its keeper is killed; the next keeper waits for that, and has the same port', async () => {
    const [port] = await freePorts(1);
    relay = await RelayProcess.start(plane.url, { PLATEN_RELAY_PORT: String(port) });
    const session = await plane.prepare();
    const device = await dialRelay(session.device, 'device');
    expect(await relay.kill('SIGKILL')).toBe('SIGKILL');
    await relay.again();
    expect(relay.port).toBe(port);
    expect(await device.closed).toMatchObject({ kind: 'terminated', message: { reason: 'relay-stopped' } });
    expect(await plane.bothEnds(session.linkId)).toEqual(['device relay-stopped', 'terminal relay-stopped']);
    expect(relay.processes('master')).toHaveLength(1);
  });

  it('has its Master started again when that is killed: same keeper, same port, the halves ended in the log', async () => {
    relay = await RelayProcess.start(plane.url);
    const session = await plane.prepare();
    const device = await dialRelay(session.device, 'device');
    const [master] = relay.processes('master');
    process.kill(master!, 'SIGKILL');
    expect(await device.closed).toMatchObject({ kind: 'lost' });
    expect(await plane.bothEnds(session.linkId)).toEqual(['device relay-restarted', 'terminal relay-restarted']);
    const again = await plane.prepare();
    expect(new URL(again.device.url).port).toBe(String(relay.port));
    await (await dialRelay(again.device, 'device')).terminate();
    expect(await relay.keeper('status', {})).toMatchObject({ restarts: 1, lastExit: { how: 'SIGKILL' } });
    expect(relay.child.exitCode).toBeNull();
  });

  it('leaves a Ctrl-C at the terminal to its keeper, which ends it in order', async () => {
    relay = await RelayProcess.start(plane.url);
    const session = await plane.prepare();
    const device = await dialRelay(session.device, 'device');
    const exited = once(relay.child, 'exit');
    process.kill(-relay.child.pid!, 'SIGINT');
    expect(await device.closed).toMatchObject({ kind: 'terminated', message: { reason: 'relay-stopped' } });
    expect(await exited).toEqual([0, null]);
    expect(await plane.bothEnds(session.linkId)).toEqual(['device relay-stopped', 'terminal relay-stopped']);
    await until('the end of every process', () => relay.processes().length === 0);
  });

  it('is refused a port that another program has, and a folder that another keeper has', async () => {
    relay = await RelayProcess.start(plane.url);
    const port = String(relay.port);
    const start = RelayProcess.start(plane.url, { PLATEN_RELAY_PORT: port });
    await expect(start).rejects.toThrow(`127.0.0.1:${port} cannot be used: another program is using it`);
    await expect(RelayProcess.start(plane.url, { PLATEN_RELAY_DATA: relay.data })).rejects.toThrow('keeper-running');
    await (await dialRelay((await plane.prepare()).device, 'device')).terminate();
  });

  it('retries slowly and warns when the server refuses its secret', async () => {
    plane.acceptsSecret = false;
    relay = await RelayProcess.start(plane.url);
    await until('the warning', () => relay.lines.some(({ msg }) => String(msg).includes('refused the secret')));
    expect(plane.upgrades).toBe(1);
    expect(relay.child.exitCode).toBeNull();
  });

  it('leaves no session ID, token or secret in its log or its files', async () => {
    relay = await RelayProcess.start(plane.url, { PLATEN_LOG_LEVEL: 'trace' });
    const session = await plane.prepare();
    const { device, terminal } = session;
    const connections = [await dialRelay(device, 'device'), await dialRelay(terminal, 'terminal')];
    for (const connection of connections) await connection.terminate();
    const { data } = relay;
    const names = (await readdir(data)).filter((name) => name !== 'keeper.sock');
    // the journal of a transaction is gone when that is over
    const files = await Promise.all(names.map((name) => readFile(join(data, name), 'latin1').catch(ifGone(''))));
    const written = [JSON.stringify(relay.lines), ...files].join('\n');
    expect(written).toContain(session.linkId);
    for (const secret of [device.token, terminal.token, device.sessionId, terminal.sessionId, FakeControlPlane.SECRET])
      expect(written).not.toContain(secret);
    for (const name of await readdir(data)) {
      const file = await stat(join(data, name)).catch(ifGone(undefined));
      expect((file?.mode ?? 0) & 0o077).toBe(0);
    }
  });

  it('serves TLS only to peers that know its key', async () => {
    const { cert, private: key } = await generate([{ name: 'commonName', value: 'relay' }]);
    const folder = await mkdtemp(join(tmpdir(), 'platen-tls-'));
    const env = { PLATEN_TLS_CERTIFICATE: join(folder, 'crt'), PLATEN_TLS_KEY: join(folder, 'key') };
    await writeFile(env.PLATEN_TLS_CERTIFICATE, cert);
    await writeFile(env.PLATEN_TLS_KEY, key, { mode: 0o600 });
    relay = await RelayProcess.start(plane.url, env);
    await removeFolder(folder);
    const { device } = await plane.prepare();
    expect(device.url).toMatch(/^wss:/);
    await expect(dialRelay(device, 'device')).rejects.toMatchObject({ code: 'relay-unreachable' });
    await expect(dialRelay({ ...device, pin: 'A'.repeat(43) }, 'device')).rejects.toMatchObject({
      code: 'relay-unreachable',
      cause: { code: 'certificate-mismatch' },
    });
    const connection = await dialRelay({ ...device, pin: spkiPinOf(cert) }, 'device');
    await connection.terminate();
  });

  it('says what is wrong with its settings and exits', async () => {
    relay = await RelayProcess.start(plane.url);
    await expect(RelayProcess.start('ftp://x')).rejects.toThrow('PLATEN_SERVER_URL');
  });
});
