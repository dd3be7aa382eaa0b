import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { awaitOrphanedRelay } from './orphaned-relay';

describe('awaitOrphanedRelay', () => {
  const children = new Set<number>();
  afterEach(() => {
    for (const pid of children) process.kill(pid, 'SIGKILL');
    children.clear();
  });

  /** @returns the process, and a promise of its exit code or signal */
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

  it('waits until the relay of a killed keeper has stopped', async () => {
    const { child, exited } = await started(of('/data/a'));
    const waited = awaitOrphanedRelay('/data/a', 60_000);
    child.stdin.end();
    expect(await waited).toBe(1);
    expect(await exited).toBe(0);
  });

  it('kills the relay if it does not stop in time', async () => {
    const { exited } = await started(of('/data/a'));
    expect(await awaitOrphanedRelay('/data/a', 10)).toBe(1);
    expect(await exited).toBe('SIGKILL');
  });

  it('ignores relays of other folders and keepers', async () => {
    await started(of('/data/ab'));
    await started({ PLATEN_RELAY_DATA: '/data/a' });
    expect(await awaitOrphanedRelay('/data/a', 10)).toBe(0);
    expect(children.size).toBe(2);
  });
});
