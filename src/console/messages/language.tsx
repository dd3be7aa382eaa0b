import { createContext, useCallback, useContext, useEffect, useMemo, useState, type ReactNode } from 'react';
import type { Language } from '../../protocol/api';
import { en, type Messages } from './en';
import { formatsOf, type Formats } from './formats';
import { ja } from './ja';

const CATALOGUES: Record<Language, Messages> = { en, ja };
const STORED = 'platen.language';

interface Speech {
  readonly language: Language;
  readonly t: Messages;
  readonly formats: Formats;
  /** null: the language of the browser. */
  readonly choose: (language: Language | null) => void;
}
const Speaking = createContext<Speech | undefined>(undefined);

const asLanguage = (text: string | null): Language | null => (text === 'en' || text === 'ja' ? text : null);
const ofBrowser = (): Language => (navigator.languages.some((each) => each.startsWith('ja')) ? 'ja' : 'en');

/** Before the login the language is a setting of the browser, afterwards of the user's profile. */
export function LanguageProvider({ children }: { children: ReactNode }) {
  const [chosen, setChosen] = useState(() => asLanguage(localStorage.getItem(STORED)));
  const language = chosen ?? ofBrowser();
  useEffect(() => {
    document.documentElement.lang = language;
  }, [language]);
  const choose = useCallback((next: Language | null): void => {
    if (next) localStorage.setItem(STORED, next);
    else localStorage.removeItem(STORED);
    setChosen(next);
  }, []);
  const speech = useMemo<Speech>(
    () => ({
      language,
      t: CATALOGUES[language],
      formats: formatsOf(language),
      choose,
    }),
    [language, choose],
  );
  return <Speaking.Provider value={speech}>{children}</Speaking.Provider>;
}

export function useLanguage(): Speech {
  const speech = useContext(Speaking);
  if (!speech) throw new Error('outside LanguageProvider');
  return speech;
}
/** The texts of the console in the selected language. */
export const useText = (): Messages => useLanguage().t;
export const useFormats = (): Formats => useLanguage().formats;
