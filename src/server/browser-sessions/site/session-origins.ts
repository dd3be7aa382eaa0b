import { randomBytes } from 'node:crypto';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Inject, Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { parentDomains } from './tossed-cookies';
import { CONFIG, type Config } from '../../config/config';

/** 80 random bits: hard to guess, though the label is not a secret. */
const LABEL_BYTES = 10;

/** Such as `co.jp` and `com.au`, under which anybody can register: browsers accept no cookies for them. */
const PUBLIC_SUFFIX = /^(ac|co|com|edu|go|gov|ne|net|or|org)\.[a-z]{2}$/;

/** The host names under which devices' pages are shown: `s-<label>.<session domain>`, one for each origin of an application. */
@Injectable()
export class SessionOrigins {
  private readonly consoleHost: string | undefined;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly adapter: HttpAdapterHost,
  ) {
    this.consoleHost = config.http.publicUrl && new URL(config.http.publicUrl).hostname;
  }

  get available(): boolean {
    return this.config.http.sessionDomain !== undefined;
  }

  /** A domain for which devices' pages can set cookies that the console gets, too; undefined if there is none. */
  get sharedDomain(): string | undefined {
    const { consoleHost } = this;
    const { sessionDomain } = this.config.http;
    if (consoleHost === undefined || sessionDomain === undefined) return undefined;
    const shared = parentDomains(`s.${sessionDomain}`).filter((each) => `.${consoleHost}`.endsWith(`.${each}`));
    return shared.find((each) => !PUBLIC_SUFFIX.test(each));
  }

  newLabel(): string {
    return randomBytes(LABEL_BYTES).toString('hex');
  }

  /** Has the scheme and port of the console. */
  originOf(label: string): string {
    const { publicUrl, tls, sessionDomain } = this.config.http;
    const { protocol, port } = publicUrl ? new URL(publicUrl) : { protocol: tls ? 'https:' : 'http:', port: this.port };
    return new URL(`${protocol}//s-${label}.${sessionDomain}:${port || (protocol === 'https:' ? 443 : 80)}`).origin;
  }

  /** Every name under the session domain except the console's own. The console must not be served under them. */
  owns(hostname: string): boolean {
    const { sessionDomain } = this.config.http;
    return sessionDomain !== undefined && hostname.endsWith(`.${sessionDomain}`) && hostname !== this.consoleHost;
  }

  /** The session of a host name, and which of its sites it is: `s-<label>`, and `s-<label>-<n>` for the others. */
  siteOf(hostname: string): { label: string; site: number } {
    const name = this.owns(hostname) ? hostname.slice(0, -`.${this.config.http.sessionDomain}`.length) : '';
    const [, label = '', site = '0'] = /^s-([0-9a-f]+)(?:-([1-9]))?$/.exec(name) ?? [];
    return { label, site: Number(site) };
  }

  private get port(): number {
    return ((this.adapter.httpAdapter.getHttpServer() as Server).address() as AddressInfo).port;
  }
}
