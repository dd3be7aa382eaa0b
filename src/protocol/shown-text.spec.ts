import { shownLine, shownText } from './shown-text';

describe('text that is shown', () => {
  it.each([
    ['stays as it is', 'Papierstau in Fach 2', 'Papierstau in Fach 2'],
    ['is in NFC', 'Cafe\u0301', 'Café'],
    ['is one line', ' streaks\r\n on\tpage\u20282 \u00a0', 'streaks on page 2'],
    ['has no control characters', 'a\u0000b\u001b[31mc\u0085d', 'a b [31mc d'],
    ['keeps its order', 'pay \u202etxt.exe\u202c \u2066x\u2069\u200f\u061c', 'pay txt.exe x'],
    ['is visible', '\u200b\u2060\ufeff\u00ad\u3164\u115f\u{e0041}\u2800', ''],
    ['has no joiners that change nothing', 'Ti\u200dna\u200c\ufe0f', 'Tina'],
    ['keeps the joiners of Persian', 'می\u200cخواهم', 'می\u200cخواهم'],
    ['keeps the joiners of Hindi', 'क्\u200dष', 'क्\u200dष'],
    ['keeps an emoji of several', '👩\u200d🔧 🖨\ufe0f', '👩\u200d🔧 🖨\ufe0f'],
    ['keeps the variants of Japanese names', '葛\u{e0100}飾', '葛\u{e0100}飾'],
    ['keeps Hebrew and Arabic', 'חסימת נייר / انحشار', 'חסימת נייר / انحشار'],
    ['does not cover other lines', `a${'\u0330'.repeat(40)}`, `a${'\u0330'.repeat(4)}`],
    ['has whole characters', 'a\ud800b\udc00\ufffe\uffff', 'ab'],
  ])('%s', (_name, text, shown) => {
    expect(shownText(text)).toBe(shown);
  });

  it('is the same when the rule is applied again', () => {
    const parts = [
      'a',
      ' ',
      '\u0301',
      '\u200d',
      '\u200c',
      '\ufe0f',
      '\u3164',
      '\u0330',
      '\ud800',
      '葛',
      '👩',
      'م',
      '\u202e',
      '\n',
      'e',
    ];
    let seed = 7;
    const any = () => parts[(seed = (seed * 48_271) % 2_147_483_647) % parts.length]!;
    for (let round = 0; round < 5_000; round++) {
      const once = shownText(Array.from({ length: 8 }, any).join(''));
      expect(shownText(once)).toBe(once);
    }
  });

  it('is bounded after it has been cleaned', () => {
    const line = shownLine(3);
    expect(line.parse(' a\u200b  b ')).toBe('a b');
    expect(line.safeParse('abcd').success).toBe(false);
    expect(line.min(1).safeParse('\u202e\u200b').success).toBe(false);
  });
});
