import type { Language } from '../../protocol/api';

const STORED = 'platen.language';

const asLanguage = (text: string | null): Language | null => (text === 'en' || text === 'ja' ? text : null);

/** Before the login the language is a setting of the browser, afterwards of the user's profile. */
export const languageOfBrowser = (): Language =>
  asLanguage(localStorage.getItem(STORED)) ?? (navigator.languages.some((each) => each.startsWith('ja')) ? 'ja' : 'en');

/** @param language null: the language of the browser */
export function storeLanguage(language: Language | null): void {
  if (language) localStorage.setItem(STORED, language);
  else localStorage.removeItem(STORED);
}
