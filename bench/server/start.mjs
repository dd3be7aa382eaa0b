// From the start of the server's process until it listens.
import { shown, summary } from '../report.mjs';
import { fill, newInstallation, startServer } from './filled-server.mjs';

export async function run({ runs, quick }) {
  const [agents, sessions] = quick ? [500, 5_000] : [5_000, 100_000];
  const installations = { 'empty database': await newInstallation(), filled: await newInstallation() };
  await fill(installations.filled, { agents, sessions, withDevices: true });
  const name = `${agents} devices, ${sessions} past sessions`;
  const times = { 'first start, with all migrations': [], 'empty database': [], filled: [] };
  for (let run = 0; run <= runs; run++)
    for (const [which, installation] of Object.entries(installations)) {
      const server = await startServer(installation);
      const isFirst = run === 0 && which === 'empty database';
      times[isFirst ? 'first start, with all migrations' : which].push(server.readyMs);
      await server.end();
    }
  for (const each of Object.values(installations)) each.remove();
  const figures = Object.fromEntries(Object.entries(times).map(([which, ms]) => [which, summary(ms)]));
  return {
    title: 'Start of the server',
    method: `${runs} alternating starts, without a relay.`,
    tables: [
      {
        columns: ['from the start of the process until it listens', 's'],
        rows: Object.entries(figures).map(([which, { median, least, most }]) => [
          which === 'filled' ? name : which,
          shown({ median: median / 1000, least: least / 1000, most: most / 1000 }, 2),
        ]),
      },
    ],
    figures,
  };
}
