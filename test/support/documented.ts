import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const RUNNING = readFileSync(join(__dirname, '../../docs/RUNNING.md'), 'utf8');

/**
 * The blocks of code in RUNNING below a heading, up to the next heading of the same or a higher level.
 * @param heading as it stands there: `## Reverse proxy`
 * @param language of the blocks
 */
export function documented(heading: string, language: string): string[] {
  const [, ...rest] = RUNNING.split(`\n${heading}\n`);
  if (rest.length !== 1) throw new Error(`RUNNING has ${rest.length} headings ${heading}`);
  const level = heading.indexOf(' ');
  const chapter = rest[0]!.split(new RegExp(`\n#{2,${level}} (?=[A-Z])`))[0]!;
  const blocks = [...chapter.matchAll(/\n *```(\w+)\n(.*?)\n *```/gs)];
  const found = blocks.filter(([, each]) => each === language).map(([, , code]) => code!);
  if (found.length === 0) throw new Error(`RUNNING has no ${language} below ${heading}`);
  return found;
}

/** The variables in a documented block of settings. */
export function settingsIn(...blocks: string[]): Record<string, string> {
  const lines = blocks.flatMap((block) => block.split('\n')).filter((line) => line !== '');
  return Object.fromEntries(lines.map((line) => line.split(/=(.*)/s).slice(0, 2) as [string, string]));
}
