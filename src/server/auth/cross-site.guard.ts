import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';
import { CONFIG, type Config } from '../config/config';
import { CrossSite } from './auth.errors';

const SAFE = ['GET', 'HEAD', 'OPTIONS'];

/**
 * Refuses what a page of another origin has its visitor's browser send (CSRF). Browsers say where a request comes from
 * (`Sec-Fetch-Site`, older ones `Origin`) and pages cannot change that; programs say neither and carry no cookie of
 * somebody else. Together with SameSite=Lax cookies; a sibling host of ours (a device's own pages) is foreign too.
 */
@Injectable()
export class CrossSiteGuard implements CanActivate {
  private readonly publicHost: string | undefined;

  constructor(@Inject(CONFIG) config: Config) {
    this.publicHost = config.http.publicUrl && new URL(config.http.publicUrl).host;
  }

  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<Request>();
    if (SAFE.includes(request.method)) return true;
    const site = request.get('sec-fetch-site');
    const origin = request.get('origin');
    const own = site === undefined ? origin === undefined || this.isOwn(origin, request) : site === 'same-origin';
    if (!own) throw new CrossSite();
    return true;
  }

  private isOwn(origin: string, request: Request): boolean {
    if (!URL.canParse(origin)) return false;
    const { host } = new URL(origin);
    return host !== '' && (host === request.get('host') || host === this.publicHost);
  }
}
