import { Module } from '@nestjs/common';
import { AuthModule } from '../../auth/auth.module';
import { ReleaseAdministration } from './release-administration';
import { ReleaseFiles } from './release-files';
import { ReleaseIntake } from './release-intake';
import { ReleasesController } from './releases.controller';
import { ReleasesService } from './releases.service';

/** Needs ReleasesInUse, which the global deployment module provides. */
@Module({
  imports: [AuthModule],
  controllers: [ReleasesController],
  providers: [ReleaseFiles, ReleaseIntake, ReleaseAdministration, ReleasesService],
  exports: [ReleasesService],
})
export class ReleasesModule {}
