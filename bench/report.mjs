// What all benchmarks share: the description of the machine, medians and their spread, tables.
import { execFileSync } from 'node:child_process';
import { cpus, loadavg, release, totalmem } from 'node:os';

/** The first line of what a program prints; undefined if it is not installed. */
export function firstLine(program, ...words) {
  try {
    return execFileSync(program, words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).split('\n')[0];
  } catch {
    return undefined;
  }
}

export const machine = () => ({
  processor: `${cpus().length} x ${cpus()[0].model}`,
  memoryGB: Math.round(totalmem() / 1e9),
  system: `Linux ${release()}`,
  node: process.version,
  /** Of the last minute, before the measurements: other work shows here. */
  load: Number(loadavg()[0].toFixed(1)),
});

export function summary(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const median = (sorted[Math.ceil(middle) - 1] + sorted[Math.floor(middle)]) / 2;
  return { median, least: sorted[0], most: sorted.at(-1), runs: values.length };
}

/** Median and spread: `0.79 (0.77-0.83)`. */
export const shown = ({ median, least, most }, digits) =>
  `${median.toFixed(digits)} (${least.toFixed(digits)}-${most.toFixed(digits)})`;

export function markdown(columns, rows) {
  const lines = [columns, columns.map(() => '---'), ...rows];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
