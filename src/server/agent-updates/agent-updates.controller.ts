import { releaseVersion } from '../../protocol/names';
import { Body, Controller, Delete, Get, Param, Patch, Post, Req, Res } from '@nestjs/common';
import { Throttle } from '@nestjs/throttler';
import type { Request, Response } from 'express';
import { z } from 'zod';
import { agentRelease, agentUpdates, newRollout, rolloutChange } from '../../protocol/agent-update';
import type { AgentRelease, AgentUpdates, NewRollout } from '../../protocol/agent-update';
import { LIMITS } from '../../protocol/limits';
import { RELEASE_MEDIA_TYPE } from '../../protocol/release';
import type { Actor } from '../auth/actor';
import { CurrentActor } from '../auth/access/identity';
import { Permit, Public } from '../auth/access/access.guard';
import { NoRelease } from '../deployment/releases/releases.errors';
import { Documented, DOCUMENTED_SCHEMES } from '../http/api-docs';
import { Answers, AnswersNothing } from '../http/answers';
import { HostRouter } from '../http/host-router';
import { AgentReleases } from './agent-releases';
import { RolloutsService } from './rollouts.service';

/** An agent that reads nothing for this long is gone. */
const IDLE_MS = 60_000;

@Controller('api')
export class AgentUpdatesController {
  constructor(
    private readonly rollouts: RolloutsService,
    private readonly releases: AgentReleases,
    private readonly hosts: HostRouter,
  ) {}

  @Get('agent-updates')
  @Permit('admin')
  @Answers(agentUpdates)
  view(): Promise<AgentUpdates> {
    return this.rollouts.view();
  }

  @Post('agent-updates/rollouts')
  @Permit('admin')
  @AnswersNothing()
  start(@CurrentActor() actor: Actor, @Body({ schema: newRollout }) body: NewRollout): Promise<void> {
    return this.rollouts.start(actor, body);
  }

  @Patch('agent-updates/rollouts/:id')
  @Permit('admin')
  @AnswersNothing()
  change(
    @CurrentActor() actor: Actor,
    @Param('id', { schema: z.uuid() }) id: string,
    @Body({ schema: rolloutChange }) { state }: z.infer<typeof rolloutChange>,
  ): Promise<void> {
    return this.rollouts.change(actor, id, state);
  }

  /** The body is a release file, which no parser has read. */
  @Post('agent-updates/releases')
  @Permit('admin')
  @Documented(({ ApiConsumes }) => ApiConsumes(RELEASE_MEDIA_TYPE))
  @Documented(({ ApiBody }) => ApiBody({ schema: { type: 'string', format: 'binary' } }))
  @Answers(agentRelease, 201)
  upload(@CurrentActor() actor: Actor, @Req() request: Request): Promise<AgentRelease> {
    if (!request.is(RELEASE_MEDIA_TYPE)) throw new NoRelease(RELEASE_MEDIA_TYPE);
    this.hosts.giveTime(request, LIMITS.RELEASE_UPLOAD_MS);
    const length = request.get('content-length');
    return this.releases.upload(actor, request, length === undefined ? undefined : Number(length));
  }

  @Delete('agent-updates/releases/:version')
  @Permit('admin')
  @AnswersNothing()
  remove(@CurrentActor() actor: Actor, @Param('version', { schema: releaseVersion }) version: string): Promise<void> {
    return this.releases.remove(actor, version);
  }

  /** For an agent that was offered the release, with the token of the offer. `Range` continues an interrupted download. */
  @Get('agent/releases/:version')
  @Public()
  @Throttle({ default: { limit: LIMITS.API_REQUESTS_PER_MINUTE, ttl: 60_000 } })
  @Documented(({ ApiProduces }) => ApiProduces('application/octet-stream'))
  @Documented(({ ApiSecurity }) => ApiSecurity(DOCUMENTED_SCHEMES.jobToken))
  @Answers(z.string())
  async download(@Param('version') version: string, @Req() request: Request, @Res() response: Response): Promise<void> {
    const [scheme = '', token = ''] = (request.get('authorization') ?? '').split(' ');
    const { folder, name } = await this.releases.admit(version, scheme.toLowerCase() === 'bearer' ? token : '');
    response.setTimeout(IDLE_MS, () => response.destroy());
    response.type('application/octet-stream');
    await new Promise<void>((resolve, reject) => {
      const options = { root: folder, cacheControl: false, etag: false, lastModified: false };
      response.sendFile(name, options, (error?: Error) => {
        // an agent that was interrupted tries again; a response whose headers are sent cannot become an error
        if (!error || response.headersSent) resolve();
        else reject(error);
      });
    });
  }
}
