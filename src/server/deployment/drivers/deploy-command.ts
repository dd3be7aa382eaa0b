import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { LIMITS } from '../../../protocol/limits';
import { DeploymentFailed } from '../deployment.errors';

/** What the configured command gets in its environment: PLATEN_DEPLOY_ACTION and so on. */
export interface DeployCommand {
  readonly file: string;
  readonly action: 'deploy' | 'roll-back';
  readonly relayId: string;
  readonly version: string;
  readonly pairs: number;
}

/** Between SIGTERM and SIGKILL. */
const STOP_MS = 5_000;
/** For the last output; a program that the command started and left running may hold it open for longer. */
const LAST_OUTPUT_MS = 250;

/**
 * Runs the command in a process group of its own, which is ended if it takes too long. Of the server's environment, which
 * may hold a password, it gets only PATH, HOME and LANG.
 * @returns the last LIMITS.DEPLOYMENT_OUTPUT_CHARACTERS of standard output and standard error together
 * @throws DeploymentFailed 'command-failed'
 */
export async function runDeployCommand(command: DeployCommand, signal: AbortSignal): Promise<string> {
  const { PATH, HOME, LANG } = process.env;
  const child = spawn(command.file, [], {
    env: {
      ...{ PATH, HOME, LANG },
      PLATEN_DEPLOY_ACTION: command.action,
      PLATEN_DEPLOY_RELAY: command.relayId,
      PLATEN_DEPLOY_VERSION: command.version,
      PLATEN_DEPLOY_PAIRS: String(command.pairs),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true, // a process group of its own
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output = lastOf(output + text)));
  const closed = once(child, 'close').catch(() => undefined);
  const { how, late } = await endOf(child, signal);
  await Promise.race([closed, delay(LAST_OUTPUT_MS)]);
  child.stdout.destroy();
  child.stderr.destroy();
  signal.throwIfAborted();
  if (late) throw new DeploymentFailed('command-failed', 'The command did not end in time and was stopped.', output);
  if (how !== 'exit code 0') throw new DeploymentFailed('command-failed', how, output);
  return output;
}

/** Without NUL, which PostgreSQL does not store. */
const lastOf = (text: string): string => text.replaceAll('\0', '').slice(-LIMITS.DEPLOYMENT_OUTPUT_CHARACTERS);

/** @returns how it ended, and whether it was stopped because it was late */
async function endOf(child: ChildProcess, stop: AbortSignal): Promise<{ how: string; late: boolean }> {
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, by) => resolve(by ?? `exit code ${code}`));
  });
  let late = false;
  let force: NodeJS.Timeout | undefined;
  const end = () => {
    signalGroup(child, 'SIGTERM');
    force ??= setTimeout(() => signalGroup(child, 'SIGKILL'), STOP_MS);
  };
  const timer = setTimeout(() => {
    late = true;
    end();
  }, LIMITS.DEPLOYMENT_COMMAND_MS);
  stop.addEventListener('abort', end, { once: true });
  if (stop.aborted) end();
  try {
    return { how: await ended, late };
  } finally {
    stop.removeEventListener('abort', end);
    clearTimeout(timer);
    clearTimeout(force);
    if (late || stop.aborted) signalGroup(child, 'SIGKILL'); // the rest of its group
  }
}

function signalGroup({ pid }: ChildProcess, name: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(-pid, name);
  } catch {
    // every process of the group has exited
  }
}
