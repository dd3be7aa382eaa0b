// Runs one part, which bench.mjs has started as a process of its own, and sends what it has measured.
import { setTimeout as delay } from 'node:timers/promises';
import { PARTS } from './parts.mjs';

const [name, options] = process.argv.slice(2);
const { run } = await import(PARTS[name].file);
const result = await run(JSON.parse(options));
await new Promise((sent) => process.send(result, sent));
process.disconnect();
// Whatever is still open ends with the group of processes.
await delay(1_000, undefined, { ref: false });
process.exit(0);
