// End to end: bulk both ways, 1 KB requests, and requests during a download; over `platen connect`, beside other ways to reach
// an application that no one can dial.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { alternate, atLeast, atMost, shown, summaries } from '../report.mjs';
import { clicks, download, requests, upload } from './client.mjs';
import { directTunnel, relayedTunnel } from './halves.mjs';
import { program } from './programs.mjs';
import { meshcentral, platen, ssh, websockify } from './ways.mjs';

const MANY = 32;

async function measure({ to }, { bulk, few, many }) {
  const down = await download(to, bulk);
  const up = await upload(to, bulk);
  const one = await requests(to, { count: few });
  const all = await requests(to, { connections: MANY, count: many });
  const click = await clicks(to, bulk);
  return {
    ...{ down, up, oneP50: one.p50, oneP99: one.p99, manyP50: all.p50, manyP99: all.p99 },
    ...{ clickP50: click.p50, clickP99: click.p99 },
  };
}

export async function run({ runs, quick, root }) {
  const size = quick ? { bulk: 32e6, few: 200, many: 1_000 } : { bulk: 256e6, few: 2_000, many: 20_000 };
  const folder = mkdtempSync(join(tmpdir(), 'platen-bench-'));
  const application = await program('application.mjs');
  const at = { host: '127.0.0.1', port: application.message };
  const ways = { direct: { name: 'direct', to: at, stop: () => undefined } };
  const notRun = [];
  const add = async (key, name, start) => {
    const way = await start().catch((error) => void console.error(`bench: ${name}: ${error.message}`));
    if (way) ways[key] = { name, ...way };
    else notRun.push(`${name}: it is not installed, or did not start`);
  };
  await add('platen', 'Platen', () => platen(root, join(folder, 'stage'), at));
  await add('bare', 'its tunnel without a relay', () => directTunnel(root, at));
  await add('relayed', 'its tunnel with a relay', () => relayedTunnel(root, folder, at));
  await add('ssh', '`ssh -R`', () => ssh(root, folder, at));
  await add('websockify', 'websockify', () => websockify(root, folder, at));
  await add('meshcentral', 'MeshCentral', () => meshcentral(root, folder, at));

  const list = Object.values(ways);
  for (const { to } of list) await download(to, size.bulk / 4);
  const measured = await alternate(list, runs, (way) => measure(way, size));
  for (const way of list) await way.stop();
  await application.stop();
  rmSync(folder, { recursive: true, force: true });

  const of = new Map(list.map((way) => [way, summaries(measured.get(way))]));
  const cells = (way, fields, digits) => fields.map((field) => shown(of.get(way)[field], digits));
  const bars = (field) => list.map((way) => ({ name: way.name, ...of.get(way)[field] }));
  const median = (key, field) => of.get(ways[key])[field].median;
  const ratio = (field, other, key = 'platen') => median(key, field) / median(other, field);
  return {
    title: 'End to end',
    method:
      `Loopback. Bulk: ${size.bulk / 1e6} MB in each run. Requests of 1 KB: ${size.few} over one connection, ${size.many} over ` +
      `${MANY}; "during a download": over a second connection, until the download is over.`,
    tables: [
      {
        columns: ['way', 'down, MB/s', 'up, MB/s'],
        rows: list.map((way) => [way.name, ...cells(way, ['down', 'up'], 0)]),
      },
      {
        columns: [
          ...['1 KB requests, ms', 'p50', 'p99', `p50, ${MANY} connections`, 'p99', 'p50 during a download', 'p99'],
        ],
        rows: list.map((way) => [
          way.name,
          ...cells(way, ['oneP50', 'oneP99', 'manyP50', 'manyP99', 'clickP50', 'clickP99'], 2),
        ]),
      },
    ],
    charts: [
      { title: 'End to end, down', unit: 'MB/s', bars: bars('down') },
      { title: 'End to end, up', unit: 'MB/s', bars: bars('up') },
      { title: '1 KB request, p50', unit: 'ms', bars: bars('oneP50') },
      { title: '1 KB request during a download, p99', unit: 'ms', bars: bars('clickP99') },
    ],
    targets: [
      ...(ways.relayed && ways.bare
        ? [
            atLeast('end to end, down', 0.7, 'x the same tunnel without a relay', ratio('down', 'bare', 'relayed')),
            atLeast('end to end, up', 0.7, 'x the same tunnel without a relay', ratio('up', 'bare', 'relayed')),
          ]
        : []),
      ...(ways.platen && ways.ssh
        ? [
            atLeast('end to end, down', 1, 'x `ssh -R`', ratio('down', 'ssh')),
            atLeast('end to end, up', 0.7, 'x `ssh -R`', ratio('up', 'ssh')),
            atMost('1 KB request, p50', 1.2, 'x `ssh -R`', ratio('oneP50', 'ssh')),
            atMost('1 KB request during a download, p99', 1, 'x `ssh -R`', ratio('clickP99', 'ssh')),
          ]
        : []),
      ...['websockify', 'meshcentral']
        .filter((other) => ways.platen && ways[other])
        .flatMap((other) => [
          atLeast('end to end, down', 1, `x ${ways[other].name}`, ratio('down', other)),
          atLeast('end to end, up', 1, `x ${ways[other].name}`, ratio('up', other)),
        ]),
    ],
    notRun,
    figures: list.map((way) => ({ name: way.name, ...of.get(way) })),
  };
}
