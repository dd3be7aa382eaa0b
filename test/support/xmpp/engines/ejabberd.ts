import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Program } from '../../../../src/demo/programs';
import { adapted, PACKAGING, SECRET, unprivileged, XmppEngine } from './engine';

/** Where Debian has ejabberd; its name contains the architecture. */
const erlLibs = (): string =>
  execFileSync('sh', ['-c', 'dirname /usr/lib/*/ejabberd-23.01'], { encoding: 'utf8' }).trim();
const MODULES = ['mod_platen', 'platen_c2s'];

/** A node of a cluster; its address is one of loopback. All nodes have the same port. */
export interface ClusterNode {
  readonly address: string;
  readonly port: number;
  /** Address of the node that it joins. */
  readonly joins?: string;
}

const nameOf = (address: string) => `platen@${address}`;

/** Without epmd, as ERL_DIST_PORT and INET_DIST_INTERFACE of ejabberdctl do it. */
const clustered = ({ address, port, joins }: ClusterNode): string[] => [
  ...['-name', nameOf(address), '-setcookie', SECRET, '-start_epmd', 'false', '-erl_epmd_port', String(port)],
  ...['-kernel', 'inet_dist_use_interface', `{${address.replaceAll('.', ',')}}`],
  ...(joins ? ['-eval', `ejabberd_cluster:join('${nameOf(joins)}')`] : []),
];

/** @param node absent: one of its own, without a name, so that it needs neither epmd nor a cookie */
export const startEjabberd = (domain: string, node?: ClusterNode): Promise<XmppEngine> =>
  XmppEngine.start(
    domain,
    ({ folder, port, componentPort, certificate }) => {
      const inFolder = (name: string) => join(folder, name);
      for (const name of ['modules', 'data']) mkdirSync(inFolder(name));
      const sources = MODULES.map((name) => join(PACKAGING, 'ejabberd', `${name}.erl`));
      execFileSync('erlc', ['-o', inFolder('modules'), ...sources], { env: { ...process.env, ERL_LIBS: erlLibs() } });
      writeFileSync(inFolder('control-channel.pem'), `${certificate.key.trim()}\n${certificate.cert}`, { mode: 0o600 });
      writeFileSync(inFolder('secret'), `${SECRET}\n`, { mode: 0o600 });
      writeFileSync(inFolder('secret.yml'), `define_macro:\n  PLATEN_SECRET: "${SECRET}"\n`, { mode: 0o600 });
      const configuration = adapted('ejabberd/ejabberd.yml', {
        '/etc/ejabberd/platen': folder,
        "port: 5223\n    ip: '::'": `port: ${port}\n    ip: 127.0.0.1`,
        'port: 5347': `port: ${componentPort}`,
        'platen.local': domain,
        'mod_platen: {}': 'mod_platen:\n    failure_delay: 10',
      });
      writeFileSync(inFolder('ejabberd.yml'), configuration);
    },
    ({ folder }) =>
      Program.start(
        'ejabberd',
        // schedulers that do not spin leave the processors to the tests
        unprivileged(
          ...['erl', '-noinput', '+S', '1', '+sbwt', 'none', '-pa', join(folder, 'modules')],
          ...['-mnesia', 'dir', `"${join(folder, 'data')}"`, '-s', 'ejabberd'],
          ...(node ? clustered(node) : []),
        ),
        {
          env: {
            ERL_LIBS: erlLibs(),
            HOME: folder,
            ERL_CRASH_DUMP_BYTES: '0',
            EJABBERD_CONFIG_PATH: join(folder, 'ejabberd.yml'),
            EJABBERD_LOG_PATH: join(folder, 'ejabberd.log'),
          },
        },
      ),
  );
