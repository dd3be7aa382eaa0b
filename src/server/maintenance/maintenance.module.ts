import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AuthModule } from '../auth/auth.module';
import { CustomersModule } from '../customers/customers.module';
import { DevicesModule } from '../devices/devices.module';
import { XmppModule } from '../xmpp/xmpp.module';
import { FirmwareDownloadController } from './firmware/firmware-download.controller';
import { FirmwareController } from './firmware/firmware.controller';
import { FirmwareEntity } from './firmware/firmware.entity';
import { FirmwareFiles } from './firmware/firmware-files';
import { FirmwareRepository } from './firmware/firmware.repository';
import { FirmwareService } from './firmware/firmware.service';
import { FirmwareSources } from './firmware/firmware-sources';
import { FleetJobRequests } from './fleet-job-requests';
import { FleetJobsController } from './fleet-jobs.controller';
import { JobApprovalRecords } from './job-approval-records';
import { JobDialogue } from './job-dialogue';
import { JobEntity } from './job.entity';
import { JobEvents, JobLifecycle } from './job.lifecycle';
import { JobInformation } from './job-information';
import { JobQueues } from './job-queues';
import { JobWakes } from './job-wakes';
import { JobRevocation } from './job-revocation';
import { JobRequests } from './job-requests';
import { JobsController } from './jobs.controller';
import { JobsRepository } from './jobs.repository';
import { JobsService } from './jobs.service';

/** Maintenance without a session (E2). */
@Module({
  imports: [
    AuthModule,
    CustomersModule,
    XmppModule,
    DevicesModule,
    TypeOrmModule.forFeature([JobEntity, FirmwareEntity]),
  ],
  controllers: [JobsController, FleetJobsController, FirmwareController, FirmwareDownloadController],
  providers: [
    JobsRepository,
    JobEvents,
    JobLifecycle,
    FirmwareRepository,
    FirmwareFiles,
    FirmwareService,
    FirmwareSources,
    JobInformation,
    JobApprovalRecords,
    JobDialogue,
    JobQueues,
    JobWakes,
    JobRequests,
    FleetJobRequests,
    JobRevocation,
    JobsService,
  ],
  exports: [JobsRepository, JobEvents, JobRequests, JobRevocation, FirmwareService],
})
export class MaintenanceModule {}
