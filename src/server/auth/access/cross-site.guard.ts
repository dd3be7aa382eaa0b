import type { IncomingMessage } from 'node:http';
import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';
import { CONFIG, type Config } from '../../config/config';
import { CrossSite } from '../auth.errors';

/** Distinguishes the console's origin from those of other sites, among them the origins of devices' own pages. */
@Injectable()
export class PlatenOrigin {
  private readonly publicHost: string | undefined;

  constructor(@Inject(CONFIG) config: Config) {
    this.publicHost = config.http.publicUrl && new URL(config.http.publicUrl).host;
  }

  /** @param origin header `Origin` (RFC 6454 7) of a request made to this server */
  is(origin: string, request: IncomingMessage): boolean {
    if (!URL.canParse(origin)) return false;
    const { host } = new URL(origin);
    return host !== '' && (host === request.headers.host || host === this.publicHost);
  }
}

const SAFE = ['GET', 'HEAD', 'OPTIONS'];

/**
 * Refuses requests that a page of another origin makes its visitor's browser send (CSRF). Browsers state where a request
 * comes from (`Sec-Fetch-Site`, older ones `Origin`), and pages cannot change that; programs state neither and carry no
 * other user's cookie. Complements SameSite=Lax cookies; a sibling host (a device's own pages) is another origin, too.
 */
@Injectable()
export class CrossSiteGuard implements CanActivate {
  constructor(private readonly platenOrigin: PlatenOrigin) {}

  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<Request>();
    if (SAFE.includes(request.method)) return true;
    const site = request.get('sec-fetch-site');
    const origin = request.get('origin');
    const permitted =
      site === undefined ? origin === undefined || this.platenOrigin.is(origin, request) : site === 'same-origin';
    if (!permitted) throw new CrossSite();
    return true;
  }
}
