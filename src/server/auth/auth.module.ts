import { Module, type MiddlewareConsumer, type NestModule } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { ThrottlerModule } from '@nestjs/throttler';
import { TypeOrmModule } from '@nestjs/typeorm';
import { LIMITS } from '../../protocol/limits';
import { AccessGuard } from './access/access.guard';
import { AccountsModule } from './accounts.module';
import { Actors } from './actors';
import { ApiTokenEntity } from './tokens/api-token.entity';
import { ApiTokensController } from './tokens/api-tokens.controller';
import { ApiTokensRepository } from './tokens/api-tokens.repository';
import { ApiTokensService } from './tokens/api-tokens.service';
import { AccessTokenEntity } from './clients/access-token.entity';
import { AccessTokensService } from './clients/access-tokens.service';
import { ClientMetrics } from './clients/client-metrics';
import { ExternalClientEntity } from './clients/external-client.entity';
import { ExternalClientsController } from './clients/external-clients.controller';
import { ExternalClientsRepository } from './clients/external-clients.repository';
import { ExternalClientsService } from './clients/external-clients.service';
import { OauthController } from './clients/oauth.controller';
import { AuditController } from './audit/audit.controller';
import { AuthController } from './login/auth.controller';
import { OwnFactorsController, UserFactorsController } from './factors/factors.controller';
import { CustomerAssignment } from './oidc/customer-assignment';
import { OidcClient } from './oidc/oidc-client';
import { OidcController } from './oidc/oidc.controller';
import { OidcUsers } from './oidc/oidc-users';
import { Passkeys } from './factors/passkeys';
import { LoginCompleteness } from './login/login-completeness';
import { PendingLoginController } from './login/pending-login.controller';
import { PendingLogins } from './login/pending-login';
import { CookieSessionEntity } from './login/cookie-session.entity';
import { CookieSessionStore } from './login/cookie-session.store';
import { CrossSiteGuard, PlatenOrigin } from './access/cross-site.guard';
import { IdentityMiddleware } from './identity.middleware';
import { LoginBrowser } from './login/login-browser';
import { LoginThrottle } from './login/login-throttle';
import { Logins } from './login/logins';
import { OwnLoginsController, UserLoginsController } from './login/user-logins.controllers';
import { UserLogins } from './login/user-logins';
import { LoginService } from './login/login.service';
import { PASSPORT, createPassport } from './login/passport';
import { ProfileController } from './login/profile.controller';
import { RequestThrottleGuard } from './access/request-throttle.guard';
import { UsersController } from './users/users.controller';
import { UsersService } from './users/users.service';

/** Logins, and the guards of every route of the server. */
@Module({
  imports: [
    AccountsModule,
    TypeOrmModule.forFeature([CookieSessionEntity, ApiTokenEntity, ExternalClientEntity, AccessTokenEntity]),
    ThrottlerModule.forRoot([{ ttl: 60_000, limit: LIMITS.API_REQUESTS_PER_MINUTE }]),
  ],
  controllers: [
    AuthController,
    ProfileController,
    PendingLoginController,
    OidcController,
    OwnLoginsController,
    OwnFactorsController,
    UsersController,
    UserLoginsController,
    UserFactorsController,
    ApiTokensController,
    ExternalClientsController,
    OauthController,
    AuditController,
  ],
  providers: [
    ApiTokensRepository,
    ApiTokensService,
    ExternalClientsRepository,
    ExternalClientsService,
    AccessTokensService,
    ClientMetrics,
    Actors,
    CookieSessionStore,
    Logins,
    PlatenOrigin,
    LoginBrowser,
    LoginThrottle,
    LoginService,
    LoginCompleteness,
    Passkeys,
    PendingLogins,
    UserLogins,
    CustomerAssignment,
    OidcClient,
    OidcUsers,
    { provide: PASSPORT, useFactory: createPassport, inject: [UsersService, LoginBrowser] },
    // The order matters: throttle, refuse cross-site requests, check the role.
    { provide: APP_GUARD, useClass: RequestThrottleGuard },
    { provide: APP_GUARD, useClass: CrossSiteGuard },
    { provide: APP_GUARD, useClass: AccessGuard },
  ],
  exports: [AccountsModule, CustomerAssignment, Actors, Logins, PlatenOrigin],
})
export class AuthModule implements NestModule {
  configure(consumer: MiddlewareConsumer): void {
    consumer.apply(IdentityMiddleware).forRoutes('{*path}');
  }
}
