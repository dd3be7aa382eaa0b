import { Module } from '@nestjs/common';
import { AuthModule } from '../auth/auth.module';
import { DevicesModule } from '../devices/devices.module';
import { SessionsModule } from '../sessions/sessions.module';
import { BrowserSessionsController } from './browser-sessions.controller';
import { BrowserSessions } from './browser-sessions.service';
import { SessionOrigins } from './site/session-origins';
import { SessionSite } from './site/session-site';

/** A device's web pages in the technician's browser: one origin for each session, HTTP and WebSocket. */
@Module({
  imports: [AuthModule, DevicesModule, SessionsModule],
  controllers: [BrowserSessionsController],
  providers: [SessionOrigins, BrowserSessions, SessionSite],
})
export class BrowserSessionsModule {}
