import { Controller, Get, Req, Res } from '@nestjs/common';
import type { Request, Response } from 'express';
import { Forbidden } from '../auth/auth.errors';
import { identityOf } from '../auth/access/identity';
import { Public } from '../auth/access/access.guard';
import { isLoopback } from '../../protocol/loopback';
import { Documented } from '../http/api-docs';
import { Metrics } from '../http/metrics';

/** For Prometheus: without a login on this machine, otherwise with an administrator's API token. */
@Controller('metrics')
@Documented(({ ApiExcludeController }) => ApiExcludeController())
export class MetricsController {
  constructor(private readonly metrics: Metrics) {}

  @Get()
  @Public()
  async read(@Req() request: Request, @Res({ passthrough: true }) response: Response): Promise<string> {
    if (!isFromHere(request) && identityOf(request)?.actor.role !== 'admin') throw new Forbidden('admin');
    response.type(this.metrics.registry.contentType);
    return this.metrics.registry.metrics();
  }
}

/**
 * A proxy on this machine makes every client look local, but names the client in a header. A page of another site in a
 * browser on this machine can look local, too (DNS rebinding), but its `Host` does not name this machine.
 */
function isFromHere(request: Request): boolean {
  const forwarded = request.get('x-forwarded-for') ?? request.get('forwarded') ?? request.get('via');
  const host = `http://${request.get('host')}`;
  const namesHere = URL.canParse(host) && isLoopback(new URL(host).hostname);
  return forwarded === undefined && namesHere && isLoopback(request.socket.remoteAddress ?? '');
}
