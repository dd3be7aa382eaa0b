import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Global, Module, type DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import request from 'supertest';
import { DataSource } from 'typeorm';
import type { Language, Role } from '../../../src/protocol/api';
import { LIMITS } from '../../../src/protocol/limits';
import type { MailState } from '../../../src/protocol/notice';
import { COMMAND_LINE } from '../../../src/server/auth/actor';
import { AuthModule } from '../../../src/server/auth/auth.module';
import { UserEntity } from '../../../src/server/auth/users/user.entity';
import { UsersService } from '../../../src/server/auth/users/users.service';
import { readConfig } from '../../../src/server/config/config';
import { ConfigModule, type Settings } from '../../../src/server/config/config.module';
import { AssignmentEntity, SiteEntity } from '../../../src/server/customers/customer.entity';
import { SiteOccupants } from '../../../src/server/customers/site-occupants';
import { DatabaseModule } from '../../../src/server/database/database.module';
import { initialiseHttp } from '../../../src/server/http/http-application';
import { HttpModule } from '../../../src/server/http/http.module';
import { NestLogger } from '../../../src/server/nest-logger';
import { AccountMailOutbox } from '../../../src/server/notices/mail/account-mail-outbox';
import { MailOutbox } from '../../../src/server/notices/mail/mail-outbox';
import { MailTransport } from '../../../src/server/notices/mail/mail-transport';
import { NoticeEvents } from '../../../src/server/notices/notice-events';
import { NoticeEntity } from '../../../src/server/notices/notice.entity';
import { NoticesModule } from '../../../src/server/notices/notices.module';
import { NoticesService, type HaltedSession } from '../../../src/server/notices/notices.service';
import { loadSettings } from '../../../src/server/settings';
import { recordedJournal } from '../recorded-journal';
import { storedUser } from './stored-users';
import { until } from '../until';

const PASSWORD = 'a long enough password';
/** A test does not wait as long as a mail server may take. */
const RETRY_FIRST_MS = 20;
/** Long enough for a busy machine; a test that leaves a mail without an answer shortens it. */
const STOP_MS = 60_000;

/** The site of every halted session; all users work for its customer. */
const SITE = { id: randomUUID(), customerId: randomUUID() };

/** In place of the devices: no agent is enrolled at any site. */
@Global()
@Module({
  providers: [{ provide: SiteOccupants, useValue: { agentsAt: () => Promise.resolve([]) } satisfies SiteOccupants }],
  exports: [SiteOccupants],
})
class NoAgentsModule {}

/** The modules of the server that users and notices need. */
@Module({})
class NoticesStageModule {
  static of(settings: Settings): DynamicModule {
    const base = [ConfigModule.of(settings), DatabaseModule.of(settings), HttpModule, NoAgentsModule];
    return { module: NoticesStageModule, imports: [...base, AuthModule, NoticesModule] };
  }
}

/** Users and notices of a real server, with its REST API; can be closed and opened again on the same data. */
export class NoticesStage {
  private readonly recorded = recordedJournal();
  /** What the server has logged. */
  readonly lines = this.recorded.lines;
  private app!: NestExpressApplication;
  private isOpen = false;
  private opened = '';
  private port = 0;
  private addresses = 0;

  private constructor(
    private readonly data: string,
    private readonly environment: Record<string, string>,
  ) {}

  static async start(environment: Record<string, string> = {}): Promise<NoticesStage> {
    const it = new NoticesStage(mkdtempSync(join(tmpdir(), 'platen-notices-')), environment);
    await it.open();
    return it;
  }

  /** The settings may be others than before. */
  async open(environment: Record<string, string> = {}, port = 0): Promise<void> {
    const all = { PLATEN_DATA: this.data, PLATEN_TRUST_PROXY: 'yes', ...this.environment, ...environment };
    const settings = { ...(await loadSettings(readConfig(all))), journal: this.recorded.journal };
    this.app = await NestFactory.create<NestExpressApplication>(NoticesStageModule.of(settings), {
      abortOnError: false,
      bodyParser: false,
      logger: new NestLogger(settings.journal),
    });
    await initialiseHttp(this.app, settings);
    for (const outbox of this.outboxes) Object.assign(outbox, { retryFirstMs: RETRY_FIRST_MS, stopMs: STOP_MS });
    await this.app.listen(port, '127.0.0.1');
    this.port = (this.app.getHttpServer().address() as AddressInfo).port;
    this.isOpen = true;
    this.opened = JSON.stringify(environment);
  }
  async close(): Promise<void> {
    if (this.isOpen) await this.app.close();
    this.isOpen = false;
  }
  /** With the same settings. Browsers find it at the same address. */
  async restart(): Promise<void> {
    const { opened, port } = this;
    await this.close();
    await this.open(JSON.parse(opened) as Record<string, string>, port);
  }
  /** Mails that are being sent are abandoned when it stops. */
  abandonMails(): void {
    for (const outbox of this.outboxes) outbox.stopMs = 0;
  }
  /** As newly started with these settings, without users and notices; mails that are being sent are abandoned. */
  async renew(environment: Record<string, string> = {}): Promise<void> {
    if (!this.isOpen) await this.open(environment);
    for (const table of [
      'notices',
      'account_mails',
      'second_factors',
      'recovery_codes',
      'api_tokens',
      'cookie_sessions',
      'users',
      'sites',
      'assignments',
    ])
      await this.write(`DELETE FROM ${table}`);
    if (this.opened !== JSON.stringify(environment) || this.isSending) {
      this.abandonMails();
      await this.close();
      await this.open(environment);
    }
    const { outboxes, mailTransport } = this;
    for (const outbox of outboxes) Object.assign(outbox, { retryFirstMs: RETRY_FIRST_MS, stopMs: STOP_MS });
    Object.assign(mailTransport, { connectMs: LIMITS.MAIL_TIMEOUT_MS, acceptMs: LIMITS.MAIL_ACCEPT_MS });
    this.lines.length = 0;
  }
  async stop(): Promise<void> {
    await this.close();
    rmSync(this.data, { recursive: true, force: true });
  }

