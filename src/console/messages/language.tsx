import { createContext, useCallback, useContext, useEffect, useMemo, useRef, useState, type ReactNode } from 'react';
import type { Language } from '../../protocol/api';
import { loadCatalogue, type Catalogue } from './catalogues';
import { languageOfBrowser, storeLanguage } from './chosen-language';
import type { Messages } from './en';
import { formatsOf, type Formats } from './formats';

interface Speech {
  readonly language: Language;
  readonly t: Messages;
  readonly formats: Formats;
  /** The texts of the chosen language could not be loaded; the previous language remains. */
  readonly notLoaded: boolean;
  /** null: the language of the browser. */
  readonly choose: (language: Language | null) => void;
}
const Speaking = createContext<Speech | undefined>(undefined);

/** @param first the language of the browser, whose texts are loaded; others when they are chosen */
export function LanguageProvider({ first, children }: { first: Catalogue; children: ReactNode }) {
  const [{ language, texts }, setShown] = useState(first);
  const [notLoaded, setNotLoaded] = useState(false);
  const chosen = useRef(language);
  useEffect(() => {
    document.documentElement.lang = language;
  }, [language]);
  const choose = useCallback((choice: Language | null): void => {
    storeLanguage(choice);
    const next = languageOfBrowser();
    chosen.current = next;
    loadCatalogue(next).then(
      (loaded) => {
        if (chosen.current !== next) return;
        setNotLoaded(false);
        setShown((shown) => (shown.language === next ? shown : { language: next, texts: loaded }));
      },
      () => setNotLoaded(chosen.current === next),
    );
  }, []);
  const speech = useMemo<Speech>(
    () => ({ language, t: texts, formats: formatsOf(language), notLoaded, choose }),
    [language, texts, notLoaded, choose],
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
