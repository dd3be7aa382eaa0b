import { Controller, Get, HttpException, Inject, Res } from '@nestjs/common';
import { HealthCheckService, type HealthCheckResult } from '@nestjs/terminus';
import { SkipThrottle } from '@nestjs/throttler';
import type { Response } from 'express';
import { DataSource } from 'typeorm';
import { Public } from '../auth/access/access.guard';
import { CONFIG, type Config } from '../config/config';
import { StorageProbe, StorageUnwritable } from '../config/storage-probe';
import { hasSpace } from '../database/database-errors';
import { Documented } from '../http/api-docs';
import { Readiness } from '../http/readiness';
import { DeviceTransport } from '../xmpp/device-transport';

/** For a supervisor, which restarts a process that does not answer `/healthz`. */
@Controller()
@Public()
@SkipThrottle()
@Documented(({ ApiExcludeController }) => ApiExcludeController())
export class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly readiness: Readiness,
    dataSource: DataSource,
    transport: DeviceTransport,
    @Inject(CONFIG) { data, xmpp }: Config,
  ) {
    const storage = new StorageProbe(data);
    readiness.add('storage', async () => {
      await storage.check();
      if (!(await hasSpace(dataSource))) throw new StorageUnwritable('storage-full');
    });
    if (xmpp.component)
      readiness.add('xmpp-engine', () => {
        if (transport.problem === undefined) return Promise.resolve();
        return Promise.reject(new Error('the XMPP engine is not connected'));
      });
    readiness.add('database', async () => void (await dataSource.query('SELECT 1')));
  }

  @Get('healthz')
  alive(): { status: 'ok' } {
    return { status: 'ok' };
  }

  /** 200 or 503, with the state of every part. */
  @Get('readyz')
  async ready(@Res({ passthrough: true }) response: Response): Promise<HealthCheckResult> {
    try {
      return await this.health.check(this.readiness.checks());
    } catch (error) {
      if (!(error instanceof HttpException)) throw error;
      response.status(error.getStatus());
      return error.getResponse() as HealthCheckResult;
    }
  }
}
