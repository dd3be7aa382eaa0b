import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Program, type LogLine } from '../../src/demo/programs';

/** Address of the vendor's server on the internet of these networks. */
export const SERVER = '203.0.113.10';
/** The public addresses of the customers' routers. */
export const ROUTERS = { a: '203.0.113.101', b: '203.0.113.102' } as const;
/** Hosts with the same addresses in both LANs. */
export const LAN = {
  agent: '192.168.1.10',
  device: '192.168.1.20',
  second: '192.168.1.11',
  other: '192.168.1.21',
} as const;
export type Customer = keyof typeof ROUTERS;
export type Host = 'internet' | `${'agent' | 'device' | 'second' | 'other' | 'router'}-${Customer}`;

/** A proxy with a login. */
export interface LanProxy {
  readonly names: Readonly<Record<string, string>>;
  readonly user: string;
  readonly password: string;
  /** PEM of its key and certificate: it also listens with TLS, at port 8889. */
  readonly tls?: string;
}

/** Long enough for a busy computer. */
const SETTING_UP_MS = 120_000;

/** Network namespaces need privileges that some containers lack. */
const UNSHARE = ['--net', '--mount', ...(process.getuid?.() === 0 ? [] : ['--user', '--map-root-user'])];

/** undefined: this machine can make the networks; otherwise why not. */
export function networksMissing(): string | undefined {
  const tried = spawnSync('unshare', [
    ...UNSHARE,
    'sh',
    '-c',
    `${PRIVATE}\nip netns add x && ip netns exec x nft list ruleset`,
  ]);
  if (tried.status === 0) return undefined;
  return tried.error?.message ?? tried.stderr.toString().trim().split('\n').at(-1) ?? 'unshare failed';
}

/**
 * The internet and the LANs of two customers, in namespaces of their own that end with this process. Both LANs have the
 * same addresses; each router translates addresses and admits no connection from outside.
 */
export class CustomerNetworks {
  private constructor(private readonly holder: ChildProcess) {}

  /** @param hosts a file that replaces /etc/hosts in all of them */
  static async set(hosts?: string): Promise<CustomerNetworks> {
    // the last command ends when this process does, because its input ends
    const names = hosts === undefined ? '' : `mount --bind ${hosts} /etc/hosts`;
    const script = [PRIVATE, names, INTERNET, customer('a'), customer('b'), 'echo ready', 'exec cat >&2'].join('\n');
    const holder = spawn('unshare', [...UNSHARE, 'sh', '-euc', script], { stdio: ['pipe', 'pipe', 'pipe'] });
    const said: string[] = [];
    createInterface({ input: holder.stderr }).on('line', (line) => said.push(line));
    const ready = once(createInterface({ input: holder.stdout }), 'line', {
      signal: AbortSignal.timeout(SETTING_UP_MS),
    });
    const exited = once(holder, 'exit').then(() => Promise.reject(new Error(`no networks: ${said.join('; ')}`)));
    exited.catch(() => undefined);
    await Promise.race([ready, exited]).catch((error: unknown) => {
      holder.kill('SIGKILL');
      throw error;
    });
    return new CustomerNetworks(holder);
  }

  /** The command line that runs a program on a host. */
  on(host: Host, ...command: string[]): [string, ...string[]] {
    const user = process.getuid?.() === 0 ? [] : ['--user', '--preserve-credentials'];
    const enter = ['nsenter', ...user, '--net', '--mount', '--target', String(this.holder.pid), '--wd=.', '--'];
    return [...enter, 'ip', 'netns', 'exec', host, ...command] as [string, ...string[]];
  }

  start(
    host: Host,
    command: string[],
    options: { env?: Record<string, string>; input?: string; onLog?: (line: LogLine) => void } = {},
  ): Program {
    return Program.start(host, this.on(host, ...command), options);
  }

