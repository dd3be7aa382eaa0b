import { createJournal } from '../journal/journal';
import { loadCertificate } from './config/certificate';
import type { Config } from './config/config';
import type { Settings } from './config/config.module';
import { prepareDataFolder } from './config/data-folder';
import { loadSecrets } from './config/secrets';

/**
 * Everything that has to be there before the server can be put together; on the first start it is made.
 * @throws DataFolderUnusable, SecretsUnusable, CertificateUnusable
 */
export async function loadSettings(config: Config): Promise<Settings> {
  prepareDataFolder(config.data);
  const secrets = loadSecrets(config);
  const certificate = await loadCertificate(config);
  return { config, secrets, certificate, journal: createJournal('server', config.logLevel) };
}
