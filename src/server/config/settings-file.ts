import { existsSync, readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { ConfigurationError, readConfig, type Config } from './config';

/**
 * The settings of a `platen server` command: of the environment, and of the file that PLATEN_SETTINGS names, as the Debian
 * package does, or else of `.env` in the current folder. The environment takes precedence.
 * @throws ConfigurationError
 */
export function loadConfig(): Config {
  const named = process.env.PLATEN_SETTINGS;
  const file = named || '.env';
  if (named || existsSync(file)) {
    try {
      // process.loadEnvFile reports every error as ENOENT
      for (const [name, value] of Object.entries(parseEnv(readFileSync(file, 'utf8')))) process.env[name] ??= value;
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      const remedy = code === 'EACCES' ? ': run the command as the user that runs the server, or as root' : '';
      throw new ConfigurationError(`the settings in ${file} cannot be read (${code ?? message})${remedy}`);
    }
  }
  return readConfig(process.env);
}
