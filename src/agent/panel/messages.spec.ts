import { LANGUAGES, languageOf, MESSAGES } from './messages';

const PLACES = /\{\w+\}/g;

describe('the words of the panel', () => {
  it.each<[string | undefined, string]>([
    [undefined, 'en'],
    ['', 'en'],
    ['ja', 'ja'],
    ['ja-JP,ja;q=0.9,en-US;q=0.8', 'ja'],
    ['en-US,en;q=0.9,ja;q=0.8', 'en'],
    ['de-DE,de;q=0.9', 'en'],
    ['de,ja;q=0.3,en;q=0.2', 'ja'],
    ['ja;q=0,en', 'en'],
    ['*;q=0.5, JA ;q=0.9', 'ja'],
    [`${'x,'.repeat(10_000)}ja`, 'en'],
  ])('for %s are those of %s', (header, language) => {
    expect(languageOf(header)).toBe(language);
  });

  it.each(LANGUAGES)('have the same places to fill in %s as in English', (language) => {
    const places = (of: 'en' | 'ja') =>
      Object.entries(MESSAGES[of]).map(([name, text]) => [name, typeof text === 'string' ? text.match(PLACES) : null]);
    expect(places(language)).toEqual(places('en'));
    expect(MESSAGES[language].columns).toHaveLength(5);
  });
});
