import { Controller, Get, Param, Req, Res } from '@nestjs/common';
import { Throttle } from '@nestjs/throttler';
import type { Request, Response } from 'express';
import { z } from 'zod';
import { LIMITS } from '../../../protocol/limits';
import { Public } from '../../auth/access/access.guard';
import { Documented, DOCUMENTED_SCHEMES } from '../../http/api-docs';
import { Answers } from '../../http/answers';
import { FirmwareFiles } from './firmware-files';
import { FirmwareSources } from './firmware-sources';

/** An agent that reads nothing for this long is gone. */
const IDLE_MS = 60_000;

@Controller('api/agent/firmware')
export class FirmwareDownloadController {
  constructor(
    private readonly sources: FirmwareSources,
    private readonly files: FirmwareFiles,
  ) {}

  /** For the agent of a job, with the job's token. `Range` (RFC 9110 14.2) continues an interrupted download. */
  @Get(':jobId')
  @Public()
  // not the limit of logins: many agents may share an address, and each interruption takes another request
  @Throttle({ default: { limit: LIMITS.API_REQUESTS_PER_MINUTE, ttl: 60_000 } })
  @Documented(({ ApiProduces }) => ApiProduces('application/octet-stream'))
  @Documented(({ ApiSecurity }) => ApiSecurity(DOCUMENTED_SCHEMES.jobToken))
  @Answers(z.string())
  async download(@Param('jobId') jobId: string, @Req() request: Request, @Res() response: Response): Promise<void> {
    const [scheme = '', token = ''] = (request.get('authorization') ?? '').split(' ');
    const id = await this.sources.admit(jobId, scheme.toLowerCase() === 'bearer' ? token : '');
    response.setTimeout(IDLE_MS, () => response.destroy());
    response.type('application/octet-stream');
    await new Promise<void>((resolve, reject) => {
      const options = { root: this.files.folder, cacheControl: false, etag: false, lastModified: false };
      response.sendFile(id, options, (error?: Error) => {
        // an agent that was interrupted tries again; a response whose headers are sent cannot become an error
        if (!error || response.headersSent) resolve();
        else reject(error);
      });
    });
  }
}
