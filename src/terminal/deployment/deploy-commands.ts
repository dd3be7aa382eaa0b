import type { Command } from 'commander';
import { adder, JSON_ANSWER, JSON_ROWS, perform, whole, type Action, type Json } from '../command-line';
import type { DeployOptions, WhenOptions } from './deploy';
import type { TerminalIo } from '../terminal-io';

const PAIRS_MOST = 64;
const WHEN = 'ask, now, idle (as soon as no session is open) or a time (RFC 3339)';

/** Adds `platen deploy` and its subcommands. */
export function register(program: Command): void {
  const deploy = adder(program)('deploy', 'deploy a release of the relay, or another number of pairs (administrators)')
    .option('--release <version>', 'a stored release, or "built-in"; the current one if omitted')
    .option('--pairs <number>', 'number of pairs; the current one if omitted', whole(1, PAIRS_MOST))
    .option('--relay <relay>', 'the relay to deploy', 'local')
    .option('--when <when>', WHEN, 'ask')
    .option('--yes', 'execute without a prompt')
    .option('--json', 'print one JSON object per state')
    .action((options: DeployOptions) =>
      perform(async (io) => (await import('./deploy.js')).deploy(io, options), options),
    );
  const add = adder(deploy);

  add('status [id]', 'show a deployment; without an ID, the open ones or else the last one')
    .option(...JSON_ROWS)
    .action((id: string | undefined, _: Json, command: Command) =>
      performed(command, async (io, options) => (await import('./deployments.js')).deployStatus(io, id, options)),
    );
  add('abort [id]', 'abort a deployment; without an ID, the open one')
    .option(...JSON_ANSWER)
    .action((id: string | undefined, _: Json, command: Command) =>
      performed(command, async (io, options) => (await import('./deployments.js')).deployAbort(io, id, options)),
    );
  add('history', 'list the deployments, newest first')
    .option(...JSON_ROWS)
    .action((_: Json, command: Command) =>
      performed(command, async (io, options) => (await import('./deployments.js')).deployHistory(io, options)),
    );
  add('roll-back <id>', 'deploy the relay that served before this deployment')
    .option('--when <when>', WHEN)
    .option('--yes', 'execute without a prompt')
    .option('--json', 'print one JSON object per state')
    .action((id: string, _: Json, command: Command) =>
      performed(command, async (io, options) => (await import('./deploy.js')).deployRollBack(io, id, options)),
    );
}

/** Options that `deploy` has, too, are parsed by `deploy`, wherever they appear. */
function performed(
  command: Command,
  action: (io: TerminalIo, options: WhenOptions) => ReturnType<Action>,
): Promise<void> {
  const options = command.optsWithGlobals<WhenOptions>();
  return perform((io) => action(io, options), options);
}
