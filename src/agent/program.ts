import { Command } from 'commander';
import { productVersion } from '../journal/product-version';
import { addCommands } from './commands';

/** The agent as a program of its own: tools/build-release.mjs bundles it, with its pages, into one file. */
const program = new Command('platen-agent')
  .version(productVersion(), '--version', 'show the version')
  .showHelpAfterError('List the commands: platen-agent --help');
addCommands(program);
void program.parseAsync();
