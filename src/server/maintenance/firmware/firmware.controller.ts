import { Controller, Delete, Get, Param, Post, Req } from '@nestjs/common';
import type { Request } from 'express';
import { z } from 'zod';
import { FIRMWARE_MEDIA_TYPE } from '../../../protocol/firmware-package';
import { LIMITS } from '../../../protocol/limits';
import { firmware, type Firmware } from '../../../protocol/maintenance';
import { toInstant } from '../../../protocol/names';
import type { Actor } from '../../auth/actor';
import { CurrentActor } from '../../auth/access/identity';
import { Permit } from '../../auth/access/access.guard';
import { Documented } from '../../http/api-docs';
import { Answers, AnswersNothing } from '../../http/answers';
import { HostRouter } from '../../http/host-router';
import type { FirmwareEntity } from './firmware.entity';
import { NoFirmware } from './firmware.errors';
import { FirmwareService } from './firmware.service';

const presented = ({ manifest, uploadedAt, ...file }: FirmwareEntity): Firmware => ({
  ...file,
  signedAt: manifest?.createdAt ?? null,
  uploadedAt: toInstant(uploadedAt),
});

@Controller('api/firmware')
@Permit('technician')
export class FirmwareController {
  constructor(
    private readonly firmware: FirmwareService,
    private readonly hosts: HostRouter,
  ) {}

  @Get()
  @Answers(z.array(firmware))
  async list(): Promise<Firmware[]> {
    return (await this.firmware.all()).map(presented);
  }

  /** The body is signed firmware (protocol/firmware-package); no parser reads it. */
  @Post()
  @Permit('admin')
  @Documented(({ ApiConsumes }) => ApiConsumes(FIRMWARE_MEDIA_TYPE))
  @Documented(({ ApiBody }) => ApiBody({ schema: { type: 'string', format: 'binary' } }))
  @Answers(firmware, 201)
  async upload(@CurrentActor() actor: Actor, @Req() request: Request): Promise<Firmware> {
    if (!request.is(FIRMWARE_MEDIA_TYPE)) throw new NoFirmware(FIRMWARE_MEDIA_TYPE);
    this.hosts.giveTime(request, LIMITS.FIRMWARE_UPLOAD_MS);
    const length = request.get('content-length');
    const bytes = length === undefined ? undefined : Number(length);
    return presented(await this.firmware.upload(actor, request, bytes));
  }

  @Delete(':id')
  @Permit('admin')
  @AnswersNothing()
  remove(@CurrentActor() actor: Actor, @Param('id') id: string): Promise<void> {
    return this.firmware.remove(actor, id);
  }
}