  get notices(): NoticesService {
    return this.app.get(NoticesService);
  }
  get events(): NoticeEvents {
    return this.app.get(NoticeEvents);
  }
  get outbox(): MailOutbox {
    return this.app.get(MailOutbox);
  }
  private get outboxes(): [MailOutbox, AccountMailOutbox] {
    return [this.outbox, this.app.get(AccountMailOutbox)];
  }
  /** Whether a mail is on its way whose rows may be deleted already. */
  private get isSending(): boolean {
    return this.outboxes.some((outbox) => outbox['claiming'] !== undefined || outbox['sending'].size > 0);
  }
  get mailTransport(): MailTransport {
    return this.app.get(MailTransport);
  }

  /** A user who has never logged in. */
  async user(name: string, own: { role?: Role; email?: string | null; language?: Language } = {}): Promise<string> {
    const { role = 'technician', email = null, language = null } = own;
    const made = await storedUser({ username: name, displayName: name, role, password: PASSWORD });
    await this.app
      .get(DataSource)
      .getRepository(UserEntity)
      .insert({ ...made, email, language });
    await this.assign(made.id, [SITE.customerId]);
    return made.id;
  }
  /** Replaces the customers of a user. */
  async assign(userId: string, customerIds: string[]): Promise<void> {
    const database = this.app.get(DataSource);
    await database.getRepository(SiteEntity).upsert({ ...SITE, name: 'Berlin', createdAt: new Date() }, ['id']);
    await database.getRepository(AssignmentEntity).delete({ userId });
    await database.getRepository(AssignmentEntity).insert(customerIds.map((customerId) => ({ userId, customerId })));
  }
  /** What an administrator changes of a user. */
  async change(id: string, fields: Parameters<UsersService['change']>[2]): Promise<void> {
    await this.app.get(UsersService).change(COMMAND_LINE, id, fields);
  }

  /** A browser with its own cookies and its own address. */
  browser(userAgent = ''): ReturnType<typeof request.agent> {
    return request
      .agent(`http://127.0.0.1:${this.port}`)
      .set('X-Forwarded-For', `198.51.100.${(this.addresses += 1)}`)
      .set('User-Agent', userAgent);
  }
  async loggedIn(username: string, userAgent?: string): Promise<ReturnType<typeof request.agent>> {
    const browser = this.browser(userAgent);
    await browser.post('/api/auth/login').send({ username, password: PASSWORD }).expect(200);
    return browser;
  }

  /** A session of this user is halted. @returns the session's ID */
  async halt(userId: string, facts: Partial<HaltedSession> = {}): Promise<string> {
    const remoteSessionId = randomUUID();
    await this.notices.notifyOfHalt({ ...halted, remoteSessionId, userId, ...facts });
    return remoteSessionId;
  }
  /** All of a user's notices, newest first. */
  async of(userId: string): Promise<NoticeEntity[]> {
    const actor = { userId, username: '', displayName: '', role: 'technician' as const };
    return (await this.notices.page(actor, { limit: 200, unread: 'no' })).rows;
  }
  /** The user's newest notice, once its mail is in this state. */
  mailed(userId: string, state: MailState): Promise<NoticeEntity> {
    const look = async () => {
      const [newest] = await this.of(userId);
      return newest?.mail === state && newest;
    };
    return until(`the mail to be ${state}`, look);
  }
  /** Of the user's only notice, also if they no longer see it. */
  async mailStateOf(recipientId: string): Promise<MailState> {
    return (await this.app.get(DataSource).getRepository(NoticeEntity).findOneByOrFail({ recipientId })).mail;
  }
  async read<Row>(sql: string): Promise<Row[]> {
    return this.app.get(DataSource).query<Row[]>(sql);
  }
  /** Runs a statement on the open database, as if time had passed or the server had ended in the middle of something. */
  async write(sql: string): Promise<void> {
    await this.app.get(DataSource).query(sql);
  }
}

export const halted: Omit<HaltedSession, 'userId' | 'remoteSessionId'> = {
  userName: 'Tom Technician',
  deviceId: 'copy-room',
  deviceName: 'Copy room',
  applicationId: 'web',
  siteId: SITE.id,
};
