import { z } from 'zod';

/** Control characters, line breaks, and the blank braille pattern, which no display shows otherwise. */
const BLANK = /[\s\p{Cc}\p{Zl}\p{Zp}\u2800]+/gu;
/** Invisible characters (Default_Ignorable_Code_Point), controls of the writing direction, lone surrogates, noncharacters. */
const INVISIBLE = /(?![\p{VS}\p{Join_C}])[\p{DI}\p{Cf}\p{Cs}\p{NChar}]/gu;
/** Joiners and variation selectors, with the character before them. */
const ATTACHED = /(^|[^\p{VS}\p{Join_C}])([\p{VS}\p{Join_C}]+)/gu;
/** Characters that have another form with one of those. */
const HAS_FORMS = /[\p{L}\p{M}\p{So}]/u;
const HAS_NONE = /[\p{sc=Latn}\p{sc=Grek}\p{sc=Cyrl}\p{sc=Zinh}]/u;
/** More marks on one letter than a script needs would cover the lines around it. */
const STACKED = /(\p{M}{4})\p{M}+/gu;

/**
 * The rule for text that one person enters and another one reads, or that a device or another program reports: one line in
 * NFC, without control characters, invisible characters, and characters that reverse the order of the text (Unicode
 * TR 36 2.2). Every program applies it to what arrives, so that what is shown is what was compared, signed and stored.
 */
export const shownText = (text: string): string =>
  text
    .normalize('NFC')
    .replace(BLANK, ' ')
    .replace(INVISIBLE, '')
    .replace(
      ATTACHED,
      (_, base: string, marks: string) => base + (HAS_FORMS.test(base) && !HAS_NONE.test(base) ? marks : ''),
    )
    .replace(STACKED, '$1')
    .replace(/ +/g, ' ')
    .trim()
    .normalize('NFC');

/** A string that is shown, of at most `most` UTF-16 units; it may be empty. */
export const shownLine = (most: number) => z.string().overwrite(shownText).max(most);

/** Several lines, each by the same rule, without empty ones at either end. */
export const shownLines = (most: number) =>
  z
    .string()
    .overwrite((text) =>
      text
        .split(/\r\n|[\n\r\u0085\u2028\u2029]/)
        .map(shownText)
        .join('\n')
        .replace(/^\n+|\n+$/g, ''),
    )
    .max(most);
