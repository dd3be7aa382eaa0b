import { Body, Controller, Get, Param, Patch, Post } from '@nestjs/common';
import { z } from 'zod';
import {
  createdExternalClient,
  externalClient,
  externalClientChange,
  newExternalClient,
  secretRotation,
  type CreatedExternalClient,
  type ExternalClient,
} from '../../../protocol/external-clients';
import { toInstant } from '../../../protocol/names';
import { Answers } from '../../http/answers';
import { ManagesAccounts, Permit } from '../access/access.guard';
import { CurrentActor } from '../access/identity';
import type { Actor } from '../actor';
import type { ExternalClientEntity } from './external-client.entity';
import { ExternalClientsService } from './external-clients.service';

const instantOf = (at: Date | null): string | null => at && toInstant(at);

const presented = (client: ExternalClientEntity, now = new Date()): ExternalClient => ({
  id: client.id,
  name: client.name,
  scopes: client.scopes,
  limits: client.limits,
  requestsPerMinute: client.requestsPerMinute,
  active: client.active,
  expiresAt: instantOf(client.expiresAt),
  createdAt: toInstant(client.createdAt),
  createdBy: client.createdBy,
  lastUsedAt: instantOf(client.lastUsedAt),
  revokedAt: instantOf(client.revokedAt),
  previousSecretUntil:
    client.previousSecretUntil && client.previousSecretUntil > now ? toInstant(client.previousSecretUntil) : null,
});

@Controller('api/clients')
@Permit('admin')
export class ExternalClientsController {
  constructor(private readonly clients: ExternalClientsService) {}

  /** By name, those included that are revoked or expired. */
  @Get()
  @Answers(z.array(externalClient))
  async list(): Promise<ExternalClient[]> {
    return (await this.clients.all()).map((client) => presented(client));
  }

  @Post()
  @Answers(createdExternalClient, 201)
  @ManagesAccounts()
  async create(
    @CurrentActor() actor: Actor,
    @Body({ schema: newExternalClient }) body: z.output<typeof newExternalClient>,
  ): Promise<CreatedExternalClient> {
    const { client, secret } = await this.clients.create(actor, body);
    return { ...presented(client), secret };
  }

  @Patch(':id')
  @Answers(externalClient)
  @ManagesAccounts()
  async change(
    @CurrentActor() actor: Actor,
    @Param('id', { schema: z.uuid() }) id: string,
    @Body({ schema: externalClientChange }) body: z.output<typeof externalClientChange>,
  ): Promise<ExternalClient> {
    return presented(await this.clients.change(actor, id, body));
  }

  @Post(':id/secret')
  @Answers(createdExternalClient, 201)
  @ManagesAccounts()
  async rotateSecret(
    @CurrentActor() actor: Actor,
    @Param('id', { schema: z.uuid() }) id: string,
    @Body({ schema: secretRotation }) { overlapMinutes }: z.output<typeof secretRotation>,
  ): Promise<CreatedExternalClient> {
    const { client, secret } = await this.clients.rotateSecret(actor, id, overlapMinutes);
    return { ...presented(client), secret };
  }

  @Post(':id/revocation')
  @Answers(externalClient)
  async revoke(@CurrentActor() actor: Actor, @Param('id', { schema: z.uuid() }) id: string): Promise<ExternalClient> {
    return presented(await this.clients.revoke(actor, id));
  }
}
