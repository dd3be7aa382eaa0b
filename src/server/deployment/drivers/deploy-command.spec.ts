import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isRunning } from '../../../../test/support/is-running';
import { setLimit } from '../../../../test/support/relay/test-relay';
import { until } from '../../../../test/support/until';
import { runDeployCommand } from './deploy-command';
import { DeploymentFailed } from '../deployment.errors';

describe('the command that deploys a relay', () => {
  const folder = mkdtempSync(join(tmpdir(), 'platen-command-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  afterEach(() => jest.restoreAllMocks());
  let scripts = 0;
  const script = (body: string): string => {
    const file = join(folder, `command-${++scripts}`);
    writeFileSync(file, `#!/bin/sh\n${body}\n`);
    chmodSync(file, 0o700);
    return file;
  };
  const signal = new AbortController().signal;
  const run = (file: string, stop = signal) =>
    runDeployCommand({ file, action: 'deploy', relayId: 'east', version: '1.2.0', pairs: 3 }, stop);

  it('gets its instructions, and no secrets from the environment of the server', async () => {
    process.env.PLATEN_DATABASE_URL = 'postgres://platen:geheim@localhost/platen';
    const output = await run(script('env; echo to the error stream >&2')).finally(
      () => delete process.env.PLATEN_DATABASE_URL,
    );
    const instructions = output.split('\n').filter((line) => line.startsWith('PLATEN'));
    expect(instructions.sort()).toEqual([
      'PLATEN_DEPLOY_ACTION=deploy',
      'PLATEN_DEPLOY_PAIRS=3',
      'PLATEN_DEPLOY_RELAY=east',
      'PLATEN_DEPLOY_VERSION=1.2.0',
    ]);
    expect(output).toContain('to the error stream');
  });

  const failures: [string, () => string, string, string][] = [
    ['fails', () => script('echo no route to east; exit 7'), 'exit code 7', 'no route to east\n'],
    ['is killed', () => script('kill -9 $$'), 'SIGKILL', ''],
    ['does not exist', () => join(folder, 'nothing'), 'spawn', ''],
    [
      'is not a program',
      () => {
        const file = join(folder, 'text');
        writeFileSync(file, 'just a text', { mode: 0o600 });
        return file;
      },
      'spawn',
      '',
    ],
  ];
  it.each(failures)('fails with its own detail if it %s', async (_, make, detail, output) => {
    const failed = await run(make()).catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(DeploymentFailed);
    expect(failed).toMatchObject({ reason: 'command-failed', detail: expect.stringContaining(detail), output });
  });

  it('is ended with every process it started if it takes too long', async () => {
    setLimit('DEPLOYMENT_COMMAND_MS', 3_000);
    const pids = join(folder, 'pids');
    const failed = run(script(`sleep 600 & echo $$ $! > ${pids}; echo waiting; wait`));
    await expect(failed).rejects.toMatchObject({ detail: expect.stringContaining('in time'), output: 'waiting\n' });
    for (const pid of readFileSync(pids, 'utf8').trim().split(' '))
      await until(`${pid} to exit`, async () => !(await isRunning(Number(pid))));
  });

  it('is killed if it ignores SIGTERM', async () => {
    setLimit('DEPLOYMENT_COMMAND_MS', 3_000);
    const pid = join(folder, 'stubborn');
    const failed = run(script(`trap '' TERM; echo $$ > ${pid}; while :; do sleep 1; done`));
    await expect(failed).rejects.toMatchObject({ reason: 'command-failed' });
    await until('it to exit', async () => !(await isRunning(Number(readFileSync(pid, 'utf8')))));
  });

  it('may write endlessly: the end of its output is kept', async () => {
    setLimit('DEPLOYMENT_OUTPUT_CHARACTERS', 100);
    setLimit('DEPLOYMENT_COMMAND_MS', 3_000);
    const failed = await run(script('yes more and more')).catch((error: unknown) => error as DeploymentFailed);
    expect((failed as DeploymentFailed).output).toHaveLength(100);
    expect((failed as DeploymentFailed).output).toContain('more and more');
  });

  it('may leave a program running that holds its output open', async () => {
    const pid = join(folder, 'left-running');
    expect(await run(script(`sleep 600 & echo $! > ${pid}; echo started`))).toBe('started\n');
    const left = Number(readFileSync(pid, 'utf8'));
    expect(await isRunning(left)).toBe(true);
    process.kill(left);
  });

  it('is ended when it is aborted', async () => {
    const stop = new AbortController();
    const pid = join(folder, 'aborted');
    const failed = run(script(`echo $$ > ${pid}; sleep 600`), stop.signal);
    await until('it to run', () => existsSync(pid) && readFileSync(pid, 'utf8').endsWith('\n'));
    stop.abort();
    await expect(failed).rejects.toMatchObject({ name: 'AbortError' });
    await until('it to exit', async () => !(await isRunning(Number(readFileSync(pid, 'utf8')))));
  });
});
