import 'reflect-metadata';
import { Module, type DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { z } from 'zod';
import { newUser } from '../../protocol/api';
import { AccountsModule } from '../auth/accounts.module';
import { COMMAND_LINE } from '../auth/actor';
import { UsersService } from '../auth/users/users.service';
import type { Config } from '../config/config';
import { ConfigModule, type Settings } from '../config/config.module';
import { DatabaseModule } from '../database/database.module';
import { InvalidRequest } from '../http/http.errors';
import { NestLogger } from '../nest-logger';
import { loadSettings } from '../settings';

/** The part of the server that manages accounts. */
@Module({})
class CreateUserModule {
  static of(settings: Settings): DynamicModule {
    const imports = [ConfigModule.of(settings), DatabaseModule.of(settings), AccountsModule];
    return { module: CreateUserModule, imports };
  }
}

/**
 * Creates a user, whether or not the server runs.
 * @throws InvalidRequest, UserExists, and the errors of `loadSettings`
 */
export async function createUser(config: Config, user: z.input<typeof newUser>): Promise<void> {
  const parsed = newUser.safeParse(user);
  if (!parsed.success) throw InvalidRequest.from(parsed.error.issues);
  const settings = await loadSettings(config);
  const context = await NestFactory.createApplicationContext(CreateUserModule.of(settings), {
    abortOnError: false,
    logger: new NestLogger(settings.journal),
  });
  try {
    await context.get(UsersService).create(COMMAND_LINE, parsed.data);
  } finally {
    await context.close();
  }
}
