import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { LIMITS } from '../../../protocol/limits';
import { DeploymentFailed } from '../deployment.errors';

/** What the configured command is told, as PLATEN_DEPLOY_ACTION and so on. */
export interface DeployCommand {
  readonly file: string;
  readonly action: 'deploy' | 'roll-back';
  readonly relayId: string;
  readonly version: string;
  readonly pairs: number;
}

/** From SIGTERM to SIGKILL. */
const STOP_MS = 5_000;
/** For what was written last; a program that it leaves behind may hold its output open for longer. */
const LAST_OUTPUT_MS = 250;

/**
 * Runs the command with nothing of the server's own environment but where programs and the home are, because that may
 * hold a password. The process group it is given ends with it when it takes too long.
 * @returns the last LIMITS.DEPLOYMENT_OUTPUT_CHARACTERS that it wrote, standard output and error together
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
  const tooLong = AbortSignal.timeout(LIMITS.DEPLOYMENT_COMMAND_MS);
  const how = await endOf(child, AbortSignal.any([signal, tooLong]));
  await Promise.race([closed, delay(LAST_OUTPUT_MS)]);
  child.stdout.destroy();
  child.stderr.destroy();
  signal.throwIfAborted();
  if (tooLong.aborted) throw new DeploymentFailed('command-failed', 'It did not end in time and was stopped.', output);
  if (how !== 'exit code 0') throw new DeploymentFailed('command-failed', how, output);
  return output;
}

/** NUL is what PostgreSQL does not store. */
const lastOf = (text: string): string => text.replaceAll('\0', '').slice(-LIMITS.DEPLOYMENT_OUTPUT_CHARACTERS);

async function endOf(child: ChildProcess, stop: AbortSignal): Promise<string> {
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, by) => resolve(by ?? `exit code ${code}`));
  });
  let force: NodeJS.Timeout | undefined;
  const end = () => {
    signalGroup(child, 'SIGTERM');
    force = setTimeout(() => signalGroup(child, 'SIGKILL'), STOP_MS);
  };
  stop.addEventListener('abort', end, { once: true });
  try {
    return await ended;
  } finally {
    stop.removeEventListener('abort', end);
    clearTimeout(force);
    if (stop.aborted) signalGroup(child, 'SIGKILL'); // what is left of its group
  }
}

function signalGroup({ pid }: ChildProcess, name: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(-pid, name);
  } catch {
    // all of it has exited
  }
}
