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
