// Measures Platen beside other programs, on loopback or in network namespaces of its own, and stops when its time is over.
//   npm run bench -- [--only relay,tunnel] [--quick] [--runs 5] [--out bench/results] [--list]
// Prints Markdown; writes it to a folder, with all figures as JSON and a plot as SVG. Each part is a process of its own, so
// that neither its memory nor its failure reaches the others.
import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { clearTimeout, setTimeout } from 'node:timers';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { namespaces } from './namespaces.mjs';
import { PARTS } from './parts.mjs';
import { plot } from './plot.mjs';
import { machine, partMarkdown, targetsMarkdown } from './report.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const { values } = parseArgs({
  options: {
    only: { type: 'string', default: Object.keys(PARTS).join() },
    quick: { type: 'boolean', default: false },
    runs: { type: 'string' },
    out: { type: 'string', default: join(ROOT, 'bench/results') },
    list: { type: 'boolean', default: false },
  },
});

function fail(line) {
  console.error(`bench: ${line}`);
  process.exit(1);
}

if (values.list) {
  for (const [name, { about }] of Object.entries(PARTS)) console.log(`${name.padEnd(12)} ${about}`);
  process.exit(0);
}
const names = values.only.split(',');
const unknown = names.filter((name) => !(name in PARTS));
if (unknown.length > 0) fail(`there is no part ${unknown.join()}; --list names them`);
const runs = Number(values.runs ?? (values.quick ? 2 : 5));
if (!Number.isInteger(runs) || runs < 1) fail('--runs must be a number from 1');

/** The group of processes of the part that is being measured. */
let group;
const kill = () => {
  try {
    if (group) process.kill(-group, 'SIGKILL');
  } catch {
    // all of it has ended
  }
};
for (const signal of ['SIGINT', 'SIGTERM'])
  process.once(signal, () => {
    kill();
    process.exit(130);
  });

/** @returns what the part has measured, or why it has not */
function measure(name) {
  const { minutes, isolated } = PARTS[name];
  const { missing, enter } = isolated ? namespaces() : { enter: [] };
  if (missing) return { title: name, notRun: [`${name}: no network namespaces here (${missing})`] };
  const [file, ...args] = [...enter, process.execPath, join(ROOT, 'bench/run-part.mjs'), name];
  const options = { runs, quick: values.quick, root: resolve(ROOT) };
  const child = spawn(file, [...args, JSON.stringify(options)], {
    detached: true,
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  group = child.pid;
  return new Promise((done) => {
    let result = { title: name, notRun: [`${name}: it failed, see above`] };
    const late = setTimeout(() => {
      result = { title: name, notRun: [`${name}: it took longer than ${minutes} minutes`] };
      kill();
    }, minutes * 60_000);
    child.on('message', (message) => (result = message));
    child.once('error', (error) => (result.notRun = [`${name}: ${error.message}`]));
    child.once('close', () => {
      clearTimeout(late);
      kill(); // what it may have left running
      done(result);
    });
  });
}

const about = machine();
const results = {};
for (const name of names) {
  console.error(`bench: ${name} (at most ${PARTS[name].minutes} minutes) ...`);
  results[name] = { ...(await measure(name)), load: machine().load };
}

const { processor, memoryGB, system, node, congestion, load } = about;
const text = [
  `# Measured\n`,
  `${processor}, ${memoryGB} GB, ${system}, Node ${node}, TCP congestion control ${congestion}, load ${load} before and ` +
    `${machine().load} after. ${runs} alternating runs; median (least-most).${values.quick ? ' Small sizes (`--quick`).' : ''}\n`,
  targetsMarkdown(Object.values(results)),
  ...Object.values(results).map(partMarkdown),
].join('\n');
console.log(text);
mkdirSync(values.out, { recursive: true });
writeFileSync(join(values.out, 'bench.md'), `${text}\n`);
writeFileSync(
  join(values.out, 'bench.json'),
  `${JSON.stringify({ machine: about, runs, quick: values.quick, parts: results }, undefined, 2)}\n`,
);
writeFileSync(join(values.out, 'bench.svg'), plot(Object.values(results).flatMap(({ charts = [] }) => charts)));
console.error(`bench: written to ${values.out}`);
