import { Module, type OnModuleInit } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { dataSourceOptions } from '../../../ormconfig';
import { recordedJournal } from '../../../test/support/recorded-journal';
import { makeCertificate } from '../../../test/support/test-certificate';
import { XmppWire } from '../../../test/support/xmpp/xmpp-wire';
import { ReleaseKey } from '../config/release-key';
import { ConfiguredCompany } from '../config/company';
import { ConfigModule } from '../config/config.module';
import { readConfig } from '../config/config';
import { AccountRegistry } from './login/agent-accounts';
import { DeviceTransport } from './device-transport';
import { scramKeys } from './login/scram';
import { XmppModule } from './xmpp.module';
import { EVERY_INSTALLATION } from '../../../test/support/xmpp/control-channel';

/** Does what the module does that stores the accounts. */
@Module({ imports: [XmppModule] })
class Accounts implements OnModuleInit {
  constructor(private readonly registry: AccountRegistry) {}

  onModuleInit(): void {
    this.registry.use({
      ...EVERY_INSTALLATION,
      scramKeys: (agentId, algorithm) => scramKeys(`password of ${agentId}`, algorithm),
    });
  }
}

it('listens when the application is up, for the accounts of a later module, and stops with it', async () => {
  const { journal, lines } = recordedJournal();
  const { cert: certificate, key, pin } = await makeCertificate();
  const pair = { certificate, key, pin };
  const config = readConfig({ PLATEN_XMPP_PORT: '0', PLATEN_XMPP_DOMAIN: 'xmpp.test' });
  const settings = ConfigModule.of({
    config,
    dataSource: dataSourceOptions(config),
    secrets: {
      cookieSecret: '',
      encryptionKey: Buffer.alloc(32),
      fakeSaltKey: Buffer.alloc(32),
      localRelaySecret: '',
    },
    certificate: { ...pair, selfSigned: true, authority: undefined, controlChannel: pair },
    releaseKey: new ReleaseKey(undefined),
    company: new ConfiguredCompany(undefined),
    journal,
  });
  const app = await Test.createTestingModule({ imports: [settings, Accounts] }).compile();
  await app.init();
  const { port } = lines.find((line) => line.port !== undefined) as { port: number };
  const wire = await XmppWire.connect(port, 'xmpp.test');
  await wire.login('agent', 'password of agent');
  expect(app.get(DeviceTransport, { strict: false }).isOnline('agent')).toBe(true);

  await app.close();
  await wire.expect(/system-shutdown/);
  await wire.expectClosed();
  await expect(XmppWire.connect(port, 'xmpp.test')).rejects.toThrow('ECONNREFUSED');
});
