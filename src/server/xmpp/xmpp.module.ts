import { Module, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { Journal } from '../../journal/journal';
import { CERTIFICATE, type Certificate } from '../config/certificate';
import { CONFIG, type Config } from '../config/config';
import { SECRETS, type Secrets } from '../config/secrets';
import { AccountRegistry } from './login/agent-accounts';
import { DeviceTransport } from './device-transport';
import { EmbeddedTransport } from './embedded-transport';

function createTransport(
  config: Config,
  { controlChannel: { certificate, key } }: Certificate,
  secrets: Secrets,
  accounts: AccountRegistry,
  journal: Journal,
): EmbeddedTransport {
  const { host, port, domain, proxies } = config.xmpp;
  const fakeSaltSecret = secrets.fakeSaltKey;
  return new EmbeddedTransport({ host, port, proxies, domain, certificate, key, fakeSaltSecret, accounts, journal });
}

@Module({
  providers: [
    AccountRegistry,
    {
      provide: EmbeddedTransport,
      inject: [CONFIG, CERTIFICATE, SECRETS, AccountRegistry, Journal],
      useFactory: createTransport,
    },
    { provide: DeviceTransport, useExisting: EmbeddedTransport },
  ],
  exports: [AccountRegistry, DeviceTransport],
})
export class XmppModule implements OnApplicationBootstrap, OnApplicationShutdown {
  constructor(private readonly transport: EmbeddedTransport) {}

  /** After every module's onModuleInit, in which accounts and handlers are registered. */
  async onApplicationBootstrap(): Promise<void> {
    await this.transport.start();
  }

  onApplicationShutdown(): Promise<void> {
    return this.transport.stop();
  }
}
