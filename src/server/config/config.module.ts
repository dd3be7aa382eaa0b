import { Global, Module, type DynamicModule } from '@nestjs/common';
import type { DataSourceOptions } from 'typeorm';
import { Journal } from '../../journal/journal';
import { CERTIFICATE, type Certificate } from './certificate';
import { ConfiguredCompany } from './company';
import { CONFIG, type Config } from './config';
import { ReleaseKey } from './release-key';
import { SECRETS, type Secrets } from './secrets';

/** Everything that is loaded before the server is composed. */
export interface Settings {
  readonly config: Config;
  /** Options of the database, with every entity and migration. */
  readonly dataSource: DataSourceOptions;
  readonly secrets: Secrets;
  readonly certificate: Certificate;
  readonly releaseKey: ReleaseKey;
  readonly company: ConfiguredCompany;
  readonly journal: Journal;
}

/** Provides CONFIG, SECRETS, CERTIFICATE, ReleaseKey, ConfiguredCompany and Journal to every module. */
@Global()
@Module({})
export class ConfigModule {
  static of(settings: Settings): DynamicModule {
    const providers = [
      { provide: CONFIG, useValue: settings.config },
      { provide: SECRETS, useValue: settings.secrets },
      { provide: CERTIFICATE, useValue: settings.certificate },
      { provide: ReleaseKey, useValue: settings.releaseKey },
      { provide: ConfiguredCompany, useValue: settings.company },
      { provide: Journal, useValue: settings.journal },
    ];
    return { module: ConfigModule, providers, exports: providers.map(({ provide }) => provide) };
  }
}
