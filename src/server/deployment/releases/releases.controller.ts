import { releaseVersion } from '../../../protocol/names';
import { Controller, Delete, Get, Param, Post, Req } from '@nestjs/common';
import type { Request } from 'express';
import { z } from 'zod';
import { release, type Release } from '../../../protocol/deployment';
import { LIMITS } from '../../../protocol/limits';
import { RELEASE_MEDIA_TYPE } from '../../../protocol/release';
import type { Actor } from '../../auth/actor';
import { CurrentActor } from '../../auth/access/identity';
import { Permit } from '../../auth/access/access.guard';
import { Documented } from '../../http/api-docs';
import { Answers, AnswersNothing } from '../../http/answers';
import { HostRouter } from '../../http/host-router';
import { ReleaseAdministration } from './release-administration';
import { NoRelease } from './releases.errors';

@Controller('api/releases')
@Permit('admin')
export class ReleasesController {
  constructor(
    private readonly releases: ReleaseAdministration,
    private readonly hosts: HostRouter,
  ) {}

  @Get()
  @Answers(z.array(release))
  list(): Promise<Release[]> {
    return this.releases.list();
  }

  /** The body is a release file, which no parser has read. */
  @Post()
  @Documented(({ ApiConsumes }) => ApiConsumes(RELEASE_MEDIA_TYPE))
  @Documented(({ ApiBody }) => ApiBody({ schema: { type: 'string', format: 'binary' } }))
  @Answers(release, 201)
  upload(@CurrentActor() actor: Actor, @Req() request: Request): Promise<Release> {
    if (!request.is(RELEASE_MEDIA_TYPE)) throw new NoRelease(RELEASE_MEDIA_TYPE);
    this.hosts.giveTime(request, LIMITS.RELEASE_UPLOAD_MS);
    const length = request.get('content-length');
    return this.releases.upload(actor, request, length === undefined ? undefined : Number(length));
  }

  @Delete(':version')
  @AnswersNothing()
  remove(@CurrentActor() actor: Actor, @Param('version', { schema: releaseVersion }) version: string): Promise<void> {
    return this.releases.remove(actor, version);
  }
}
