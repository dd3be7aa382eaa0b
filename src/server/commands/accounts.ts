import 'reflect-metadata';
import { Module, type DynamicModule, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { z } from 'zod';
import { newUser } from '../../protocol/api';
import { AccountsModule } from '../auth/accounts.module';
import { COMMAND_LINE } from '../auth/actor';
import { FactorsService } from '../auth/factors/factors.service';
import { UsersService } from '../auth/users/users.service';
import type { Config } from '../config/config';
import { ConfigModule, type Settings } from '../config/config.module';
import { DatabaseModule } from '../database/database.module';
import { InvalidRequest } from '../http/http.errors';
import { NestLogger } from '../nest-logger';
import { loadSettings } from '../settings';

/** The part of the server that manages accounts. */
@Module({})
class AccountsCommandModule {
  static of(settings: Settings): DynamicModule {
    const imports = [ConfigModule.of(settings), DatabaseModule.of(settings), AccountsModule];
    return { module: AccountsCommandModule, imports };
  }
}

/**
 * Creates a user, whether or not the server runs.
 * @param options `emergency`: logs in with the password also where PLATEN_LOCAL_LOGIN is no
 * @throws InvalidRequest, UserExists, GuessablePassword, and the errors of `loadSettings`
 */
export async function createUser(
  config: Config,
  user: z.input<typeof newUser>,
  options: { emergency: boolean },
): Promise<void> {
  const parsed = newUser.safeParse(user);
  if (!parsed.success) throw InvalidRequest.from(parsed.error.issues);
  await withAccounts(config, (accounts) => accounts.get(UsersService).create(COMMAND_LINE, parsed.data, options));
}

/**
 * Removes the second factors of a user who has lost them, whether or not the server runs.
 * @throws UnknownUser, and the errors of `loadSettings`
 */
export async function removeFactors(config: Config, username: string): Promise<void> {
  await withAccounts(config, async (accounts) => {
    const { id } = await accounts.get(UsersService).getByName(username);
    await accounts.get(FactorsService).removeAll(COMMAND_LINE, id);
  });
}

async function withAccounts(config: Config, work: (accounts: INestApplicationContext) => Promise<unknown>) {
  const settings = await loadSettings(config);
  const context = await NestFactory.createApplicationContext(AccountsCommandModule.of(settings), {
    abortOnError: false,
    logger: new NestLogger(settings.journal),
  });
  try {
    await work(context);
  } finally {
    await context.close();
  }
}
