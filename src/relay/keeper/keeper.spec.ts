import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from '../../demo/free-ports';
import { recordedJournal } from '../../../test/support/recorded-journal';
import { isRunning } from '../../../test/support/is-running';
import { writeScriptedMaster, type ScriptedMaster } from '../../../test/support/relay/scripted-master';
import { until } from '../../../test/support/until';
import { Keeper } from './keeper';
import { NotStored, PortUnavailable } from './keeper.errors';
import { ListeningPorts } from './listening-ports';
import { DesiredRun } from './desired-run';

const TIMES = { start: 20_000, takeOver: 20_000, stop: 10_000 };

describe('Keeper', () => {
  let folder: string;
  let keepers: Keeper[];
  let stderr: string;
  const { journal } = recordedJournal();
  const script = (name: string, play?: ScriptedMaster) => writeScriptedMaster(folder, name, play);
  const events = () => readFileSync(join(folder, 'heard.log'), 'utf8').trim().split('\n');
  const storedRun = () => JSON.parse(readFileSync(join(folder, 'wanted.json'), 'utf8')) as unknown;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'platen-keeper-'));
    keepers = [];
    stderr = '';
    jest.spyOn(process.stderr, 'write').mockImplementation((text) => ((stderr += String(text)), true));
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await Promise.all(keepers.map((keeper) => keeper.stop(0)));
    rmSync(folder, { recursive: true });
  });

  async function started(file: string, { pairs = 1, port = 0, times = {} } = {}): Promise<Keeper> {
    const desired = new DesiredRun(folder, { file, pairs }, journal);
    const keeper = new Keeper(await ListeningPorts.at('127.0.0.1', port), desired, {}, journal, { ...TIMES, ...times });
    keepers.push(keeper);
    keeper.start();
    return keeper;
  }
  const serving = (keeper: Keeper, version: string) =>
    until(`${version} to serve`, () => {
      const { serving } = keeper.status();
      return serving?.state === 'serving' && serving.version === version && serving;
    });
  const ready = (keeper: Keeper) =>
    until('the candidate to be ready', () => {
      const { candidate } = keeper.status();
      return candidate?.state === 'ready' && candidate;
    });
  const greeting = (keeper: Keeper, pair = 0) => greetingOf(keeper.status().addresses[pair]!.port);

  it('has the relay serve first and recover open halves afterwards', async () => {
    const keeper = await started(script('1.0.0'), { pairs: 2 });
    await serving(keeper, '1.0.0');
    expect([await greeting(keeper, 0), await greeting(keeper, 1)]).toEqual(['1.0.0 0', '1.0.0 1']);
    await until('recover', () => events().length === 2);
    expect(events()).toEqual(['1.0.0 serve', '1.0.0 recover 0']);
  });

  it('replaces the relay: the candidate serves, the earlier relay stops, its halves are recovered', async () => {
    const keeper = await started(script('1.0.0'));
    const earlier = await serving(keeper, '1.0.0');
    const [address] = keeper.status().addresses;
    const file = script('2.0.0');
    const instance = keeper.try({ file, pairs: 1 });
    await ready(keeper);
    expect(await greeting(keeper)).toBe('1.0.0 0');
    expect(keeper.takeOver(instance)).toBe(true);
    expect(keeper.takeOver(instance)).toBe(true);
    expect(await serving(keeper, '2.0.0')).toMatchObject({ instance, file });
    await until('the earlier one to stop', async () => !(await isRunning(earlier.pid)));
    await until('recovery after it', () => events().includes('2.0.0 recover 0'));
    expect(events()).toEqual(['1.0.0 serve', '1.0.0 recover 0', '2.0.0 serve', '1.0.0 SIGTERM', '2.0.0 recover 0']);
    expect(await greeting(keeper)).toBe('2.0.0 0');
    expect(keeper.takeOver(instance)).toBe(true);
    expect(storedRun()).toEqual({ file, pairs: 1 });
    expect(keeper.status()).toMatchObject({ candidate: null, restarts: 0, lastExit: null, addresses: [address] });
  });

  it('keeps the port open while no relay runs, so that new connections wait and are served', async () => {
    const keeper = await started(script('1.0.0'));
    const { pid, instance } = await serving(keeper, '1.0.0');
    const { port } = keeper.status().addresses[0]!;
    process.kill(pid, 'SIGKILL');
    const answered: Promise<string>[] = [];
    await until('its exit', () => {
      answered.push(greetingOf(port));
      return keeper.status().lastExit?.instance === instance;
    });
    answered.push(greetingOf(port));
    await serving(keeper, '1.0.0');
    // Connections that the killed relay had accepted are cut, but none is refused.
    const answers = await Promise.all(answered);
    expect(answers.filter((answer) => !['1.0.0 0', '', 'ECONNRESET'].includes(answer))).toEqual([]);
    expect(answers.at(-1)).toBe('1.0.0 0');
    expect(keeper.status()).toMatchObject({ restarts: 1, lastExit: { instance, how: 'SIGKILL' } });
  });

  const bad: [string, ScriptedMaster, string][] = [
    ['exits immediately', { first: 'console.error("no such module"); process.exit(3)' }, 'exit code 3'],
    [
      'fails with a reason',
      { first: "say({ type: 'failed', detail: 'bad luck' }); process.exit(1)" },
      'bad luck (exit code 1)',
    ],
    ['is not a program', { first: '}' }, 'exit code 1'],
  ];
  it.each(bad)('reports the exit of a candidate that %s, and continues', async (_name, play, how) => {
    const keeper = await started(script('1.0.0'));
    await serving(keeper, '1.0.0');
    const instance = keeper.try({ file: script('2.0.0', play), pairs: 1 });
    const exit = await until('its exit', () => keeper.status().lastExit);
    expect(exit).toMatchObject({ instance, how });
    expect(keeper.status().candidate).toBeNull();
    expect(keeper.takeOver(instance)).toBe(false);
    expect(await greeting(keeper)).toBe('1.0.0 0');
  });

  it("forwards a relay's output and stores its last lines, even an incomplete one", async () => {
    const keeper = await started(script('1.0.0'));
    await serving(keeper, '1.0.0');
    const first =
      'for (let i = 1; i <= 80; i++) console.error("line " + i); process.stderr.write("the end"); process.exit(1)';
    keeper.try({ file: script('2.0.0', { first }), pairs: 1 });
    const { lines } = await until('its exit', () => keeper.status().lastExit);
    expect(lines.split('\n')).toHaveLength(50);
    expect(lines).toMatch(/^line 32\n.*line 80\nthe end$/s);
    expect(stderr).toMatch(/^line 1\n.*line 80\nthe end\n$/s);
  });

  it('reports a hanging candidate as starting, and kills it when it is discarded', async () => {
    const keeper = await started(script('1.0.0'), { times: { stop: 50 } });
    await serving(keeper, '1.0.0');
    const instance = keeper.try({ file: script('2.0.0', { first: 'note("hangs"); for (;;);' }), pairs: 1 });
    await until('it to hang', () => events().includes('2.0.0 hangs'));
    const { state, pid } = keeper.status().candidate!;
    expect(state).toBe('starting');
    expect(keeper.takeOver(instance)).toBe(false);
    keeper.discard();
    expect(keeper.status().candidate).toBeNull();
    await until('it to be gone', async () => !(await isRunning(pid)));
    expect((await until('its exit', () => keeper.status().lastExit)).how).toBe('discarded (SIGKILL)');
  });

  const noTakeOver: [string, ScriptedMaster, string, times: { takeOver?: number }][] = [
    ['never serves', { serve: '' }, 'did not take over in time (exit code 0)', { takeOver: 50 }],
    [
      'cannot listen',
      { serve: "say({ type: 'failed', detail: 'EADDRINUSE' }); process.exit(1)" },
      'EADDRINUSE (exit code 1)',
      {},
    ],
    ['dies', { serve: "process.kill(process.pid, 'SIGKILL')" }, 'SIGKILL', {}],
  ];
  it.each(noTakeOver)('reverts the take-over if the candidate %s', async (_name, play, how, times) => {
    const file = script('1.0.0');
    const keeper = await started(file, { times });
    await serving(keeper, '1.0.0');
    const instance = keeper.try({ file: script('2.0.0', play), pairs: 1 });
    await ready(keeper);
    expect(keeper.takeOver(instance)).toBe(true);
    const exit = await until('its exit', () => keeper.status().lastExit);
    expect(exit).toMatchObject({ instance, how });
    expect(keeper.status()).toMatchObject({ candidate: null, wanted: { file }, serving: { state: 'serving' } });
    expect(events()).not.toContain('1.0.0 SIGTERM');
    expect(await greeting(keeper)).toBe('1.0.0 0');
    expect(new DesiredRun(folder, { file: null, pairs: 1 }, journal).read()).toEqual({ file: null, pairs: 1 });
  });

  it('refuses a take-over while the desired run cannot be stored, and accepts it later', async () => {
    const keeper = await started(script('1.0.0'));
    await serving(keeper, '1.0.0');
    const instance = keeper.try({ file: script('2.0.0'), pairs: 1 });
    await ready(keeper);
    // A link to /dev/full simulates a full disk.
    const next = join(folder, 'wanted.next.json');
    symlinkSync('/dev/full', next);
    expect(() => keeper.takeOver(instance)).toThrow(NotStored);
    expect(keeper.status()).toMatchObject({ candidate: { state: 'ready' }, serving: { version: '1.0.0' } });
    rmSync(next);
    expect(keeper.takeOver(instance)).toBe(true);
    await serving(keeper, '2.0.0');
  });

  it('can discard a candidate during its take-over; another one then takes over', async () => {
    const keeper = await started(script('1.0.0'));
    await serving(keeper, '1.0.0');
    const hanging = keeper.try({ file: script('2.0.0', { serve: '', stop: "note('stays')" }), pairs: 1 });
    const { pid } = await ready(keeper);
    expect(keeper.takeOver(hanging)).toBe(true);
    const file = script('3.0.0');
    const instance = keeper.try({ file, pairs: 1 });
    await ready(keeper);
    await until('the other one to have been asked to stop', () => events().includes('2.0.0 stays'));
    process.kill(pid, 'SIGKILL');
    expect(keeper.takeOver(instance)).toBe(true);
    await serving(keeper, '3.0.0');
    expect(storedRun()).toEqual({ file, pairs: 1 });
  });

  it('keeps the earlier relay if storing the desired run cannot be completed', async () => {
    const file = script('1.0.0');
    const keeper = await started(file);
    await serving(keeper, '1.0.0');
    mkdirSync(join(folder, 'wanted.json'));
    const instance = keeper.try({ file: script('2.0.0'), pairs: 1 });
    await ready(keeper);
    keeper.takeOver(instance);
    const exit = await until('its exit', () => keeper.status().lastExit);
    expect(exit.how).toMatch(/^wanted.json cannot be written/);
    expect(keeper.status()).toMatchObject({ wanted: { file }, serving: { version: '1.0.0', state: 'serving' } });
  });

  it('kills an earlier relay that does not stop', async () => {
    const keeper = await started(script('1.0.0', { stop: '' }), { times: { stop: 50 } });
    const { pid } = await serving(keeper, '1.0.0');
    const instance = keeper.try({ file: script('2.0.0'), pairs: 1 });
    await ready(keeper);
    keeper.takeOver(instance);
    await until('the earlier one to be gone', async () => !(await isRunning(pid)));
    expect(await greeting(keeper)).toBe('2.0.0 0');
  });

  it('adds and removes pairs by a take-over', async () => {
    const file = script('1.0.0');
    const keeper = await started(file);
    await serving(keeper, '1.0.0');
    const [first] = keeper.status().addresses;
    let third = 0;
    for (const pairs of [3, 2]) {
      const instance = keeper.try({ file, pairs });
      await ready(keeper);
      keeper.takeOver(instance);
      await until('it to serve', () => keeper.status().serving?.instance === instance);
      expect(keeper.status().addresses).toHaveLength(pairs);
      expect(keeper.status().addresses[0]).toEqual(first);
      expect(await greeting(keeper, pairs - 1)).toBe(`1.0.0 ${pairs - 1}`);
      third ||= keeper.status().addresses[2]!.port;
    }
    await until('the third port to be closed', async () => (await greetingOf(third)) === 'ECONNREFUSED');
  });

  it('refuses a candidate if another program uses its port, and names the port', async () => {
    const [free, taken] = await freePorts(2);
    const keeper = await started(script('1.0.0'), { port: free });
    await serving(keeper, '1.0.0');
    const blocker = createServer().listen(taken, '127.0.0.1');
    await once(blocker, 'listening');
    expect(() => keeper.try({ file: script('2.0.0'), pairs: 2 })).toThrow(PortUnavailable);
    expect(() => keeper.try({ file: script('2.0.0'), pairs: 2 })).toThrow(`127.0.0.1:${taken}`);
    expect(await greeting(keeper)).toBe('1.0.0 0');
    blocker.close();
    await once(blocker, 'close');
    expect(keeper.try({ file: script('2.0.0'), pairs: 2 })).toEqual(expect.any(String));
  });

  it('starts the stored run, even with another number of pairs', async () => {
    const file = script('2.0.0');
    writeFileSync(join(folder, 'wanted.json'), JSON.stringify({ file, pairs: 2 }));
    const keeper = await started(script('1.0.0'));
    await serving(keeper, '2.0.0');
    expect(keeper.status()).toMatchObject({ wanted: { file, pairs: 2 } });
  });

  const unusable: [string, string][] = [
    ['is damaged', '{"file":'],
    ['names a missing release', '{"file":"/nowhere/release.cjs","pairs":1}'],
  ];
  it.each(unusable)('runs the built-in relay if wanted.json %s', async (_name, text) => {
    writeFileSync(join(folder, 'wanted.json'), text);
    const keeper = await started(script('1.0.0'));
    await serving(keeper, '1.0.0');
  });

  it('restarts a relay that never serves', async () => {
    const keeper = await started(script('1.0.0', { serve: '' }), { times: { start: 300 } });
    const exit = await until('its exit', () => keeper.status().lastExit);
    expect(exit.how).toMatch(/^did not serve in time/);
    await until('another try', () => keeper.status().restarts > 0);
  });

  it('stops every relay in order, and reports when it is no longer needed', async () => {
    const keeper = await started(script('1.0.0', { serve: "say({ type: 'serving' }); say({ type: 'orphaned' })" }));
    await keeper.orphaned;
    keeper.try({ file: script('2.0.0'), pairs: 1 });
    await ready(keeper);
    await keeper.stop();
    expect(events()).toEqual(expect.arrayContaining(['1.0.0 SIGTERM', '2.0.0 SIGTERM']));
  });
});

/** Text that the other end sends before it closes; '' or ECONNRESET if the connection was cut. */
async function greetingOf(port: number): Promise<string> {
  const socket = connect(port, '127.0.0.1').setEncoding('utf8');
  let text = '';
  socket.on('data', (data: string) => (text += data));
  const error = await new Promise<NodeJS.ErrnoException | undefined>((resolve) => {
    socket.once('error', resolve);
    socket.once('close', () => resolve(undefined));
  });
  return error ? error.code! : text;
}
