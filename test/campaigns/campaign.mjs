// What all campaigns share: the build they drive, parts of the tests, their seed, their tables.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { transformSync } from '@swc/core';

export const ROOT = resolve(fileURLToPath(new URL('../..', import.meta.url)));
export const CLI = join(ROOT, 'dist/src/cli.js');

const require = createRequire(join(ROOT, 'dist/'));
/** A module of the build: `src/demo/programs`. */
export const built = (module) => require(`./${module}.js`);

require.extensions['.ts'] = (module, file) => {
  const jsc = { target: 'es2022', parser: { syntax: 'typescript', decorators: true } };
  const options = { filename: file, swcrc: false, module: { type: 'commonjs' }, jsc };
  module._compile(transformSync(readFileSync(file, 'utf8'), options).code, file);
};
/** What the tests have, compiled when it is loaded: `xmpp/xmpp-wire` of test/support. */
export const support = (module) => require(join(ROOT, `test/support/${module}.ts`));

/** A seed of its own for each run that names none. */
export const newSeed = () => String(Date.now() % 1_000_000);

/** Numbers from 0 to 1 that the seed repeats (mulberry32). */
export function seededRandom(state) {
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Choices from one stream of random numbers. */
export class Dice {
  constructor(random) {
    this.random = random;
  }

  between(least, most) {
    return least + this.random() * (most - least);
  }
  chance(probability) {
    return this.random() < probability;
  }
  of(list) {
    return list[Math.floor(this.random() * list.length)];
  }
  /** @param weights by name: `{ often: 3, seldom: 1 }` */
  weighted(weights) {
    let left = this.random() * Object.values(weights).reduce((sum, each) => sum + each, 0);
    return Object.keys(weights).find((name) => (left -= weights[name]) < 0);
  }
}

/** Polls until `look` gives something, at most for `ms`. @returns it; undefined: not in time */
export async function within(ms, look, everyMs = 500) {
  const end = Date.now() + ms;
  for (;;) {
    const seen = await look();
    if (seen || Date.now() > end) return seen || undefined;
    await delay(everyMs);
  }
}

export const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

/** Prints rows below their column names. */
export function printTable(columns, rows) {
  const all = [columns, ...rows].map((row) => row.map(String));
  const widths = columns.map((_, at) => Math.max(...all.map((row) => row[at].length)));
  const line = (row) => `| ${row.map((cell, at) => cell.padEnd(widths[at])).join(' | ')} |`;
  const [head, ...body] = all;
  console.log(`\n${line(head)}\n| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`);
  for (const row of body) console.log(line(row));
}
