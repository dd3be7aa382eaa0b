// The control channel with 5,000 agents: memory of each, logins, the round trip of a stanza, and a storm after a restart. The
// agents are those of the reconnect storm (test/campaigns).
import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { Fleet } from '../../test/campaigns/storm/fleet.mjs';
import { atMost, percentile } from '../report.mjs';
import { DOMAIN, fill, newInstallation, startServer } from './filled-server.mjs';

const BACK_MS = 150_000;
/** For the information of all devices, after all have announced. */
const INFORMED_MS = 240_000;
/** After that, until the devices are idle and the memory of the work before is free. */
const SETTLE_MS = 40_000;

/** Until the server has asked for the information of each device. */
async function allInformed(fleet) {
  const deadline = performance.now() + INFORMED_MS;
  while (fleet.counts.acquired < fleet.size) {
    if (performance.now() > deadline) throw new Error(`only ${fleet.counts.acquired} devices were asked`);
    await delay(500);
  }
}

/** One after the other, each of another agent. */
async function roundTrips(fleet, count) {
  const times = [];
  for (let at = 0; at < count; at++) times.push(await fleet.ping((at * 7) % fleet.size));
  return times;
}

export async function run({ quick }) {
  const [agents, sessions] = quick ? [200, 2_000] : [5_000, 100_000];
  const installation = await newInstallation();
  const password = await fill(installation, { agents, sessions });
  const fleet = new Fleet({ agents, port: installation.xmppPort, domain: DOMAIN, password });

  /** Until all have announced. @returns seconds */
  const announced = async (since) => {
    const back = await fleet.allAnnounced(BACK_MS);
    if (back === undefined) throw new Error(`only ${fleet.announced} of ${agents} agents have announced`);
    return (performance.now() - since) / 1000;
  };
  let server = await startServer(installation);
  const before = await server.measured();
  const since = performance.now();
  fleet.start();
  const first = await announced(since);
  const logins = fleet.counts.logins / first;
  await allInformed(fleet);
  await delay(quick ? 1_000 : SETTLE_MS);
  const settled = await server.measured();
  const times = await roundTrips(fleet, quick ? 200 : 2_000);

  fleet.reset();
  const killed = performance.now();
  await server.end('SIGKILL');
  server = await startServer(installation);
  const { readyMs } = server;
  const again = await announced(killed);
  const loop = await server.measured();
  const { failedAnnounces } = fleet.counts;
  fleet.stop();
  await server.end();
  installation.remove();

  const kilobytes = ((settled.memoryMb - before.memoryMb) * 1000) / agents;
  const [p50, p99] = [0.5, 0.99].map((part) => percentile(times, part));
  return {
    title: 'Control channel',
    method: `${agents} agents over TLS, in one process, which shares the processors; ${sessions} past sessions in the database.`,
    tables: [
      {
        columns: ['control channel', 'measured'],
        rows: [
          ['memory of the server for each idle agent (resident)', `${kilobytes.toFixed(0)} KB`],
          ['logins with announcement', `${logins.toFixed(0)}/s`],
          ['round trip of a ping (XEP-0199), p50, p99', `${p50.toFixed(2)} ms, ${p99.toFixed(2)} ms`],
          ['after a SIGKILL: server ready', `${(readyMs / 1000).toFixed(1)} s`],
          ['after a SIGKILL: all agents announced', `${again.toFixed(1)} s`],
          ['after a SIGKILL: announcements that failed', String(failedAnnounces)],
          ['event loop meanwhile, p99, longest', `${loop.p99.toFixed(0)} ms, ${loop.longest.toFixed(0)} ms`],
        ],
      },
    ],
    targets: [
      atMost(`memory of each of ${agents} idle devices`, 55, 'KB', kilobytes, 0),
      atMost(`${agents} devices back after a restart`, 20, 's', again, 1),
    ],
    figures: { kilobytes, logins, p50, p99, readyMs, first, again, failedAnnounces, loop, before, settled },
  };
}
