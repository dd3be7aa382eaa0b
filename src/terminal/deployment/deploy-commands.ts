import type { Command } from 'commander';
import { adder, perform, whole, type Action, type Json } from '../command-line';
import type { DeployOptions } from './deploy';
import type { WhenOptions } from './deploy-options';
import type { TerminalIo } from '../terminal-io';

const PAIRS_MOST = 64;
const WHEN = 'ask, now, idle (as soon as no session is left) or a time (RFC 3339)';

/** Adds `platen deploy` and what belongs to it. */
export function register(program: Command): void {
  const deploy = adder(program)('deploy', 'put another relay in the place of the present one (administrators)')
    .option('--release <version>', 'a stored release, or "built-in"; the present one otherwise')
    .option('--pairs <number>', 'Cloud Hub / Web Agent pairs; as many as now otherwise', whole(1, PAIRS_MOST))
    .option('--relay <relay>', 'which relay', 'local')
    .option('--when <when>', WHEN, 'ask')
    .option('--yes', 'execute without asking')
    .option('--json', 'print one JSON object for every state')
    .action((options: DeployOptions) =>
      perform(async (io) => (await import('./deploy.js')).deploy(io, options), options),
    );
  const add = adder(deploy);

  add('status [id]', 'show a deployment: those that are open, or the last one, if none is named')
    .option('--json', "print the API's rows")
    .action((id: string | undefined, _: Json, command: Command) =>
      performed(command, async (io, options) => (await import('./deploy-status.js')).deployStatus(io, id, options)),
    );
  add('abort [id]', 'abort a deployment: the open one, if none is named')
    .option('--json', "print the API's answer")
    .action((id: string | undefined, _: Json, command: Command) =>
      performed(command, async (io, options) => (await import('./deploy-abort.js')).deployAbort(io, id, options)),
    );
  add('history', 'list the deployments, newest first')
    .option('--json', "print the API's rows")
    .action((_: Json, command: Command) =>
      performed(command, async (io, options) => (await import('./deploy-history.js')).deployHistory(io, options)),
    );
  add('roll-back <id>', 'put the relay back that served before this deployment')
    .option('--when <when>', WHEN)
    .option('--yes', 'execute without asking')
    .option('--json', 'print one JSON object for every state')
    .action((id: string, _: Json, command: Command) =>
      performed(command, async (io, options) =>
        (await import('./deploy-roll-back.js')).deployRollBack(io, id, options),
      ),
    );
}

/** Options that `deploy` has too are taken by it wherever they stand. */
function performed(
  command: Command,
  action: (io: TerminalIo, options: WhenOptions) => ReturnType<Action>,
): Promise<void> {
  const options = command.optsWithGlobals<WhenOptions>();
  return perform((io) => action(io, options), options);
}
