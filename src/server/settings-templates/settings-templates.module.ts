import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AuthModule } from '../auth/auth.module';
import { DevicesModule } from '../devices/devices.module';
import { SettingsDrift } from './settings-drift';
import { SettingsTemplateEntity } from './settings-template.entity';
import { DeviceDriftController, SettingsTemplatesController } from './settings-templates.controller';
import { SettingsTemplatesRepository } from './settings-templates.repository';
import { SettingsTemplatesService } from './settings-templates.service';

/** Settings that devices should have, and which devices differ from them. */
@Module({
  imports: [AuthModule, DevicesModule, TypeOrmModule.forFeature([SettingsTemplateEntity])],
  controllers: [SettingsTemplatesController, DeviceDriftController],
  providers: [SettingsTemplatesRepository, SettingsTemplatesService, SettingsDrift],
  exports: [SettingsTemplatesService],
})
export class SettingsTemplatesModule {}