  /** Exit code and output of a short command. */
  run(host: Host, ...command: string[]): Promise<{ code: number | null; output: string }> {
    const [file, ...args] = this.on(host, ...command);
    const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (bytes: Buffer) => (output += bytes.toString()));
    return once(child, 'close').then(([code]: unknown[]) => ({ code: code as number | null, output }));
  }

  /**
   * Makes an HTTP proxy (tinyproxy, for TLS behind HAProxy) on the router the only way out of a LAN.
   * @param names addresses that only the proxy knows
   * @param folder where its files are written
   */
  async lockIn(
    customer: Customer,
    { names, user, password, tls, folder }: LanProxy & { folder: string },
  ): Promise<Program[]> {
    const router = `router-${customer}` as const;
    const cut = await this.run(router, 'nft', 'flush chain inet firewall forward');
    if (cut.code !== 0) throw new Error(`the LAN is not cut off: ${cut.output}`);
    const [hosts, settings] = [join(folder, 'hosts'), join(folder, 'tinyproxy.conf')];
    await writeFile(
      hosts,
      Object.entries(names)
        .map(([name, address]) => `${address} ${name}\n`)
        .join(''),
    );
    const login = `BasicAuth ${user} ${password}`;
    const lines = ['Port 8888', 'Listen 192.168.1.1', 'Timeout 600', 'MaxClients 100', 'LogLevel Connect', login];
    await writeFile(settings, `${lines.join('\n')}\n`);
    const script = `mount --bind ${hosts} /etc/hosts && exec tinyproxy -d -c ${settings}`;
    const proxy = this.start(router, ['unshare', '--mount', 'sh', '-c', script]);
    if (tls === undefined) return [proxy];
    const [pem, terminator] = [join(folder, 'proxy.pem'), join(folder, 'haproxy.cfg')];
    await writeFile(pem, tls, { mode: 0o600 });
    const times = ['timeout connect 10s', 'timeout client 10m', 'timeout server 10m', 'timeout tunnel 10m'];
    const listen = [`bind 192.168.1.1:8889 ssl crt ${pem}`, 'server tinyproxy 192.168.1.1:8888'];
    await writeFile(terminator, ['defaults', ' mode tcp', ...times, 'listen proxy', ...listen, ''].join('\n'));
    return [proxy, this.start(router, ['haproxy', '-db', '-f', terminator])];
  }

  /** Makes one port of the internet the only one that a LAN reaches. */
  async allowOnly(customer: Customer, port: number): Promise<void> {
    const rules = [
      'flush chain inet firewall forward',
      'add rule inet firewall forward ct state established,related accept',
      `add rule inet firewall forward iifname "lan" oifname "wan" tcp dport ${port} accept`,
    ];
    const done = await this.run(`router-${customer}`, 'nft', rules.join('; '));
    if (done.code !== 0) throw new Error(`the firewall is not changed: ${done.output}`);
  }

  /** Makes the router forget TCP connections that are idle for so long, without a sign to either end. */
  async forgetIdle(customer: Customer, seconds: number): Promise<void> {
    const settings = [`nf_conntrack_tcp_timeout_established=${seconds}`, 'nf_conntrack_tcp_loose=0'];
    const script = [
      ...settings.map((setting) => `sysctl -qw net.netfilter.${setting}`),
      'nft insert rule inet firewall forward ct state invalid drop',
    ].join(' && ');
    const done = await this.run(`router-${customer}`, 'sh', '-c', script);
    if (done.code !== 0) throw new Error(`the router forgets nothing: ${done.output}`);
  }

  /** Whether the router knows a connection to this port of the internet. */
  async remembers(customer: Customer, port: number): Promise<boolean> {
    const { output } = await this.run(`router-${customer}`, 'cat', '/proc/net/nf_conntrack');
    return output.split('\n').some((line) => line.includes('ESTABLISHED') && line.includes(` dport=${port} `));
  }

  /** Loses all packets between a LAN and the internet, without a sign to either end. */
  async cut(customer: Customer): Promise<void> {
    await this.lose(customer, 'drop', []);
  }

  /** Mends that, except for the TCP connections that were open to this port: as if the router had forgotten them. */
  async mend(customer: Customer, port: number): Promise<void> {
    const { output } = await this.run(`router-${customer}`, 'cat', '/proc/net/nf_conntrack');
    const known = output.split('\n').filter((line) => line.includes('ESTABLISHED') && line.includes(` dport=${port} `));
    const ports = known.map((line) => / sport=(\d+) /.exec(line)![1]!);
    await this.lose(
      customer,
      'accept',
      ports.flatMap((each) => [`tcp sport ${each} drop`, `tcp dport ${each} drop`]),
    );
  }

  private async lose(customer: Customer, policy: string, rules: string[]): Promise<void> {
    const chain = `add chain inet lost forward { type filter hook forward priority -10 ; policy ${policy} ; }`;
    const added = rules.map((rule) => `add rule inet lost forward ${rule}`);
    // in one transaction
    const commands = ['add table inet lost', 'delete table inet lost', 'add table inet lost', chain, ...added];
    const done = await this.run(`router-${customer}`, 'nft', commands.join('; '));
    if (done.code !== 0) throw new Error(`the network is not changed: ${done.output}`);
  }

  /** Gives a host another address in its LAN; it leaves the present one. */
  async move(host: Host, from: string, to: string): Promise<void> {
    const script =
      `ip addr del ${from}/24 dev eth0 && ip addr add ${to}/24 brd + dev eth0 && ` +
      'ip route replace default via 192.168.1.1';
    const done = await this.run(host, 'sh', '-c', script);
    if (done.code !== 0) throw new Error(`${host} has no other address: ${done.output}`);
  }

  async strike(): Promise<void> {
    if (this.holder.exitCode !== null || this.holder.signalCode !== null) return;
    this.holder.kill('SIGKILL');
    await once(this.holder, 'exit');
  }
}

