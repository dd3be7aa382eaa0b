import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';
import { CrossSite } from './auth.errors';
import { OwnOrigin } from './own-origin';

const SAFE = ['GET', 'HEAD', 'OPTIONS'];

/**
 * Refuses what a page of another origin has its visitor's browser send (CSRF). Browsers say where a request comes from
 * (`Sec-Fetch-Site`, older ones `Origin`) and pages cannot change that; programs say neither and carry no cookie of
 * somebody else. Together with SameSite=Lax cookies; a sibling host of ours (a device's own pages) is foreign too.
 */
@Injectable()
export class CrossSiteGuard implements CanActivate {
  constructor(private readonly own: OwnOrigin) {}

  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<Request>();
    if (SAFE.includes(request.method)) return true;
    const site = request.get('sec-fetch-site');
    const origin = request.get('origin');
    const permitted =
      site === undefined ? origin === undefined || this.own.is(origin, request) : site === 'same-origin';
    if (!permitted) throw new CrossSite();
    return true;
  }
}
