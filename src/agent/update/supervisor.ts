import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Journal } from '../../journal/journal';
import { LIMITS } from '../../protocol/limits';
import type { AgentVersions, VersionState } from './agent-versions';
import { agentMessage, SUPERVISED, type SupervisorMessage } from './supervisor-messages';

export interface SupervisorOptions {
  readonly versions: AgentVersions;
  /** Version of this program, which is the installed agent. */
  readonly installed: string;
  readonly releaseKey: string | undefined;
  /** Arguments with which a version of its own is started. */
  readonly args: readonly string[];
  readonly journal: Journal;
}

/** How a process of the agent ended: `install`, to start another version. */
interface Ended {
  readonly why: 'exited' | 'install' | 'late';
  readonly code: number;
}

/**
 * Runs the agent in a process of its own, and replaces it with a newer version that it has downloaded. A new version has to come
 * online in time; otherwise the earlier one is put back. The supervisor is part of the installation and is not updated itself;
 * it verifies each version before each start. What it decides is on the disk before it acts, so that it can be killed at any time.
 */
export class Supervisor {
  #child: ChildProcess | undefined;
  #stopping = false;

  constructor(private readonly options: SupervisorOptions) {}

  /** @returns the exit code of the agent, once it has exited and is not to be started again */
  async run(): Promise<number> {
    for (;;) {
      const state = await this.#checkedState();
      const { versions, journal } = this.options;
      await versions.keepOnly([state.current, state.trial?.version]);
      if (state.trial) await versions.setState({ ...state, trial: { ...state.trial, starts: state.trial.starts + 1 } });
      if (this.#stopping) return 0;
      const { why, code } = await this.#runOnce(state);
      if (this.#stopping) return code;
      const { trial, ...now } = await versions.state();
      if (why === 'install') continue;
      if (!trial) return code;
      if (why === 'exited' && trial.starts < LIMITS.UPDATE_STARTS) {
        journal.warn('the new version of the agent exited before it was online; it is started again', {
          version: trial.version,
          attempts: trial.starts,
          exit: code,
        });
        continue;
      }
      const detail =
        why === 'late'
          ? `it was not online within ${LIMITS.UPDATE_PROVE_MS / 1000} s`
          : `it exited with code ${code} before it was online`;
      await this.#putBack(now, trial.version, detail);
    }
  }

  /** Stops the agent in order, then by force. */
  stop(): void {
    this.#stopping = true;
    if (this.#child) end(this.#child);
  }

  /** Without versions that may not run: those that were changed, and those that the installed one has overtaken. */
  async #checkedState(): Promise<VersionState> {
    const { versions, installed: running, releaseKey, journal } = this.options;
    let state = await versions.state();
    if (state.current !== null) {
      const refusal = await versions.refusalOf(state.current, { running, releaseKey });
      if (refusal !== undefined) {
        journal.warn('the installed version of the agent is started', { detail: refusal });
        state = { ...state, current: null };
        await versions.setState(state);
      }
    }
    if (!state.trial) return state;
    const { version, starts } = state.trial;
    const refusal = await versions.refusalOf(version, { running: state.current ?? running, releaseKey });
    const interrupted = starts >= LIMITS.UPDATE_STARTS ? 'it was interrupted before it was online' : undefined;
    const why = refusal ?? interrupted;
    return why === undefined ? state : this.#putBack(state, version, why);
  }

  async #putBack({ current }: Pick<VersionState, 'current'>, version: string, detail: string): Promise<VersionState> {
    const state = { current, trial: null, failed: { version, detail } };
    await this.options.versions.setState(state);
    const runs = current ?? this.options.installed;
    this.options.journal.error('the new version of the agent failed; the earlier one is put back', {
      version,
      detail,
      runningVersion: runs,
    });
    return state;
  }

  async #runOnce({ current, trial }: VersionState): Promise<Ended> {
    const version = trial?.version ?? current;
    const child = this.#start(version);
    this.#child = child;
    let why: Ended['why'] = 'exited';
    const endFor = (reason: Ended['why']) => {
      why = reason;
      end(child);
    };
    const late = trial ? setTimeout(() => endFor('late'), LIMITS.UPDATE_PROVE_MS) : undefined;
    /** One after another. */
    let handled: Promise<unknown> = Promise.resolve();
    let proved = trial === null;
    child.on('message', (input) => {
      const message = agentMessage.safeParse(input).data;
      handled = handled.then(async () => {
        if (message?.type === 'online' && !proved && why === 'exited') {
          proved = true;
          clearTimeout(late);
          await this.options.versions.setState({ current: version, trial: null, failed: null });
          this.options.journal.info('the agent was updated', { version });
        }
        if (message?.type === 'install' && proved && why === 'exited' && (await this.#accept(child, message.version)))
          endFor('install');
      });
    });
    const code = await exitOf(child);
    clearTimeout(late);
    await handled;
    this.#child = undefined;
    return { why, code };
  }

  /** Verifies again what the agent has verified, with the key that this process has read. */
  async #accept(child: ChildProcess, version: string): Promise<boolean> {
    const { versions, installed, releaseKey, journal } = this.options;
    const state = await versions.state();
    const refusal = await versions.refusalOf(version, { running: state.current ?? installed, releaseKey });
    if (refusal !== undefined) {
      journal.error('a version of the agent is not installed', { version, detail: refusal });
      child.send({ type: 'refused', detail: refusal } satisfies SupervisorMessage, () => undefined);
      return false;
    }
    await versions.setState({ ...state, trial: { version, starts: 0 }, failed: null });
    journal.info('the agent restarts with a new version', { version });
    return true;
  }

  /** @param version null: the installed one, as this process was started */
  #start(version: string | null): ChildProcess {
    const script =
      version === null
        ? [...process.execArgv, ...process.argv.slice(1)]
        : [this.options.versions.scriptOf(version), ...this.options.args];
    return spawn(process.execPath, script, {
      // beside the installed script: packages with native code, which cannot be bundled
      env: { ...process.env, [SUPERVISED]: 'yes', NODE_PATH: join(__dirname, 'node_modules') },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      // Ctrl-C must reach only the supervisor, which stops the agent in order
      detached: true,
    });
  }
}

function end(child: ChildProcess): void {
  child.kill('SIGTERM');
  const force = setTimeout(() => child.kill('SIGKILL'), LIMITS.UPDATE_STOP_MS);
  child.once('exit', () => clearTimeout(force));
}

async function exitOf(child: ChildProcess): Promise<number> {
  try {
    const [code] = (await once(child, 'exit')) as [number | null];
    return code ?? 1;
  } catch {
    return 1; // it could not be started
  }
}