/** Names of namespaces stay within this mount namespace. */
const PRIVATE = `
mount --make-rprivate /
mkdir -p /run/netns
mount -t tmpfs none /run/netns`;

const INTERNET = `
ip netns add internet
ip -n internet link set lo up
ip -n internet link add br0 type bridge
ip -n internet addr add 203.0.113.1/24 dev br0
ip -n internet addr add ${SERVER}/24 dev br0
ip -n internet link set br0 up`;

/** Frames between hosts of one LAN must not pass the router's filter; not every kernel has the setting. */
const NO_FILTER_WITHIN_LAN = 'sysctl -qw net.bridge.bridge-nf-call-iptables=0 2>/dev/null || true';

const customer = (name: Customer): string => `
ip netns add router-${name}
ip -n router-${name} link set lo up
ip link add wan netns router-${name} type veth peer name w${name} netns internet
ip -n internet link set w${name} master br0 up
ip -n router-${name} addr add ${ROUTERS[name]}/24 dev wan
ip -n router-${name} link set wan up
ip -n router-${name} route add default via 203.0.113.1
ip -n router-${name} link add lan type bridge
ip -n router-${name} addr add 192.168.1.1/24 brd + dev lan
ip -n router-${name} link set lan up
ip netns exec router-${name} sysctl -qw net.ipv4.ip_forward=1
ip netns exec router-${name} ${NO_FILTER_WITHIN_LAN}
ip netns exec router-${name} nft -f - <<RULES
table inet firewall {
  chain input { type filter hook input priority 0; policy drop; ct state established,related accept; iifname { "lo", "lan" } accept; }
  chain forward { type filter hook forward priority 0; policy drop; ct state established,related accept; iifname "lan" oifname "wan" accept; }
}
table ip nat {
  chain postrouting { type nat hook postrouting priority 100; oifname "wan" masquerade; }
}
RULES
${host(`agent-${name}`, name, LAN.agent)}
${host(`device-${name}`, name, LAN.device)}
${host(`second-${name}`, name, LAN.second)}
${host(`other-${name}`, name, LAN.other)}`;

function host(name: string, of: Customer, address: string): string {
  const port = `p${address.split('.').at(-1)}`;
  return `
ip netns add ${name}
ip -n ${name} link set lo up
ip link add eth0 netns ${name} type veth peer name ${port} netns router-${of}
ip -n router-${of} link set ${port} master lan up
ip -n ${name} addr add ${address}/24 brd + dev eth0
ip -n ${name} link set eth0 up
ip -n ${name} route add default via 192.168.1.1`;
}
