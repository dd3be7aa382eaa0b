import { dataSourceOptions } from '../../ormconfig';
import { createJournal } from '../journal/journal';
import { loadCertificate } from './config/certificate';
import { loadCompany } from './config/company';
import type { Config } from './config/config';
import type { Settings } from './config/config.module';
import { prepareDataFolder } from './config/data-folder';
import { loadReleaseKey } from './config/release-key';
import { readOidcFiles } from './config/oidc-settings';
import { readMailFiles } from './config/mail-files';
import { loadSecrets } from './config/secrets';

/**
 * Loads the settings, secrets and certificate of the server; the first start creates the missing ones.
 * @throws ConfigurationError, DataFolderUnusable, SecretsUnusable, CertificateUnusable, ReleaseKeyUnusable,
 * CompanyLogoUnusable
 */
export async function loadSettings(config: Config): Promise<Settings> {
  // The templates are read again for every mail; checking them here reports a missing one at the start.
  if (config.mail) readMailFiles(config.mail);
  if (config.login.oidc) readOidcFiles(config.login.oidc);
  prepareDataFolder(config.data);
  const secrets = loadSecrets(config);
  const certificate = await loadCertificate(config);
  const releaseKey = loadReleaseKey(config.deployment.releaseKey);
  const company = loadCompany(config.company);
  const journal = createJournal('server', config.logLevel);
  return { config, dataSource: dataSourceOptions(config), secrets, certificate, releaseKey, company, journal };
}
