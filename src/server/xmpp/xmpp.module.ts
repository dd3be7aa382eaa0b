import { Module, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { Journal } from '../../journal/journal';
import { CERTIFICATE, type Certificate } from '../config/certificate';
import { readComponentSecret } from '../config/component-secret';
import { CONFIG, type Config } from '../config/config';
import { SECRETS, type Secrets } from '../config/secrets';
import { AccountRegistry } from './login/agent-accounts';
import { ComponentTransport } from './component/component-transport';
import { DeviceTransport } from './device-transport';
import { EmbeddedTransport } from './embedded-transport';
import { StreamTransport } from './stream-transport';

function createTransport(
  config: Config,
  { controlChannel: { certificate, key } }: Certificate,
  secrets: Secrets,
  accounts: AccountRegistry,
  journal: Journal,
): StreamTransport {
  const { host, port, domain, proxies, component } = config.xmpp;
  const fakeSaltSecret = secrets.fakeSaltKey;
  if (component) {
    const engine = { host: component.host, port: component.port, secret: readComponentSecret(component.secretFile) };
    return new ComponentTransport({ domain, engine, fakeSaltSecret, accounts, journal });
  }
  return new EmbeddedTransport({ host, port, proxies, domain, certificate, key, fakeSaltSecret, accounts, journal });
}

@Module({
  providers: [
    AccountRegistry,
    {
      provide: StreamTransport,
      inject: [CONFIG, CERTIFICATE, SECRETS, AccountRegistry, Journal],
      useFactory: createTransport,
    },
    { provide: DeviceTransport, useExisting: StreamTransport },
  ],
  exports: [AccountRegistry, DeviceTransport],
})
export class XmppModule implements OnApplicationBootstrap, OnApplicationShutdown {
  constructor(private readonly transport: StreamTransport) {}

  /** After every module's onModuleInit, in which accounts and handlers are registered. */
  async onApplicationBootstrap(): Promise<void> {
    await this.transport.start();
  }

  onApplicationShutdown(): Promise<void> {
    return this.transport.stop();
  }
}
