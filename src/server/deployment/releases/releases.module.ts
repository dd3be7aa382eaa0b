import { join } from 'node:path';
import { Module, type FactoryProvider } from '@nestjs/common';
import { Journal } from '../../../journal/journal';
import { CONFIG, type Config } from '../../config/config';
import { AuthModule } from '../../auth/auth.module';
import { ReleaseAdministration } from './release-administration';
import { RELAY_RELEASES, ReleaseFiles, type ReleaseKind } from './release-files';
import { ReleaseIntake } from './release-intake';
import { ReleasesController } from './releases.controller';
import { ReleasesService } from './releases.service';

/** Provides the files of one product to the module that asks. @param folder in the data folder */
export const releaseFiles = (folder: string, kind: ReleaseKind): FactoryProvider => ({
  provide: ReleaseFiles,
  useFactory: (config: Config, journal: Journal) => new ReleaseFiles(join(config.data, folder), kind, journal),
  inject: [CONFIG, Journal],
});

/** Needs ReleasesInUse, which the global deployment module provides. */
@Module({
  imports: [AuthModule],
  controllers: [ReleasesController],
  providers: [releaseFiles('releases', RELAY_RELEASES), ReleaseIntake, ReleaseAdministration, ReleasesService],
  exports: [ReleasesService],
})
export class ReleasesModule {}
