import type { IncomingMessage } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, type Config } from '../config/config';

/** Tells the console's own origin from those of other sites, a device's own pages among them. */
@Injectable()
export class OwnOrigin {
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
