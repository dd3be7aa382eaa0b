import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import { secret } from '../../protocol/names';
import { parseJson } from '../../protocol/parse-json';
import { createPrivate, readPrivate } from '../../tunnel/private-file';
import type { Config } from './config';

/** The server's secrets, 32 random bytes each, created on the first start. */
export interface Secrets {
  /** Signs the session cookies. */
  readonly cookieSecret: string;
  /** Encrypts database columns: AES-256. */
  readonly encryptionKey: Buffer;
  /** Derives stable SCRAM salts for unknown agents (RFC 5802 9). */
  readonly fakeSaltKey: Buffer;
  /** Derives the secrets with which relays authenticate. */
  readonly localRelaySecret: string;
}
/** Injection token: `@Inject(SECRETS) secrets: Secrets`. */
export const SECRETS = Symbol('Secrets');

export class SecretsUnusable extends Error {
  override readonly name = 'SecretsUnusable';
}

const file = z.object({ cookieSecret: secret, encryptionKey: secret, fakeSaltKey: secret, localRelaySecret: secret });

/**
 * Reads `<data>/secrets.json`, or creates it (0600).
 * @throws SecretsUnusable if the file is damaged; a new one would make the encrypted columns unreadable
 */
export function loadSecrets(config: Config): Secrets {
  const path = join(config.data, 'secrets.json');
  const text = readPrivate(path) ?? createPrivate(path, newSecrets());
  const parsed = file.safeParse(parseJson(text));
  if (!parsed.success)
    throw new SecretsUnusable(`${path} is damaged: restore it from a backup, or remove it to start with new secrets`);
  const { cookieSecret, encryptionKey, fakeSaltKey, localRelaySecret } = parsed.data;
  return Object.freeze({
    cookieSecret,
    encryptionKey: Buffer.from(encryptionKey, 'base64url'),
    fakeSaltKey: Buffer.from(fakeSaltKey, 'base64url'),
    localRelaySecret,
  });
}

function newSecrets(): string {
  const made = Object.fromEntries(Object.keys(file.shape).map((name) => [name, randomBytes(32).toString('base64url')]));
  return `${JSON.stringify(made, null, 2)}\n`;
}
