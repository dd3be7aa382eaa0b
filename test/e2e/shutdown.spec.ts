import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { Program, type LogLine } from '../../src/demo/programs';
import { createJournal } from '../../src/journal/journal';
import { wallClockMs } from '../../src/journal/wall-clock';
import { readConfig } from '../../src/server/config/config';
import { KeeperClient } from '../../src/server/relays/keeper-client';
import { CLI, TestStage } from '../support/stage/test-stage';
import { isRunning } from '../support/is-running';
import { until } from '../support/until';

describe('the server and its relay', () => {
  let stage: TestStage;
  let server: Program;
  beforeAll(async () => {
    stage = await TestStage.set();
    server = stage.stage.programs.server;
  });
  afterAll(async () => {
    await server?.stop();
    await stage?.strike();
  });
  afterEach(() => stage.clear());

  const relayPid = () => Number(readFileSync(join(stage.folder, 'server/relay/relay.pid'), 'utf8'));
  const now = wallClockMs;
  const portOf = (message: string) => Number(stage.lines.find((line) => line.msg === message)!.port);

  /** Starts the server again with other settings, as an administrator would. */
  function start(env: Record<string, string> = {}): number {
    const since = now();
    server = Program.start('server', [process.execPath, CLI, 'server'], {
      env: {
        PLATEN_DATA: join(stage.folder, 'server'),
        PLATEN_PORT: new URL(stage.stage.serverUrl).port,
        PLATEN_XMPP_PORT: String(portOf('control channel listens')),
        PLATEN_RELAY_PORT: String(portOf('relay listening')),
        ...env,
      },
      onLog: (line) => stage.lines.push(line),
    });
    return since;
  }
  const connected = (since: number) =>
    stage.logged('the relay is back', (line) => line.msg === 'relay connected' && line.at > since);
  const agentBack = (since: number) =>
    stage.logged('the agent is back', (line) => line.msg === 'devices announced' && line.at > since);

  it('end their sessions in order when the server is stopped, with every log kept', async () => {
    const { id } = await stage.connect('demo-mfp');
    expect(await stage.session(id)).toMatchObject({ state: 'established' });
    const relay = stage.lines.find((line) => line.msg === 'relay listening')!.pid;
    expect(await server.stop('SIGTERM')).toBe(0);

    const at = (what: string, match: (line: LogLine) => boolean) => stage.logged(what, match).then((line) => line.at);
    // both logs are acknowledged while the server is still there, and only then it goes
    const stopped = await at('server stopped', (line) => line.msg === 'server stopped');
    const ends = stage.lines.filter((line) => line.msg === 'a half has ended');
    expect(ends.map((line) => `${String(line.half)} ${String(line.reason)}`).sort()).toEqual([
      'device relay-stopped',
      'terminal relay-stopped',
    ]);
    for (const step of ['S298', 'S335'] as const)
      expect(await at(step, (line) => line.step === step && line.remoteSessionId === id)).toBeLessThan(stopped);
    expect(stage.lines.filter((line) => line.msg.includes('not acknowledged'))).toEqual([]);
    expect(await until('the relay to be gone', async () => !(await isRunning(Number(relay))))).toBe(true);
    expect(existsSync(join(stage.folder, 'server/relay/relay.pid'))).toBe(false);

    const since = start();
    await connected(since);
    await agentBack(since);
    expect(await stage.session(id)).toMatchObject({
      state: 'ended',
      ending: 'lost-relay',
      device: { endReason: 'relay-stopped', startedAt: expect.any(String) },
      terminal: { endReason: 'relay-stopped', startedAt: expect.any(String) },
    });
    const { steps } = await stage.session(id);
    expect(steps.map(({ step }) => step)).toEqual(expect.arrayContaining(['S297', 'S298', 'S334', 'S335']));
  });

  const elsewhere = () => ({ PLATEN_RELAY_PUBLIC_URL: `ws://localhost:${portOf('relay listening')}` });

  it('take a new relay where the one of a killed server has other settings', async () => {
    const earlier = relayPid();
    const { instance } = stage.lines.findLast((line) => line.msg === 'relay connected')!;
    await server.stop('SIGKILL');
    const since = start(elsewhere());
    await server.logged('the relay of an earlier run has other settings; replacing it');
    await until('the earlier relay to be gone', async () => !(await isRunning(earlier)));
    // the earlier relay connects to this server, too, before it has ended its sessions
    const isSuccessor = (line: LogLine) => line.msg === 'relay connected' && line.instance !== instance;
    await stage.logged('its successor is connected', (line) => isSuccessor(line) && line.at > since);
    expect(relayPid()).not.toBe(earlier);
  });

  it('keep the relay of a killed server otherwise', async () => {
    const earlier = relayPid();
    await server.stop('SIGKILL');
    const since = start({ ...elsewhere(), PLATEN_LOG_LEVEL: 'debug' });
    await server.logged('adopted the relay of an earlier run');
    await connected(since);
    expect(relayPid()).toBe(earlier);
  });

  it('say once that another program has the port of the relay, and take it when it is free', async () => {
    await server.stop('SIGTERM');
    const other = createServer().listen(portOf('relay listening'), '127.0.0.1');
    await once(other, 'listening');
    const since = start();
    const complaint = 'another program uses a port of the relay; retrying';
    await server.logged(complaint);
    await server.logged('server listening');
    await once(other.close(), 'close');
    await connected(since);
    expect(server.log.filter((line) => line.msg === complaint)).toHaveLength(1);
    expect(server.log.filter((line) => line.msg === 'the relay has exited; restarting it')).toEqual([]);
  });

  it('start the relay again when it is killed', async () => {
    const earlier = relayPid();
    const since = now();
    process.kill(earlier, 'SIGKILL');
    await connected(since);
    expect(relayPid()).not.toBe(earlier);
  });

  it('keep the number of pairs that a deployment has set', async () => {
    await server.stop('SIGTERM');
    const anyPort = { PLATEN_RELAY_PORT: '0', PLATEN_RELAY_PAIRS: '1' };
    await connected(start(anyPort));
    const data = join(stage.folder, 'server');
    const keeper = new KeeperClient(createJournal('server', 'silent'), readConfig({ PLATEN_DATA: data }));
    const tried = await keeper.tryRelease({ file: null, pairs: 2 });
    if (tried.outcome !== 'started') throw new Error(tried.detail);
    const isReady = async () => (await keeper.status()).candidate?.state === 'ready';
    await until('the candidate to be ready', isReady, undefined, 50);
    expect(await keeper.takeOver(tried.instance)).toBe(true);
    const serves = async () => (await keeper.status()).serving?.instance === tried.instance;
    await until('the candidate to serve', serves, undefined, 50);

    await server.stop('SIGTERM');
    const since = start(anyPort);
    expect(await connected(since)).toMatchObject({ pairs: 2 });
  });
});
