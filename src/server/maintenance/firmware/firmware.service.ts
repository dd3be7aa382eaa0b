import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Journal } from '../../../journal/journal';
import { firmwareManifest, signedFirmwareText, type FirmwareManifest } from '../../../protocol/firmware-package';
import { LIMITS } from '../../../protocol/limits';
import { parseJson } from '../../../protocol/parse-json';
import type { Actor } from '../../auth/actor';
import { AuditService } from '../../auth/audit/audit.service';
import { ReleaseKey } from '../../config/release-key';
import { PackageReader } from '../../http/package-reader';
import { asStorageFull, TooManyUploads } from '../../http/upload';
import { JobsRepository } from '../jobs.repository';
import type { FirmwareEntity } from './firmware.entity';
import {
  FirmwareInUse,
  FirmwareKeyMissing,
  FirmwareRefused,
  FirmwareUnsigned,
  TooManyFirmwareFiles,
  UnknownFirmware,
} from './firmware.errors';
import { FirmwareFiles } from './firmware-files';
import { FirmwareRepository } from './firmware.repository';

/** Each may take the disk space of a whole file before it is refused. */
const MAX_UPLOADS = 4;
const PACKAGE_BYTES = LIMITS.MANIFEST_BYTES + 1 + LIMITS.FIRMWARE_BYTES;

/** Stores, lists and removes firmware files. */
@Injectable()
export class FirmwareService implements OnModuleInit {
  private uploads = 0;
  private readonly uses: ((id: string) => Promise<boolean>)[] = [];

  constructor(
    private readonly repository: FirmwareRepository,
    private readonly files: FirmwareFiles,
    private readonly jobs: JobsRepository,
    private readonly key: ReleaseKey,
    private readonly audit: AuditService,
    private readonly journal: Journal,
  ) {}

  async onModuleInit(): Promise<void> {
    const known = (await this.repository.all()).map(({ id }) => id);
    for (const id of await this.files.tidy(known)) this.journal.error('a firmware file is missing', { firmwareId: id });
  }

  /** A file is not removed while it is needed. Call this in `onModuleInit`: what needs files imports this module. */
  keepWhile(isNeeded: (id: string) => Promise<boolean>): void {
    this.uses.push(isNeeded);
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
   * For a job. Repeats the check of the upload, because the key may have changed since.
   * @throws UnknownFirmware, FirmwareUnsigned
   */
  async getSigned(id: string): Promise<FirmwareEntity> {
    const file = await this.get(id);
    const { manifest } = file;
    if (!manifest || !this.key.hasSigned(signedFirmwareText(manifest), manifest)) throw new FirmwareUnsigned(file.name);
    return file;
  }

  /**
   * @param declaredBytes size of the package, if the request has a Content-Length
   * @throws FirmwareKeyMissing, FirmwareRefused, TooManyFirmwareFiles, StorageFull, TooManyUploads, UploadBrokenOff
   */
  async upload(actor: Actor, body: Readable, declaredBytes: number | undefined): Promise<FirmwareEntity> {
    if (!this.key.isConfigured) throw new FirmwareKeyMissing();
    if (declaredBytes !== undefined && declaredBytes > PACKAGE_BYTES)
      throw new FirmwareRefused(`The file is larger than ${LIMITS.FIRMWARE_BYTES} bytes.`);
    if (this.uploads >= MAX_UPLOADS) throw new TooManyUploads();
    this.uploads += 1;
    const upload = new PackageReader(body, FirmwareRefused);
    try {
      // uploads in progress count, too
      if ((await this.repository.count()) + this.uploads > LIMITS.FIRMWARE_FILES) throw new TooManyFirmwareFiles();
      return await this.store(actor, upload);
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
    const needs = await Promise.all([this.jobs.needsFirmware(id), ...this.uses.map((isNeeded) => isNeeded(id))]);
    if (needs.includes(true)) throw new FirmwareInUse(id);
    await this.repository.remove(id);
    await this.files.remove(id);
    await this.audit.record(actor, 'firmware.removed', id, `${name} ${version}`);
  }

  private async store(actor: Actor, upload: PackageReader): Promise<FirmwareEntity> {
    const manifest = this.checked(await upload.manifestLine());
    const { name, version, model, bytes, sha256 } = manifest;
    const draft = await this.files.receive(upload.content());
    const id = randomUUID();
    try {
      if (bytes !== draft.bytes)
        throw new FirmwareRefused(`The file has ${draft.bytes} bytes, not the ${bytes} of its manifest.`);
      if (sha256 !== draft.sha256)
        throw new FirmwareRefused(`The SHA-256 of the file is ${draft.sha256}, not the one of its manifest.`);
      await this.files.place(draft, id);
      const uploaded = { uploadedAt: new Date(), uploadedBy: actor.displayName };
      const file = { id, name, version, model, bytes, sha256, manifest, ...uploaded };
      await this.repository.insert(file);
      await this.audit.record(actor, 'firmware.uploaded', id, `${name} ${version}, SHA-256 ${sha256}`);
      return file;
    } catch (error) {
      await this.files.discard(draft.path);
      if (!(await this.repository.find(id))) await this.files.remove(id);
      throw error;
    }
  }

  private checked(line: string): FirmwareManifest {
    const parsed = firmwareManifest.safeParse(parseJson(line));
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      throw new FirmwareRefused(
        `Its manifest is not valid: ${issue?.path.join('.') || 'all of it'}: ${issue?.message}`,
      );
    }
    if (!this.key.hasSigned(signedFirmwareText(parsed.data), parsed.data))
      throw new FirmwareRefused(`The signature of ${parsed.data.name} was not made with the key of this server.`);
    return parsed.data;
  }
}
