import type { Language } from '../../protocol/api';
import { loadCode } from '../loading/code';
import type { Messages } from './en';

export interface Catalogue {
  readonly language: Language;
  readonly texts: Messages;
}

const LOADS: Record<Language, () => Promise<Messages>> = {
  en: () => import('./en').then(({ en }) => en),
  ja: () => import('./ja').then(({ ja }) => ja),
};

/**
 * The texts of one language. Each language is a file of its own.
 * @throws CodeNotLoaded
 */
export const loadCatalogue = (language: Language): Promise<Messages> => loadCode(LOADS[language]);
