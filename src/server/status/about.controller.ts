import { Controller, Get, Inject } from '@nestjs/common';
import type { z } from 'zod';
import { about } from '../../protocol/api';
import { PROTOCOL_VERSION } from '../../protocol/version';
import { Public } from '../auth/access/access.guard';
import { CERTIFICATE, type Certificate } from '../config/certificate';
import { CONFIG, type Config } from '../config/config';
import { productVersion } from '../../journal/product-version';
import { Answers } from '../http/answers';

@Controller('api/about')
export class AboutController {
  private readonly answer: z.infer<typeof about>;

  constructor(@Inject(CONFIG) config: Config, @Inject(CERTIFICATE) certificate: Certificate) {
    const pin = config.http.tls && certificate.selfSigned ? { pin: certificate.pin } : {};
    this.answer = { product: 'platen', version: productVersion(), protocol: PROTOCOL_VERSION, ...pin };
  }

  @Get()
  @Public()
  @Answers(about)
  get(): z.infer<typeof about> {
    return this.answer;
  }
}
