import { LANGUAGES, languageOf, MESSAGES } from './messages';
import { ORIGIN_MESSAGES } from './origin-messages';

const PLACES = /\{\w+\}/g;

describe('the texts of the approval screen', () => {
  it.each<[string[], string]>([
    [[], 'en'],
    [['ja'], 'ja'],
    [['ja-JP', 'ja', 'en-US'], 'ja'],
    [['en-US', 'en', 'ja'], 'en'],
    [['de-DE', 'de'], 'en'],
    [['de', 'JA-jp', 'en'], 'ja'],
  ])('for a browser that prefers %j are in %s', (preferred, language) => {
    expect(languageOf(preferred)).toBe(language);
  });

  it.each(LANGUAGES)('have the same placeholders in %s as in English', (language) => {
    const places = (of: 'en' | 'ja') =>
      Object.entries({ ...MESSAGES[of], ...ORIGIN_MESSAGES[of] }).map(([name, text]) => [
        name,
        typeof text === 'string' ? text.match(PLACES) : null,
      ]);
    expect(places(language)).toEqual(places('en'));
    expect(MESSAGES[language].columns).toHaveLength(5);
  });
});
