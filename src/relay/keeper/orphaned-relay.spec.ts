import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { awaitOrphanedRelay } from './orphaned-relay';

describe('what a killed keeper leaves behind', () => {
  const children = new Set<number>();
  afterEach(() => {
    for (const pid of children) process.kill(pid, 'SIGKILL');
    children.clear();
  });

  /** @returns its process, and how it ends */
  async function started(env: Record<string, string>) {
    const child = spawn(
      process.execPath,
      ['-e', 'process.stdin.on("end", () => process.exit(0)).resume(); console.log()'],
      {
        env,
        stdio: ['pipe', 'pipe', 'inherit'],
      },
    );
    await once(child.stdout, 'data');
    children.add(child.pid!);
    const exited = once(child, 'exit').then(([code, signal]) => {
      children.delete(child.pid!);
      return (signal ?? code) as string | number;
    });
    return { child, exited };
  }
  const of = (folder: string) => ({ PLATEN_RELAY_DATA: folder, PLATEN_RELAY_INSTANCE: 'a' });

  it('is waited for, for as long as it takes to stop in order', async () => {
    const { child, exited } = await started(of('/data/a'));
    const waited = awaitOrphanedRelay('/data/a', 60_000);
    child.stdin.end();
    expect(await waited).toBe(1);
    expect(await exited).toBe(0);
  });

  it('is ended by force when it does not stop', async () => {
    const { exited } = await started(of('/data/a'));
    expect(await awaitOrphanedRelay('/data/a', 10)).toBe(1);
    expect(await exited).toBe('SIGKILL');
  });

  it('is not the relay of another folder, nor another keeper of this one', async () => {
    await started(of('/data/ab'));
    await started({ PLATEN_RELAY_DATA: '/data/a' });
    expect(await awaitOrphanedRelay('/data/a', 10)).toBe(0);
    expect(children.size).toBe(2);
  });
});
