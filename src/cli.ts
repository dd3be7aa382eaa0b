#!/usr/bin/env node
import { Command } from 'commander';
import { register as agent } from './agent/commands';
import { register as demo } from './demo/commands';
import { register as mfp } from './mfp/commands';
import { register as relay } from './relay/commands';
import { register as server } from './server/commands';
import { register as terminal } from './terminal/commands';

const program = new Command('platen')
  .description('Self-hosted remote maintenance for printers and MFPs')
  .showHelpAfterError('List the commands: platen --help');

// A reader that closes the pipe early, such as `head`, does not fail a command.
for (const output of [process.stdout, process.stderr])
  output.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });

for (const register of [terminal, server, relay, agent, mfp, demo]) register(program);

void program.parseAsync();
