// Bulk over a path of 80 ms, with and without loss, directly and through the tunnel. It runs in network namespaces of its own:
// technician, relay and client here, agent and application behind the path.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { alternate, atLeast, shown, summaries } from '../report.mjs';
import { clicks, download, upload } from './client.mjs';
import { relayedTunnel } from './halves.mjs';
import { program } from './programs.mjs';

const PYTHON = '/usr/bin/python3';
const DELAY = fileURLToPath(new URL('delay.py', import.meta.url));
const [HERE, THERE] = ['10.99.0.1', '10.99.0.2'];
const RTT_MS = 80;
const ON_SITE = ['ip', 'netns', 'exec', 'site'];
/** With a target: parts of the direct throughput. */
const PATHS = [
  { loss: 0, target: 0.85 },
  { loss: 2, target: 0.7 },
];

const SET_UP = `
mount --make-rprivate /
mkdir -p /run/netns
mount -t tmpfs none /run/netns
ip link set lo up
ip netns add way
ip netns add site
ip link add eth0 type veth peer name near netns way
ip link add far netns way type veth peer name eth0 netns site
ip addr add ${HERE}/24 dev eth0
ip link set eth0 up
ip -n site addr add ${THERE}/24 dev eth0
ip -n site link set lo up
ip -n site link set eth0 up
ip -n way link set near up
ip -n way link set far up
${PYTHON} ${DELAY} plain eth0
ip netns exec site ${PYTHON} ${DELAY} plain eth0`;

async function startPath(loss) {
  const words = ['netns', 'exec', 'way', PYTHON, DELAY, 'path', 'near', 'far', String(RTT_MS / 2), String(loss)];
  const path = spawn('ip', words, { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(createInterface(path.stdout), 'line');
  return () => {
    const exited = once(path, 'exit');
    path.kill();
    return exited;
  };
}

async function certificate(dist, folder) {
  const load = createRequire(import.meta.url);
  const { selfSignedCertificate } = load(join(dist, 'tunnel/self-signed-certificate.js'));
  const { spkiPinOf } = load(join(dist, 'tunnel/pinned-tls.js'));
  const place = join(folder, 'tls');
  const { certificate: pem } = await selfSignedCertificate(place, [HERE]);
  const settings = {
    PLATEN_RELAY_HOST: HERE,
    PLATEN_TLS_CERTIFICATE: join(place, 'certificate.pem'),
    PLATEN_TLS_KEY: join(place, 'key.pem'),
  };
  return { settings, pin: spkiPinOf(pem) };
}

export async function run({ runs, quick, root }) {
  const bulk = quick ? 10e6 : 50e6;
  const folder = mkdtempSync(join(tmpdir(), 'platen-bench-'));
  execFileSync('sh', ['-euc', SET_UP], { stdio: ['ignore', 'ignore', 'inherit'] });
  const { settings, pin } = await certificate(join(root, 'dist/src'), folder);
  const rows = [];
  const figures = [];
  for (const { loss, target } of PATHS) {
    const stopPath = await startPath(loss);
    const application = await program('application.mjs', [THERE], ON_SITE);
    const at = { host: THERE, port: application.message };
    const direct = { name: 'direct', to: at, stop: () => undefined };
    const tunnel = await relayedTunnel(root, folder, at, { settings, pin, onDevice: ON_SITE });
    const ways = [direct, { name: 'Platen tunnel', ...tunnel }];
    const measured = await alternate(ways, runs, async ({ to }) => ({
      down: await download(to, bulk),
      up: await upload(to, bulk),
      clickP50: (await clicks(to, bulk)).p50,
    }));
    await tunnel.stop();
    await application.stop();
    await stopPath();
    const [far, through] = ways.map((way) => summaries(measured.get(way)));
    figures.push({ loss, target, direct: far, tunnel: through });
    for (const [name, each] of [
      ['direct', far],
      ['Platen tunnel', through],
    ])
      rows.push([
        `${name}, ${loss} % loss`,
        shown(each.down, 1),
        shown(each.up, 1),
        (each.down.median / far.down.median).toFixed(2),
        (each.up.median / far.up.median).toFixed(2),
        shown(each.clickP50, 0),
      ]);
  }
  rmSync(folder, { recursive: true, force: true });
  const size = `${bulk / 1e6} MB`;
  return {
    title: `Over a path of ${RTT_MS} ms`,
    method:
      `${size} in each run, between network namespaces. The whole path is between agent and relay; a program holds each frame ` +
      `of 1,514 bytes for ${RTT_MS / 2} ms each way and drops some at random (this needs no netem). Relay with TLS; the ends of ` +
      'the tunnel are processes of their own, without server and agent.',
    tables: [
      {
        columns: [size, 'down, MB/s', 'up, MB/s', 'x direct, down', 'x direct, up', '1 KB request during it, p50, ms'],
        rows,
      },
    ],
    charts: figures.map(({ loss, direct, tunnel }) => ({
      title: `${size} down at ${RTT_MS} ms, ${loss} % loss`,
      unit: 'MB/s',
      bars: [
        { name: 'direct', ...direct.down },
        { name: 'Platen tunnel', ...tunnel.down },
      ],
    })),
    targets: figures.flatMap(({ loss, target, direct, tunnel }) =>
      ['down', 'up'].map((way) =>
        atLeast(
          `${size} ${way} at ${RTT_MS} ms, ${loss} % loss`,
          target,
          'x direct',
          tunnel[way].median / direct[way].median,
        ),
      ),
    ),
    figures,
  };
}
