import { INCH_MM, pixels, sizeOf, type Band, type RasterFormat } from './pwg-raster';

const WHITE = 255;
/** Lengths in millimetres, for paper that is wide enough. */
const MARGIN = 12.7;
const TITLE_DOT = 0.6;
const TEXT_DOT = 0.4;
const PATTERN = 12;
const RULE = 0.5;
const MOST_CHARACTERS = 64;
const GREYS = 11;

/**
 * A test page, line by line: a frame with a title and lines of text, a ramp from black to white, and fine lines.
 * Characters that the font lacks are drawn as `?`.
 */
export function* rasterPage(format: RasterFormat, title: string, lines: readonly string[]): Generator<Band> {
  const { media, resolution } = format;
  const { width, height } = sizeOf(format);
  const across = (millimetres: number): number => pixels(millimetres, resolution.x);
  const margin = Math.min(MARGIN, media.width / 10);
  const left = across(margin);
  const right = width - left;
  const frame = { from: across(margin / 2), to: width - across(margin / 2), rule: Math.max(1, across(RULE)) };

  const row = (draw?: (row: Uint8Array) => void): Uint8Array => {
    const made = new Uint8Array(width).fill(WHITE);
    draw?.(made);
    return made.fill(0, frame.from, frame.from + frame.rule).fill(0, frame.to - frame.rule, frame.to);
  };
  const rule = (from: number, to: number): Uint8Array => row((made) => made.fill(0, from, to));

  let drawn = 0;
  let position = 0;
  /** Equal lines for a length of the sheet, up to its end. */
  function* band(made: Uint8Array, millimetres: number): Generator<Band> {
    position += millimetres;
    const count = Math.min(pixels(position, resolution.y), height) - drawn;
    drawn += Math.max(count, 0);
    if (count > 0) yield { row: made, lines: count };
  }
  function* text(words: string, wanted: number): Generator<Band> {
    const dot = Math.max(wanted, INCH_MM / resolution.y);
    const wide = Math.max(1, Math.floor((wanted / INCH_MM) * resolution.x));
    const glyphs = glyphsOf(words);
    for (let line = 0; line < ROWS; line++) {
      const made = row((under) => {
        const drawable = under.subarray(0, right);
        glyphs.forEach((glyph, at) => drawDots(drawable, glyph[line]!, left + at * COLUMNS * wide, wide));
      });
      yield* band(made, dot);
    }
    yield* band(row(), dot * 5);
  }
  const blank = new Uint8Array(width).fill(WHITE);

  yield* band(blank, margin / 2);
  yield* band(rule(frame.from, frame.to), RULE);
  yield* band(row(), margin / 2);
  const fitting = (words: string): number => (media.width - 2 * margin) / (glyphsOf(words).length * COLUMNS);
  const titleDot = Math.min(TITLE_DOT, fitting(title));
  yield* text(title, titleDot);
  yield* band(row(), titleDot * 5);
  const textDot = Math.min(TEXT_DOT, titleDot, ...lines.map(fitting));
  for (const line of lines) yield* text(line, textDot);
  yield* band(rule(left, right), RULE);
  yield* band(row(), RULE * 4);
  yield* band(
    row((made) => {
      for (let at = left; at < right; at++)
        made[at] = Math.round((Math.floor(((at - left) / (right - left)) * GREYS) / (GREYS - 1)) * WHITE);
    }),
    PATTERN,
  );
  yield* band(row(), RULE * 4);
  yield* band(
    row((made) => {
      for (let at = left, wide = 1; at + wide <= right; at += 2 * wide, wide = (wide % 4) + 1)
        made.fill(0, at, at + wide);
    }),
    PATTERN,
  );
  yield* band(row(), media.height - position - margin / 2 - RULE);
  yield* band(rule(frame.from, frame.to), RULE);
  yield* band(blank, Infinity);
}

/** Dots of a character with the space after it, and of its height. */
const COLUMNS = 6;
const ROWS = 7;

/** Draws five dots, of so many pixels each. */
function drawDots(row: Uint8Array, dots: number, from: number, wide: number): void {
  for (let column = 0; column < 5; column++)
    if (dots & (0x10 >> column)) row.fill(0, from + column * wide, from + (column + 1) * wide);
}

/** The rows of each character, as five bits each. */
const glyphsOf = (words: string): number[][] =>
  [...words.normalize('NFD').replace(/\p{M}/gu, '').toUpperCase()]
    .slice(0, MOST_CHARACTERS)
    .map((character) => [...(FONT[character] ?? FONT['?']!)].map((digit) => parseInt(digit, 32)));

/** Capitals, digits and signs of 5 by 7 dots: one digit of base 32 for each row, from the top. */
const FONT: Readonly<Record<string, string>> = {
  ...{ A: 'ehhvhhh', B: 'uhhuhhu', C: 'ehggghe', D: 'uhhhhhu', E: 'vgguggv', F: 'vgguggg', G: 'ehgnhhf' },
  ...{ H: 'hhhvhhh', I: 'e44444e', J: '72222ic', K: 'hikokih', L: 'ggggggv', M: 'hrllhhh', N: 'hhpljhh' },
  ...{ O: 'ehhhhhe', P: 'uhhuggg', Q: 'ehhhlid', R: 'uhhukih', S: 'fgge11u', T: 'v444444', U: 'hhhhhhe' },
  ...{ V: 'hhhhha4', W: 'hhhllla', X: 'hha4ahh', Y: 'hhha444', Z: 'v1248gv' },
  ...{ 0: 'ehjlphe', 1: '4c4444e', 2: 'eh1248v', 3: 'v2421he', 4: '26aiv22', 5: 'vgu11he', 6: '68guhhe' },
  ...{ 7: 'v124888', 8: 'ehhehhe', 9: 'ehhf12c' },
  ...{ ' ': '0000000', '-': '000e000', '.': '00000cc', ':': '0cc0cc0', ',': '0000c48', '/': '0124800' },
  ...{ _: '000000v', '(': '2488842', ')': '8422248', '+': '044v440', '#': 'aavavaa', '&': 'cik8lid' },
  ...{ "'": '6480000', '?': 'eh12404' },
};
