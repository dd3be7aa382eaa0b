import { jsonFault } from './json-fault';

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

describe('where a text stops being JSON', () => {
  it.each([
    ['{"a": s3cret}', 6],
    ['{"a": "b" "c": 1}', 10],
    ['{"a": 1,}', 8],
    ['{a: 1}', 1],
    ["{'a': 1}", 1],
    ['{"a" 1}', 5],
    ['{"a": 1]', 7],
    ['[1, 2}', 5],
    ['[1 2]', 3],
    ['[,1]', 1],
    ['01', 1],
    ['{} {}', 3],
    ['{"a": "tab\there"}', 6],
    ['{"a": "\\x"}', 6],
    ['// comment\n{}', 0],
    ['{"a": 1, // comment\n}', 9],
    ['{"a": undefined}', 6],
    ['{', 1],
    ['{"a": "never closed', 6],
    ['', 0],
    ['\ufeff{}', 0],
  ])('%j: %d', (text, at) => {
    expect(isJson(text)).toBe(false);
    expect(jsonFault(text)).toBe(at);
  });

  it.each(['{}', ' [ ] ', '{"a":{"b":[1,-2.5e+3,true,null,"\\u00e9\\n"]},"":""}', '0', '"\u2028"', '[[[]],{}]'])(
    'nowhere in %j',
    (text) => {
      expect(isJson(text)).toBe(true);
      expect(jsonFault(text)).toBe(text.length);
    },
  );

  it('nowhere in what is still JSON after one character was left out, doubled or replaced', () => {
    const good = JSON.stringify({ a: [1, 'x', { b: null }], c: { d: true, e: '' } });
    const changed = [...good].flatMap((character, at) =>
      ['', character.repeat(2), '}', '"', ',', ':', '1', ' '].map(
        (put) => good.slice(0, at) + put + good.slice(at + 1),
      ),
    );
    const wrong = changed.filter((text) => isJson(text) && jsonFault(text) !== text.length);
    expect(wrong).toEqual([]);
  });
});
