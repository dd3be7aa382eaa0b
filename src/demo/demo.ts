import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { isFree } from './free-ports';
import type { LogLine } from './programs';
import { playScenario } from './scenario';
import { portsOfItsOwn, SAMPLE_USERS, setStage, USUAL_PORTS, type Ports, type Stage } from './stage';

const CLI = join(__dirname, '../cli.js');
const say = (line = ''): void => void process.stdout.write(`${line}\n`);

/** @returns the exit code */
export async function runDemo(options: { once: boolean; data: string }): Promise<number> {
  try {
    return options.once ? await runOnce() : await runUntilInterrupted(resolve(options.data));
  } catch (error) {
    process.stderr.write(`platen demo: ${(error as Error).message}\n`);
    return 1;
  }
}

/** In a folder and on ports of its own, so that it disturbs nothing and leaves nothing. */
async function runOnce(): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'platen-demo-'));
  const ports = await portsOfItsOwn();
  const lines: LogLine[] = [];
  let stage: Stage | undefined;
  try {
    stage = await setStage({
      folder,
      ports,
      cli: CLI,
      onLog: (line) => lines.push(line),
    });
    lines.length = 0;
    await playScenario(stage, lines, say);
    say('Every session ended in order, with the logs of both halves kept.');
    return 0;
  } finally {
    await stage?.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function runUntilInterrupted(folder: string): Promise<number> {
  await checkPorts(USUAL_PORTS);
  const interrupted = new Promise<void>((done) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => done());
  });
  const stage = await setStage({
    folder,
    ports: USUAL_PORTS,
    cli: CLI,
    env: { PLATEN_DEPLOY_PROVE_SECONDS: '10' }, // nobody wants to watch a demo for two minutes
    onLog: showStep,
    onProgress: (what) => say(`platen demo: ${what} ...`),
  });
  invite(stage);
  const broken = Promise.race(Object.values(stage.programs).map((program) => program.exited.then(() => program.name)));
  const gone = await Promise.race([interrupted, broken]);
  say('\nplaten demo: ending all sessions in order ...');
  await stage.stop();
  if (!gone) return 0;
  process.stderr.write(`platen demo: the ${gone} has stopped by itself; the lines above say why\n`);
  return 1;
}

async function checkPorts(ports: Ports): Promise<void> {
  const busy: number[] = [];
  for (const port of Object.values(ports) as number[]) if (!(await isFree(port))) busy.push(port);
  if (busy.length > 0) throw new Error(`port ${busy.join(', ')} is in use; stop what listens there and try again`);
}

/** The steps of the sessions, live, and whatever went wrong. */
function showStep(line: LogLine): void {
  const clock = new Date(line.at).toTimeString().slice(0, 8);
  if (line.step) say(`${clock}  ${line.step}  ${line.program.padEnd(8)}  ${line.msg}`);
  else if (line.level >= 40) {
    const detail = typeof line.detail === 'string' ? `: ${line.detail}` : '';
    say(`${clock}  ----  ${line.program.padEnd(8)}  ${line.msg}${detail}`);
  }
}

function invite({ serverUrl, panelUrl, displayUrl, devices }: Stage): void {
  const { admin, technician } = SAMPLE_USERS;
  const platen = 'node dist/src/cli.js';
  say(`
Platen is running on this machine.

  Console of the server            ${serverUrl}
  The device's approval screen     ${panelUrl}
  The simulated MFP's display      ${displayUrl}
  The simulated MFP's web pages    ${devices[0]!.url}

  Technician      ${technician.username} / ${technician.password}
  Administrator   ${admin.username} / ${admin.password}      (passwords of the demo only)

Try it:
  1. Open the approval screen ${panelUrl} in one window: you are the person at the device.
  2. Open the console ${serverUrl} in another and log in as ${technician.username}: you are the technician.
  3. Open the web pages of ${devices[0]!.id}, with a reason; press YES at the approval screen.
     The device's own pages appear in the console, through the relay.
  4. The same with the operation panel: it and the display above show what either does. View only lets you look.
  5. End session in the console, or End now at the device. Both halves are in the session's timeline.
  6. The same from the command line:
       ${platen} login ${serverUrl} --user ${technician.username}
       ${platen} connect ${devices[0]!.id} web --reason "Toner is low"
  7. Log in as ${admin.username} in a third window while a session is open, and deploy the relay with one pair more
     (Deployment, New deployment): the devices in session are listed before anything happens to them.
  8. Read the counters of ${devices[0]!.id} on its page in the console. Then raise a paper jam (the MFP's web pages, log
     in, Service) and ask for a test page that may wait: it is held until the jam is cleared at the display.

Devices: ${devices.map((device) => device.id).join(', ')}. Ctrl-C here ends the demo. The steps of every session appear below.
`);
}
