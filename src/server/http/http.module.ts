import { Global, Module } from '@nestjs/common';
import { APP_FILTER, APP_PIPE } from '@nestjs/core';
import { TerminusModule } from '@nestjs/terminus';
import { HostRouter } from './host-router';
import { Metrics } from './metrics';
import { ProblemFilter } from './problem.filter';
import { Readiness } from './readiness';
import { validation } from './validation';

/** Common behaviour of all routes; provides HostRouter, Readiness, Metrics and health checks to every module. */
@Global()
@Module({
  // what is not ready is logged where it fails, not at each request
  imports: [TerminusModule.forRoot({ logger: false })],
  providers: [
    HostRouter,
    Readiness,
    Metrics,
    { provide: APP_FILTER, useClass: ProblemFilter },
    { provide: APP_PIPE, useFactory: validation },
  ],
  exports: [HostRouter, Readiness, Metrics, TerminusModule],
})
export class HttpModule {}
