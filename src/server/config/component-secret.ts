import { readFileSync } from 'node:fs';
import { ConfigurationError } from './configuration-error';

/**
 * The secret that this server shares with the XMPP engine.
 * @throws ConfigurationError naming the variable whose file cannot be used
 */
export function readComponentSecret(path: string): string {
  const variable = 'PLATEN_XMPP_COMPONENT_SECRET_FILE';
  let secret: string;
  try {
    secret = readFileSync(path, 'utf8').trim();
  } catch (error) {
    throw new ConfigurationError(`${variable}: the file cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
  if (secret.length < 16) throw new ConfigurationError(`${variable}: the secret must have at least 16 characters`);
  return secret;
}
