import type { IppAttributes } from '../../ipp/ipp-message';
import { shownText } from '../../protocol/shown-text';

/** The text values of an attribute; empty if the device does not report it. */
export const stringsOf = (attributes: IppAttributes, name: string): string[] =>
  (attributes.get(name) ?? []).filter((value) => typeof value === 'string');

/** Fields of printer-alert and printer-supply: `key=value;key=value;` (PWG 5100.9, PWG 5100.13). Keys in lower case. */
export function keyValues(text: string): ReadonlyMap<string, string> {
  const pairs = text.split(';').map((pair) => pair.split('='));
  return new Map(pairs.map(([key = '', value = '']) => [key.trim().toLowerCase(), value.trim()]));
}

/** Converts a device's text to one line of at most `most` UTF-16 units, without cutting a surrogate pair. */
export const cleanLine = (text: string, most: number): string =>
  shownText(text)
    .slice(0, most)
    .replace(/[\ud800-\udbff]$/, '')
    .trimEnd();
