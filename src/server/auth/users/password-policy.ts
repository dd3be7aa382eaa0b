import { dictionary } from '@zxcvbn-ts/language-common';
import { GuessablePassword } from '../auth.errors';

/** Passwords that leaks contain most often, in lower case: what an attacker tries first. */
const COMMON: ReadonlySet<string> = new Set(dictionary['passwords-common']);
const PRODUCT = 'platen';
const LEAST_OWN_CHARACTERS = 6;
const LEAST_DIFFERENT_CHARACTERS = 4;

/**
 * Whether a password is among the first that an attacker tries (NIST SP 800-63B 3.1.1.2): a common one, also with digits or
 * signs after it; a repetition; the user ID or the product's name with little else. There are no rules about kinds of
 * characters, and a password does not expire, as the same section asks.
 */
export function isGuessable(password: string, username: string): boolean {
  const text = password.normalize('NFC').toLowerCase();
  if (COMMON.has(text) || COMMON.has(text.replace(/[^\p{L}]+$/u, ''))) return true;
  if (new Set(text).size < LEAST_DIFFERENT_CHARACTERS) return true;
  return text.replaceAll(username, '').replaceAll(PRODUCT, '').length < LEAST_OWN_CHARACTERS;
}

/**
 * @param field of the request, for the error
 * @throws GuessablePassword
 */
export function refuseGuessable(password: string, username: string, field: 'password' | 'next'): void {
  if (isGuessable(password, username)) throw new GuessablePassword(field);
}
