import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isRunning } from '../../../test/support/is-running';
import { until } from '../../../test/support/until';
import { freePorts } from '../../demo/free-ports';
import { endProcess, pidFileOf, portInUse, runningRelay, desiredPairs } from './relay-process';

describe('the process of a relay', () => {
  const folder = mkdtempSync(join(tmpdir(), 'platen-relay-process-'));
  const children: ChildProcess[] = [];
  afterEach(() => children.splice(0).forEach((child) => child.kill('SIGKILL')));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const start = async (word: string, data: string, script = ''): Promise<ChildProcess> => {
    const program = `${script};console.log('up');setInterval(() => 0, 1000)`;
    const child = spawn(process.execPath, ['-e', program, word], { env: { PLATEN_RELAY_DATA: data } });
    children.push(child);
    await once(child.stdout, 'data');
    return child;
  };
  const note = (text: string) => writeFileSync(pidFileOf(folder), text);

  it('is found again with its settings', async () => {
    const { pid } = await start('relay', folder);
    note(String(pid));
    expect(runningRelay(folder)).toMatchObject({ pid, environment: { PLATEN_RELAY_DATA: folder } });
  });

  it.each([
    ['the relay of another server', 'relay', '/elsewhere'],
    ['another program of this server', 'server', folder],
  ])('is not confused with %s that has the same process ID', async (_, word, data) => {
    note(String((await start(word, data)).pid));
    expect(runningRelay(folder)).toBeUndefined();
  });

  it.each(['', '0', 'nonsense', '-1', '99999999', '../1'])('is not found if the PID file holds "%s"', (text) => {
    note(text);
    expect(runningRelay(folder)).toBeUndefined();
  });

  it('ends on SIGTERM, or is killed after the timeout', async () => {
    const [willing, deaf] = await Promise.all([
      start('relay', folder),
      start('relay', folder, "process.on('SIGTERM', () => undefined)"),
    ]);
    const exits = [willing, deaf].map((child) => once(child, 'exit'));
    await Promise.all([endProcess(willing.pid!, 60_000), endProcess(deaf.pid!, 100)]);
    expect((await Promise.all(exits)).map(([, signal]: unknown[]) => signal)).toEqual(['SIGTERM', 'SIGKILL']);
    await endProcess(willing.pid!, 100);
  });

  it('is killed together with its child processes', async () => {
    const deaf = "process.on('SIGTERM', () => undefined)";
    const spawning = `${deaf};const {pid}=require('child_process').spawn(process.execPath,['-e','setInterval(()=>0,1000)'])`;
    const child = spawn(process.execPath, ['-e', `${spawning};console.log(pid);setInterval(() => 0, 1000)`], {
      detached: true,
    });
    children.push(child);
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    await endProcess(child.pid!, 100);
    for (const pid of [child.pid!, Number(line)]) await until('the end of both', async () => !(await isRunning(pid)));
  });

  it('gets its ports only if no other process uses one of them', async () => {
    const [port, taken] = (await freePorts(2)) as [number, number];
    const other = createServer().listen(taken, '127.0.0.1');
    await once(other, 'listening');
    expect(await portInUse('127.0.0.1', port, 1)).toBeUndefined();
    expect(await portInUse('127.0.0.1', port, 2)).toBe(taken);
    expect(await portInUse('127.0.0.1', 0, 2)).toBeUndefined();
    await once(other.close(), 'close');
    expect(await portInUse('127.0.0.1', port, 2)).toBeUndefined();
  });

  it.each([
    ['as configured, if no deployment has changed it', undefined, 2],
    ['as set by a deployment', '{"file":null,"pairs":5}', 5],
    ['as configured, if the file of the deployment is damaged', '{"file":', 2],
  ])('has the number of pairs %s', (_, wanted, pairs) => {
    rmSync(join(folder, 'wanted.json'), { force: true });
    if (wanted !== undefined) writeFileSync(join(folder, 'wanted.json'), wanted);
    expect(desiredPairs(folder, 2)).toBe(pairs);
  });
});
