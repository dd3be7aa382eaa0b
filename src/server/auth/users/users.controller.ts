import { Body, Controller, Get, Param, Patch, Post, Query } from '@nestjs/common';
import { z } from 'zod';
import { newUser, page, pageQuery, user, userChange, type User } from '../../../protocol/api';
import type { Page } from '../../database/page';
import { Answers } from '../../http/answers';
import type { Actor } from '../actor';
import { CurrentActor } from '../access/identity';
import { ManagesAccounts, Permit } from '../access/access.guard';
import { presentedUser } from './users.presenter';
import { UsersService } from './users.service';

@Controller('api/users')
@Permit('admin')
export class UsersController {
  constructor(private readonly users: UsersService) {}

  @Get()
  @Answers(page(user))
  async list(@Query({ schema: pageQuery }) query: z.infer<typeof pageQuery>): Promise<Page<User>> {
    const { rows, next } = await this.users.page(query);
    return { rows: rows.map(presentedUser), next };
  }

  @Post()
  @Answers(user, 201)
  @ManagesAccounts()
  async create(@CurrentActor() actor: Actor, @Body({ schema: newUser }) body: z.infer<typeof newUser>): Promise<User> {
    return presentedUser(await this.users.create(actor, body));
  }

  @Patch(':id')
  @Answers(user)
  @ManagesAccounts()
  async change(
    @CurrentActor() actor: Actor,
    @Param('id', { schema: z.uuid() }) id: string,
    @Body({ schema: userChange }) body: z.infer<typeof userChange>,
  ): Promise<User> {
    return presentedUser(await this.users.change(actor, id, body));
  }
}
