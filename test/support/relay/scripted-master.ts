import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** How a scripted Master departs from what a keeper expects of one. */
export interface ScriptedMaster {
  version?: string;
  /** JavaScript that runs first. */
  first?: string;
  /** JavaScript in place of what it does when it shall serve; `listening(() => ...)` listens on every inherited socket. */
  serve?: string;
  /** JavaScript in place of what it does on SIGTERM. */
  stop?: string;
}

/**
 * Writes the script of a release whose relay only greets: each connection on an inherited socket receives `<version>
 * <pair>` and is closed. The script writes the messages of its keeper to `heard.log` in its own folder.
 * @returns the script's path
 */
export function writeScriptedMaster(folder: string, name: string, play: ScriptedMaster = {}): string {
  const {
    version = name,
    first = '',
    serve = "listening(() => say({ type: 'serving' }))",
    stop = 'process.exit(0)',
  } = play;
  const file = join(folder, `${name}.cjs`);
  writeFileSync(
    file,
    `
const { appendFileSync } = require('node:fs');
const { createServer } = require('node:net');
const { join } = require('node:path');
const say = (message) => process.send(message);
const note = (text) => appendFileSync(join(__dirname, 'heard.log'), ${JSON.stringify(name)} + ' ' + text + '\\n');
const listening = (done) => {
  let waiting = Number(process.env.PLATEN_RELAY_PAIRS);
  for (let pair = 0; pair < Number(process.env.PLATEN_RELAY_PAIRS); pair++) {
    const server = createServer((socket) => socket.on('error', () => undefined).end(${JSON.stringify(version)} + ' ' + pair));
    server.listen({ fd: 4 + pair }, () => --waiting === 0 && done());
  }
};
process.on('SIGTERM', () => { note('SIGTERM'); ${stop}; });
process.on('disconnect', () => process.exit(0));
process.on('message', (message) => {
  note(message.type + (message.running ? ' ' + message.running.length : ''));
  if (message.type === 'serve') { ${serve}; }
});
${first}
say({ type: 'ready', version: ${JSON.stringify(version)}, protocol: 1 });
`,
  );
  return file;
}
