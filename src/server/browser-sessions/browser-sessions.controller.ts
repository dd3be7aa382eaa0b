import { Controller, Delete, Get, Param, Post, Req } from '@nestjs/common';
import type { Request } from 'express';
import { z } from 'zod';
import { browserAccess, browserSession, type BrowserSession } from '../../protocol/api';
import { LIMITS } from '../../protocol/limits';
import { toInstant } from '../../protocol/names';
import type { Actor } from '../auth/actor';
import { Logins } from '../auth/login/logins';
import { CurrentActor, CurrentIdentity, type Identity } from '../auth/access/identity';
import { Permit } from '../auth/access/access.guard';
import { UsersService } from '../auth/users/users.service';
import { Answers, AnswersNothing } from '../http/answers';
import { BrowserSessions } from './browser-sessions.service';
import { PATHS } from './site/platen-files';
import { SessionOrigins } from './site/session-origins';

/** A device's own pages in the technician's browser. */
@Controller('api')
@Permit('technician')
export class BrowserSessionsController {
  constructor(
    private readonly browserSessions: BrowserSessions,
    private readonly origins: SessionOrigins,
    private readonly logins: Logins,
    private readonly users: UsersService,
  ) {}

  @Get('browser-access')
  @Answers(browserAccess)
  available(): z.infer<typeof browserAccess> {
    return { available: this.origins.available };
  }

  /** S201-S214, with this server as the terminal; each call issues another entry ticket. */
  @Post('sessions/:id/browser')
  @Answers(browserSession, 201)
  async open(
    @CurrentIdentity() { actor, apiTokenId }: Identity,
    @Param('id', { schema: z.uuid() }) id: string,
    @Req() request: Request,
  ): Promise<BrowserSession> {
    const login = apiTokenId ? () => this.users.actor(actor.userId) : this.logins.ofCookie(request);
    const opener = {
      actor,
      consoleOrigin: `${request.protocol}://${request.get('host')}`,
      loginIsGood: async () => (await login()) !== undefined,
    };
    const { session, ticket } = await this.browserSessions.open(opener, id);
    const { origin } = session.facts;
    return {
      origin,
      enterUrl: `${origin}${PATHS.enter}`,
      ticket,
      expiresAt: toInstant(Date.now() + LIMITS.BROWSER_TICKET_MS),
      view: await session.view(),
    };
  }

  /** S261-S273 */
  @Delete('sessions/:id/browser')
  @AnswersNothing()
  end(@CurrentActor() actor: Actor, @Param('id', { schema: z.uuid() }) id: string): Promise<void> {
    return this.browserSessions.end(actor, id);
  }
}
