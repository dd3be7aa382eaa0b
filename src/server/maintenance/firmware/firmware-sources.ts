import { timingSafeEqual } from 'node:crypto';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Inject, Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FirmwareSource } from '../../../protocol/ad-hoc-command';
import { sha256 } from '../../../tunnel/sha256';
import { CERTIFICATE, type Certificate } from '../../config/certificate';
import { CONFIG, type Config } from '../../config/config';
import { publicUrlOf } from '../../http/own-url';
import type { JobEntity } from '../job.entity';
import { JobsRepository } from '../jobs.repository';
import { FirmwareTokenRefused } from './firmware.errors';
import { FirmwareService } from './firmware.service';

/** The address from which an agent downloads the file of a job, and the check of the token that it sends. */
@Injectable()
export class FirmwareSources {
  constructor(
    private readonly firmware: FirmwareService,
    private readonly jobs: JobsRepository,
    private readonly adapter: HttpAdapterHost,
    @Inject(CONFIG) private readonly config: Config,
    @Inject(CERTIFICATE) private readonly certificate: Certificate,
  ) {}

  /** @returns undefined if the job needs no file @throws UnknownFirmware */
  async of({ id, firmwareId, firmwareToken }: JobEntity): Promise<FirmwareSource | undefined> {
    if (firmwareId === null || firmwareToken === null) return undefined;
    const { bytes, sha256, version, manifest } = await this.firmware.get(firmwareId);
    const { port } = (this.adapter.httpAdapter.getHttpServer() as Server).address() as AddressInfo;
    const url = new URL(`/api/agent/firmware/${id}`, publicUrlOf(this.config, port)).href;
    const pin = this.config.http.tls && this.certificate.selfSigned ? { pin: this.certificate.pin } : {};
    const source = { url, token: firmwareToken, bytes, sha256, version, ...pin };
    if (!manifest) return source; // the agent refuses it
    const { name, model, createdAt, signature } = manifest;
    return { ...source, name, model, createdAt, signature };
  }

  /**
   * Admits the agent of an open job to its file.
   * @returns the ID of the file
   * @throws FirmwareTokenRefused
   */
  async admit(jobId: string, token: string): Promise<string> {
    const job = await this.jobs.find(jobId);
    // a job that is over has no token
    if (!job?.firmwareId || !job.firmwareToken || !isSame(token, job.firmwareToken)) throw new FirmwareTokenRefused();
    return job.firmwareId;
  }
}

const isSame = (one: string, other: string): boolean => timingSafeEqual(sha256(one), sha256(other));
