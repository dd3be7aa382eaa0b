import { createJournal } from '../journal/journal';
import { loadCertificate } from './config/certificate';
import type { Config } from './config/config';
import type { Settings } from './config/config.module';
import { prepareDataFolder } from './config/data-folder';
import { loadReleaseKey } from './config/release-key';
import { readMailFiles } from './config/mail-files';
import { loadSecrets } from './config/secrets';

/**
 * Everything that has to be there before the server can be put together; on the first start it is made.
 * @throws ConfigurationError, DataFolderUnusable, SecretsUnusable, CertificateUnusable, ReleaseKeyUnusable
 */
export async function loadSettings(config: Config): Promise<Settings> {
  // they are read again for every mail; that they are there is found out now
  if (config.mail) readMailFiles(config.mail);
  prepareDataFolder(config.data);
  const secrets = loadSecrets(config);
  const certificate = await loadCertificate(config);
  const releaseKey = loadReleaseKey(config.deployment.releaseKey);
  return { config, secrets, certificate, releaseKey, journal: createJournal('server', config.logLevel) };
}
