import { readdir, readFile } from 'node:fs/promises';

/** Whether a process runs; one that has exited and is only not yet waited for does not. */
export async function isRunning(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return stat !== '' && !/\) Z /.test(stat);
}

/** IDs of the running processes that have this text in their command lines. */
export async function processesOf(text: string): Promise<number[]> {
  const pids = (await readdir('/proc')).map(Number).filter((pid) => pid > 0 && pid !== process.pid);
  const isIts = async (pid: number): Promise<boolean> =>
    (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).includes(text);
  const its = await Promise.all(pids.map(isIts));
  return pids.filter((_, index) => its[index]);
}
