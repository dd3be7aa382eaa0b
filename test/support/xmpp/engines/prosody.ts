import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Program } from '../../../../src/demo/programs';
import { adapted, PACKAGING, SECRET, unprivileged, XmppEngine } from './engine';

export const startProsody = (domain: string): Promise<XmppEngine> =>
  XmppEngine.start(
    domain,
    ({ folder, port, componentPort, certificate }) => {
      const inFolder = (name: string) => join(folder, name);
      for (const name of ['modules', 'data']) mkdirSync(inFolder(name));
      copyFileSync(join(PACKAGING, 'prosody/mod_auth_platen.lua'), inFolder('modules/mod_auth_platen.lua'));
      writeFileSync(inFolder('key.pem'), `${certificate.key.trim()}\n${certificate.cert}`, { mode: 0o600 });
      writeFileSync(inFolder('secret'), `${SECRET}\n`, { mode: 0o600 });
      const configuration = adapted('prosody/platen.cfg.lua', {
        '"/etc/prosody/platen"': `"${inFolder('modules')}"`,
        '/etc/prosody/platen/secret': inFolder('secret'),
        '/run/prosody': folder,
        '"/var/lib/prosody"': `"${inFolder('data')}"`,
        '/var/log/prosody': folder,
        '/etc/prosody/certs/control-channel.pem': inFolder('key.pem'),
        '{ 5223 }': `{ ${port} }`,
        '{ 5347 }': `{ ${componentPort} }`,
        '{ "*" }': '{ "127.0.0.1" }',
        'platen.local': domain,
        'authentication = "platen"': 'authentication = "platen"\n\tplaten_failure_seconds = 0.01',
      });
      writeFileSync(inFolder('prosody.cfg.lua'), configuration);
    },
    ({ folder }) =>
      Program.start('prosody', unprivileged('prosody', '-F', '--config', join(folder, 'prosody.cfg.lua'))),
  );
