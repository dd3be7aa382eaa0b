// What all benchmarks share: the description of the machine, alternating runs, medians and their spread, tables.
//
// A part returns
//   { title, method,
//     tables: [{ columns, rows }],                                       as text
//     charts: [{ title, unit, bars: [{ name, median, least, most }] }],  for the plot
//     targets: [{ what, target, measured, reached }],
//     notRun: [text],                                                    what is missing, and why
//     figures }                                                          everything, for JSON
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem } from 'node:os';

/** The first line of what a program prints; undefined if it is not installed. */
export function firstLine(program, ...words) {
  try {
    return execFileSync(program, words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).split('\n')[0];
  } catch {
    return undefined;
  }
}

const congestionControl = () => {
  try {
    return readFileSync('/proc/sys/net/ipv4/tcp_congestion_control', 'utf8').trim();
  } catch {
    return 'unknown';
  }
};

export const machine = () => ({
  processor: `${cpus().length} x ${cpus()[0].model}`,
  memoryGB: Math.round(totalmem() / 1e9),
  system: `Linux ${release()}`,
  node: process.version,
  congestion: congestionControl(),
  /** Of the last minute: other work shows here. */
  load: Number(loadavg()[0].toFixed(1)),
});

export function summary(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const median = (sorted[Math.ceil(middle) - 1] + sorted[Math.floor(middle)]) / 2;
  return { median, least: sorted[0], most: sorted.at(-1), runs: values.length };
}

/** The value below which this part of all values is. */
export function percentile(values, part) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];
}

/** Median and spread: `0.79 (0.77-0.83)`. */
export const shown = ({ median, least, most }, digits) =>
  `${median.toFixed(digits)} (${least.toFixed(digits)}-${most.toFixed(digits)})`;

/**
 * Measures all of `ways` so many times, another one first in each run, so that other work on the machine meets all alike.
 * @returns {Promise<Map>} way -> what `measure` returned in each run
 */
export async function alternate(ways, runs, measure) {
  const measured = new Map(ways.map((way) => [way, []]));
  for (let run = 0; run < runs; run++) {
    const first = run % ways.length;
    for (const way of [...ways.slice(first), ...ways.slice(0, first)]) measured.get(way).push(await measure(way));
  }
  return measured;
}

/** A summary of each field of what was measured in all runs. */
export const summaries = (runs) =>
  Object.fromEntries(Object.keys(runs[0]).map((field) => [field, summary(runs.map((run) => run[field]))]));

/** A target that is a bound: `bound(1.2, 'x ssh -R', value)`. */
export const atMost = (what, most, unit, value, digits = 2) => ({
  what,
  target: `<= ${most} ${unit}`,
  measured: value.toFixed(digits),
  reached: value <= most,
});
export const atLeast = (what, least, unit, value, digits = 2) => ({
  what,
  target: `>= ${least} ${unit}`,
  measured: value.toFixed(digits),
  reached: value >= least,
});

export function markdown(columns, rows) {
  const lines = [columns, columns.map(() => '---'), ...rows];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

export function targetsMarkdown(results) {
  const targets = results.flatMap((result) => result.targets ?? []);
  if (targets.length === 0) return '';
  const rows = targets.map(({ what, target, measured, reached }) => [
    what,
    target,
    measured,
    reached ? 'yes' : '**no**',
  ]);
  return `${markdown(['what', 'target', 'measured', 'reached'], rows)}\n`;
}

export function partMarkdown({ title, method, tables = [], notRun = [], load }) {
  return [
    `## ${title}\n`,
    ...(method ? [`${method} Load after it: ${load}.\n`] : []),
    ...tables.map(({ columns, rows }) => `${markdown(columns, rows)}\n`),
    ...(notRun.length > 0 ? [`Not run: ${notRun.join('; ')}.\n`] : []),
  ].join('\n');
}
