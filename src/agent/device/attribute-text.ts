import type { IppAttributes } from '../../ipp/ipp-message';

/** The values of an attribute that are text; none where the device does not tell it. */
export const stringsOf = (attributes: IppAttributes, name: string): string[] =>
  (attributes.get(name) ?? []).filter((value) => typeof value === 'string');

/** Fields of printer-alert and printer-supply: `key=value;key=value;` (PWG 5100.9, PWG 5100.13). Keys in lower case. */
export function keyValues(text: string): ReadonlyMap<string, string> {
  const pairs = text.split(';').map((pair) => pair.split('='));
  return new Map(pairs.map(([key = '', value = '']) => [key.trim().toLowerCase(), value.trim()]));
}

/** What no line of text may hold: control characters, line separators, and what XML 1.0 2.2 forbids. */
const FORBIDDEN = /[\p{Cc}\p{Cs}\u2028\u2029\ufffe\uffff]+/gu;

/** Text of a device as one line of at most `most` characters (UTF-16 units), without half a character at its end. */
export const cleanLine = (text: string, most: number): string =>
  text
    .replace(FORBIDDEN, ' ')
    .trim()
    .slice(0, most)
    .replace(/[\ud800-\udbff]$/, '')
    .trimEnd();
