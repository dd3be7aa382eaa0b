import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { z } from 'zod';
import { Journal } from '../../../journal/journal';
import { LIMITS } from '../../../protocol/limits';
import type { firmwareUpload } from '../../../protocol/maintenance';
import type { Actor } from '../../auth/actor';
import { AuditService } from '../../auth/audit/audit.service';
import { asStorageFull, TooManyUploads, UploadReader } from '../../http/upload';
import { JobsRepository } from '../jobs.repository';
import type { FirmwareEntity } from './firmware.entity';
import { FirmwareInUse, FirmwareRefused, TooManyFirmwareFiles, UnknownFirmware } from './firmware.errors';
import { FirmwareFiles } from './firmware-files';
import { FirmwareRepository } from './firmware.repository';

/** Each may take the disk space of a whole file before it is refused. */
const MAX_UPLOADS = 4;

/** Stores, lists and removes firmware files. */
@Injectable()
export class FirmwareService implements OnModuleInit {
  private uploads = 0;

  constructor(
    private readonly repository: FirmwareRepository,
    private readonly files: FirmwareFiles,
    private readonly jobs: JobsRepository,
    private readonly audit: AuditService,
    private readonly journal: Journal,
  ) {}

  async onModuleInit(): Promise<void> {
    const known = (await this.repository.all()).map(({ id }) => id);
    for (const id of await this.files.tidy(known)) this.journal.error('a firmware file is missing', { firmware: id });
  }

  all(): Promise<FirmwareEntity[]> {
    return this.repository.all();
  }

  /** @throws UnknownFirmware */
  async get(id: string): Promise<FirmwareEntity> {
    const file = await this.repository.find(id);
    if (!file) throw new UnknownFirmware(id);
    return file;
  }

  /**
   * @param declaredBytes size of the file, if the request has a Content-Length
   * @throws FirmwareRefused, TooManyFirmwareFiles, StorageFull, TooManyUploads, UploadBrokenOff
   */
  async upload(
    actor: Actor,
    about: z.output<typeof firmwareUpload>,
    body: Readable,
    declaredBytes: number | undefined,
  ): Promise<FirmwareEntity> {
    if (declaredBytes !== undefined && declaredBytes > LIMITS.FIRMWARE_BYTES)
      throw new FirmwareRefused(`The file is larger than ${LIMITS.FIRMWARE_BYTES} bytes.`);
    if (this.uploads >= MAX_UPLOADS) throw new TooManyUploads();
    this.uploads += 1;
    const upload = new UploadReader(body);
    try {
      // uploads in progress count, too
      if ((await this.repository.count()) + this.uploads > LIMITS.FIRMWARE_FILES) throw new TooManyFirmwareFiles();
      return await this.store(actor, about, upload);
    } catch (error) {
      if (error instanceof FirmwareRefused) await this.audit.record(actor, 'firmware.refused', '', error.detail);
      throw asStorageFull(error);
    } finally {
      this.uploads -= 1;
      await upload.close();
    }
  }

  /** @throws UnknownFirmware, FirmwareInUse */
  async remove(actor: Actor, id: string): Promise<void> {
    const { name, version } = await this.get(id);
    if (await this.jobs.needsFirmware(id)) throw new FirmwareInUse(id);
    await this.repository.remove(id);
    await this.files.remove(id);
    await this.audit.record(actor, 'firmware.removed', id, `${name} ${version}`);
  }

  private async store(
    actor: Actor,
    { name, version, model, sha256 }: z.output<typeof firmwareUpload>,
    upload: UploadReader,
  ): Promise<FirmwareEntity> {
    const draft = await this.files.receive(upload);
    const id = randomUUID();
    try {
      if (sha256 !== undefined && sha256 !== draft.sha256)
        throw new FirmwareRefused(`The SHA-256 of the file is ${draft.sha256}, not the one in the request.`);
      await this.files.place(draft, id);
      const { bytes } = draft;
      const uploadedAt = new Date();
      const file = { id, name, version, model, bytes, sha256: draft.sha256, uploadedAt, uploadedBy: actor.displayName };
      await this.repository.insert(file);
      await this.audit.record(actor, 'firmware.uploaded', id, `${name} ${version}, SHA-256 ${draft.sha256}`);
      return file;
    } catch (error) {
      await this.files.discard(draft.path);
      if (!(await this.repository.find(id))) await this.files.remove(id);
      throw error;
    }
  }
}
