import { randomInt } from 'node:crypto';
import { secretHash } from '../../../tunnel/sha256';

/** Crockford's base32: no I, L, O and U. */
const LETTERS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
/** 80 bits, so that a plain hash is enough. */
const CHARACTERS = 16;
const GROUP = /.{4}(?=.)/g;

/** `XXXX-XXXX-XXXX-XXXX` */
export const newRecoveryCode = (): string =>
  Array.from({ length: CHARACTERS }, () => LETTERS[randomInt(LETTERS.length)])
    .join('')
    .replaceAll(GROUP, '$&-');

/** The stored form. Case, spaces, hyphens, and letters that are mistaken for digits make no difference. */
export const recoveryCodeHash = (code: string): string =>
  secretHash(
    `recovery code ${code.toUpperCase().replaceAll(/[\s-]/g, '').replaceAll('O', '0').replaceAll(/[IL]/g, '1')}`,
  );
