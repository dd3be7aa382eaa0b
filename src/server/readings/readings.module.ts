import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AuthModule } from '../auth/auth.module';
import { CustomersModule } from '../customers/customers.module';
import { DevicesModule } from '../devices/devices.module';
import { NoticesModule } from '../notices/notices.module';
import { MeteredDeviceEntity } from './metered-device.entity';
import { MeterJumpEntity, ReadingEntity, ReadingScheduleEntity } from './reading.entity';
import { ReadingBookings } from './reading-bookings';
import { ReadingSchedules } from './reading-schedules';
import { ReadingsController } from './readings.controller';
import { ReadingsRepository } from './readings.repository';
import { ReadingsService } from './readings.service';
import { ReportMails } from './report/report-mails';
import { ReportMailEntity, ReportTemplateEntity } from './report/report.entities';
import { ReportsController } from './report/reports.controller';
import { ReportsRepository } from './report/reports.repository';
import { ReportsService } from './report/reports.service';
import { DeviceTrends } from './trends';
import { ThinningRepository } from './thinning.repository';
import { ScheduledReadings } from './scheduled-readings';

/** Meter readings: history of devices, kept for plots, forecasts and reports. */
@Module({
  imports: [
    AuthModule,
    CustomersModule,
    NoticesModule,
    DevicesModule,
    TypeOrmModule.forFeature([
      MeteredDeviceEntity,
      ReadingEntity,
      MeterJumpEntity,
      ReadingScheduleEntity,
      ReportTemplateEntity,
      ReportMailEntity,
    ]),
  ],
  controllers: [ReadingsController, ReportsController],
  providers: [
    ReadingsRepository,
    ThinningRepository,
    ReadingSchedules,
    ReadingBookings,
    ReadingsService,
    DeviceTrends,
    ScheduledReadings,
    ReportsRepository,
    ReportsService,
    ReportMails,
  ],
  exports: [ThinningRepository, DeviceTrends],
})
export class ReadingsModule {}
