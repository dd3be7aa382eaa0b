import { Body, Controller, Delete, Get, Param, Post } from '@nestjs/common';
import { z } from 'zod';
import { apiToken, createdApiToken, newApiToken } from '../../../protocol/api';
import { toInstant } from '../../../protocol/names';
import { Answers, AnswersNothing } from '../../http/answers';
import type { Actor } from '../actor';
import type { ApiTokenEntity } from './api-token.entity';
import { ApiTokensService } from './api-tokens.service';
import { UnknownToken } from '../auth.errors';
import { CurrentActor, CurrentIdentity, type Identity } from '../access/identity';

const presented = ({
  id,
  name,
  accounts,
  createdAt,
  expiresAt,
  lastUsedAt,
}: ApiTokenEntity): z.infer<typeof apiToken> => ({
  id,
  name,
  accounts,
  createdAt: toInstant(createdAt),
  expiresAt: expiresAt && toInstant(expiresAt),
  lastUsedAt: lastUsedAt && toInstant(lastUsedAt),
});

/** A user's own API tokens. */
@Controller('api/tokens')
export class ApiTokensController {
  constructor(private readonly tokens: ApiTokensService) {}

  @Get()
  @Answers(z.array(apiToken))
  async list(@CurrentActor() actor: Actor): Promise<z.infer<typeof apiToken>[]> {
    return (await this.tokens.list(actor)).map(presented);
  }

  @Post()
  @Answers(createdApiToken, 201)
  async create(
    @CurrentIdentity() identity: Identity,
    @Body({ schema: newApiToken }) body: z.infer<typeof newApiToken>,
  ): Promise<z.infer<typeof createdApiToken>> {
    const { entity, token } = await this.tokens.create(identity, body);
    return { ...presented(entity), token };
  }

  /** The token of this very request: logout of a program. */
  @Delete('current')
  @AnswersNothing()
  async revokeCurrent(@CurrentIdentity() { actor, apiTokenId }: Identity): Promise<void> {
    if (!apiTokenId) throw new UnknownToken();
    await this.tokens.revoke(actor, apiTokenId, { jobs: false });
  }

  @Delete(':id')
  @AnswersNothing()
  revoke(@CurrentActor() actor: Actor, @Param('id', { schema: z.uuid() }) id: string): Promise<void> {
    return this.tokens.revoke(actor, id);
  }
}
