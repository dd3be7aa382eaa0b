import { Module, type MiddlewareConsumer, type NestModule } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { ThrottlerModule } from '@nestjs/throttler';
import { TypeOrmModule } from '@nestjs/typeorm';
import { LIMITS } from '../../protocol/limits';
import { AccessGuard } from './access.guard';
import { AccountsModule } from './accounts.module';
import { ApiTokenEntity } from './api-token.entity';
import { ApiTokensController } from './api-tokens.controller';
import { ApiTokensRepository } from './api-tokens.repository';
import { ApiTokensService } from './api-tokens.service';
import { AuditController } from './audit.controller';
import { AuthController } from './auth.controller';
import { CookieSessionEntity } from './cookie-session.entity';
import { CookieSessionStore } from './cookie-session.store';
import { CookieLogins } from './cookie-logins';
import { CrossSiteGuard } from './cross-site.guard';
import { IdentityMiddleware } from './identity.middleware';
import { LoginLimiter } from './login-limiter';
import { LoginService } from './login.service';
import { OwnOrigin } from './own-origin';
import { PASSPORT, createPassport } from './passport';
import { ProfileController } from './profile.controller';
import { RequestThrottleGuard } from './request-throttle.guard';
import { UserLogins } from './user-logins';
import { UsersController } from './users.controller';
import { UsersService } from './users.service';

/** Logins, and the guards that every route of the server stands behind. */
@Module({
  imports: [
    AccountsModule,
    TypeOrmModule.forFeature([CookieSessionEntity, ApiTokenEntity]),
    ThrottlerModule.forRoot([{ ttl: 60_000, limit: LIMITS.API_REQUESTS_PER_MINUTE }]),
  ],
  controllers: [AuthController, ProfileController, UsersController, ApiTokensController, AuditController],
  providers: [
    ApiTokensRepository,
    ApiTokensService,
    CookieSessionStore,
    CookieLogins,
    UserLogins,
    OwnOrigin,
    LoginLimiter,
    LoginService,
    { provide: PASSPORT, useFactory: createPassport, inject: [UsersService] },
    // in this order: count, refuse foreign pages, ask for the role
    { provide: APP_GUARD, useClass: RequestThrottleGuard },
    { provide: APP_GUARD, useClass: CrossSiteGuard },
    { provide: APP_GUARD, useClass: AccessGuard },
  ],
  exports: [AccountsModule, CookieLogins, UserLogins, OwnOrigin],
})
export class AuthModule implements NestModule {
  configure(consumer: MiddlewareConsumer): void {
    consumer.apply(IdentityMiddleware).forRoutes('{*path}');
  }
}
