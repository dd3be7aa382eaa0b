import { createHash } from 'node:crypto';

/** Base64url SHA-256 of a random secret: what is stored or logged in its place. Too fast for passwords. */
export const secretHash = (secret: string): string => createHash('sha256').update(secret).digest('base64url');
