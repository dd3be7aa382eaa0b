import { Controller, Get, Param, Post, Query } from '@nestjs/common';
import { z } from 'zod';
import { page } from '../../protocol/api';
import { notice, noticeQuery, type Notice, type NoticeQuery } from '../../protocol/notice';
import type { Actor } from '../auth/actor';
import { CurrentActor } from '../auth/access/identity';
import { Permit } from '../auth/access/access.guard';
import type { Page } from '../database/page';
import { Answers, AnswersNothing } from '../http/answers';
import { presentedNotice } from './notices.presenter';
import { NoticesService } from './notices.service';

/** A user's own notices. */
@Controller('api/notices')
@Permit('technician')
export class NoticesController {
  constructor(private readonly notices: NoticesService) {}

  @Get()
  @Answers(page(notice))
  async list(@CurrentActor() actor: Actor, @Query({ schema: noticeQuery }) query: NoticeQuery): Promise<Page<Notice>> {
    const { rows, next } = await this.notices.page(actor, query);
    return { rows: rows.map(presentedNotice), next };
  }

  @Post('reading')
  @AnswersNothing()
  readAll(@CurrentActor() actor: Actor): Promise<void> {
    return this.notices.readAll(actor);
  }

  @Post(':id/reading')
  @Answers(notice)
  async read(@CurrentActor() actor: Actor, @Param('id', { schema: z.uuid() }) id: string): Promise<Notice> {
    return presentedNotice(await this.notices.read(actor, id));
  }
}
