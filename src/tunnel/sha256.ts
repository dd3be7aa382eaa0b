import { createHash } from 'node:crypto';

/** Base64url SHA-256 of a random secret, to store or log instead of it. Not for passwords: it is too fast. */
export const secretHash = (secret: string): string => createHash('sha256').update(secret).digest('base64url');
