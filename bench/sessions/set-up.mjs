// How long a session takes from the YES at the device until its local port is usable: real server, relay, agent, device
// and `platen connect` on loopback.
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { atMost, percentile, shown, summary } from '../report.mjs';
import { approve } from '../tunnel/ways.mjs';

/** @returns milliseconds from the answer at the device until `platen connect` prints the address of its port */
async function session(stage) {
  const connect = stage.platen('terminal', ['connect', 'demo-mfp', 'web', '--reason', 'Measuring', '--json']);
  const requested = () =>
    connect.printed
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line))
      .find(({ event }) => event === 'requested');
  try {
    let port;
    const listening = new Promise((done) =>
      connect.child.stdout.on('data', (chunk) => {
        if (port === undefined && String(chunk).includes('"listening"')) done((port = performance.now()));
      }),
    );
    const { sessionId } = await connect.until(requested, 'requests');
    const yes = await approve(stage, sessionId);
    const took = (await listening) - yes;
    connect.child.kill('SIGINT');
    await connect.exited;
    return took;
  } finally {
    await connect.stop('SIGKILL');
  }
}

export async function run({ quick, root }) {
  const [sessions, first] = quick ? [3, 1] : [60, 20];
  const load = createRequire(import.meta.url);
  const { setStage, reservePorts, finished, SAMPLE_USERS } = load(join(root, 'dist/src/demo/stage.js'));
  const folder = mkdtempSync(join(tmpdir(), 'platen-set-up-'));
  const stage = await setStage({ folder, ports: await reservePorts(), cli: join(root, 'dist/src/cli.js') });
  const times = [];
  try {
    const { username, password } = SAMPLE_USERS.technician;
    const login = ['login', stage.serverUrl, '--user', username, '--password-stdin'];
    await finished(stage.platen('terminal', login, `${password}\n`));
    while (times.length < sessions) times.push(await session(stage));
  } finally {
    await stage.stop();
    rmSync(folder, { recursive: true, force: true });
  }
  const ms = summary(times);
  return {
    title: 'Set-up of a session',
    method: `${sessions} sessions one after the other, on loopback.`,
    tables: [
      {
        columns: ['from the YES at the device to a usable local port', 'ms'],
        rows: [
          ['median (least-most)', shown(ms, 0)],
          ['p90', percentile(times, 0.9).toFixed(0)],
          [
            `median of the first ${first}, after the start of all programs`,
            summary(times.slice(0, first)).median.toFixed(0),
          ],
        ],
      },
    ],
    targets: [atMost('YES to a usable local port, p50', 80, 'ms', ms.median, 0)],
    figures: times,
  };
}
