import type { Command } from 'commander';
import { LIMITS } from '../../protocol/limits';
import { adder, JSON_ANSWER, JSON_ROWS, perform, whole, type Json } from '../command-line';
import type { SetOptions } from './relays';

/** Adds `platen relays ...`. */
export function register(program: Command): void {
  const relays = adder(program)('relays', 'list the relays with region, load and state; drain them (administrators)')
    .option(...JSON_ROWS)
    .action((options: Json) => perform(async (io) => (await import('./relays.js')).relays(io, options), options));
  const add = adder(relays);
  for (const [name, method, description] of [
    ['drain', 'PUT', 'take a relay out of service: it gets no new sessions; those that it carries continue'],
    ['undrain', 'DELETE', 'take a drained or removed relay back into service'],
  ] as const)
    add(`${name} <relay>`, description)
      .option(...JSON_ANSWER)
      .action((id: string, _: Json, command: Command) => {
        // options that `relays` has, too, are parsed by `relays`, wherever they appear
        const options = command.optsWithGlobals<Json>();
        return perform(async (io) => (await import('./relays.js')).drainRelay(io, id, method, options), options);
      });
  add('set <relay>', 'set region and session limit of a relay')
    .option('--region <region>', "region of the relay; '' for the one in its own settings")
    .option('--limit <sessions>', 'the most sessions; 0 for as many as it takes', whole(0, LIMITS.RELAY_LINKS))
    .option(...JSON_ANSWER)
    .action((id: string, _: SetOptions, command: Command) => {
      const options = command.optsWithGlobals<SetOptions>();
      return perform(async (io) => (await import('./relays.js')).setRelay(io, id, options), options);
    });
}
