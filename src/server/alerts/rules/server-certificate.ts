import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Inject, Injectable } from '@nestjs/common';
import { CERTIFICATE, type Certificate } from '../../config/certificate';
import { CONFIG, type Config } from '../../config/config';

/** The certificate of this server that browsers see. */
@Injectable()
export class ServerCertificate {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(CERTIFICATE) private readonly certificate: Certificate,
  ) {}

  /** When it expires; undefined if a reverse proxy has the certificate. */
  validTo(): Date | undefined {
    return this.config.http.tls ? new Date(new X509Certificate(this.current()).validTo) : undefined;
  }

  private current(): string {
    try {
      // it may have been renewed since the start
      return this.config.tls ? readFileSync(this.config.tls.certificate, 'utf8') : this.certificate.certificate;
    } catch {
      return this.certificate.certificate;
    }
  }
}
