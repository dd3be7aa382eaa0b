// How long a session takes from the YES at the device until its local port is usable: real server, relay, agent, device
// and `platen connect` on loopback.
//   node bench/sessions/set-up.mjs [--sessions 20] [--dist dist]
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';

const { values: options } = parseArgs({
  options: { sessions: { type: 'string', default: '20' }, dist: { type: 'string', default: 'dist' } },
});
const load = createRequire(import.meta.url);
const dist = resolve(options.dist);
const { setStage, reservePorts, finished, SAMPLE_USERS } = load(join(dist, 'src/demo/stage.js'));

const median = (numbers) => numbers[Math.floor(numbers.length / 2)];

/** @returns milliseconds from the answer at the device until `platen connect` prints the address of its port */
async function session(stage) {
  const connect = stage.platen('terminal', ['connect', 'demo-mfp', 'web', '--reason', 'Measuring', '--json']);
  const printed = (name) =>
    connect.printed
      .filter((line) => line.startsWith('{'))
      .map(JSON.parse)
      .find(({ event }) => event === name);
  try {
    let port;
    const listening = new Promise((done) =>
      connect.child.stdout.on('data', (chunk) => {
        if (port === undefined && String(chunk).includes('"listening"')) done((port = performance.now()));
      }),
    );
    const { sessionId } = await connect.until(() => printed('requested'), 'requests');
    const { agent } = stage.programs;
    const shows = ({ step, remoteSessionId }) => step === 'S143' && remoteSessionId === sessionId;
    await agent.until(() => agent.log.find(shows), 'shows the approval screen');
    const yes = performance.now();
    const headers = { 'Content-Type': 'application/json', Origin: stage.panelUrl };
    const body = JSON.stringify({ decision: 'approved' });
    const answer = await fetch(`${stage.panelUrl}/approvals/${sessionId}`, { method: 'POST', headers, body });
    if (!answer.ok) throw new Error(`the panel answered ${answer.status}`);
    const took = (await listening) - yes;
    connect.child.kill('SIGINT');
    await connect.exited;
    return took;
  } finally {
    await connect.stop('SIGKILL');
  }
}

const folder = mkdtempSync(join(tmpdir(), 'platen-set-up-'));
const stage = await setStage({ folder, ports: await reservePorts(), cli: join(dist, 'src/cli.js') });
try {
  const { username, password } = SAMPLE_USERS.technician;
  const login = ['login', stage.serverUrl, '--user', username, '--password-stdin'];
  await finished(stage.platen('terminal', login, `${password}\n`));
  const times = [];
  for (let count = 0; count < Number(options.sessions); count++) times.push(await session(stage));
  times.sort((one, other) => one - other);
  const [least, most] = [times[0], times.at(-1)].map((ms) => ms.toFixed(0));
  console.log(
    `YES to a usable local port, ${times.length} sessions: median ${median(times).toFixed(0)} ms (${least} to ${most} ms)`,
  );
} finally {
  await stage.stop();
  rmSync(folder, { recursive: true, force: true });
}
