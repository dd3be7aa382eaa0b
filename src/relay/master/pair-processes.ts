import { spawn } from 'node:child_process';
import { ProcessChannel } from '../../tunnel/rpc-channel';
import { listeningDescriptor } from '../master-messages';
import type { RunningPair } from './running-pair';

/**
 * The buffers of reads are freed 32 MB at a time, when V8 collects them. The C library (glibc) would return that memory to
 * the kernel, and the next buffers would cost a page fault for each 4 KB; it keeps this much.
 */
const KEPT_BYTES = 64 * 1024 * 1024;

/** Starts a pair as a child process. It runs the script of this Master and inherits its listening socket. */
export function startPairProcess(number: number): RunningPair {
  const child = spawn(process.execPath, [process.argv[1]!, 'pair'], {
    env: { MALLOC_TRIM_THRESHOLD_: String(KEPT_BYTES), ...process.env, PLATEN_RELAY_PAIR: String(number) },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc', listeningDescriptor(number - 1)],
  });
  const exited = new Promise<string>((resolve) => {
    // Its last messages are read before its exit is handled.
    child.once('exit', (code, signal) => setImmediate(() => resolve(signal ?? `exit code ${code}`)));
    child.on('error', (error) => child.pid === undefined && resolve(error.message));
  });
  return { pid: child.pid ?? 0, channel: new ProcessChannel(child), exited, kill: () => void child.kill('SIGKILL') };
}
