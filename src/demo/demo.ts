import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { isFree } from './free-ports';
import { isTrouble, type LogLine } from './programs';
import { playScenario } from './scenario';
import {
  finished,
  portsFrom,
  releaseKeyIn,
  reservePorts,
  SAMPLE_USERS,
  setStage,
  USUAL_PORTS,
  type Ports,
  type Stage,
} from './stage';

const CLI = join(__dirname, '../cli.js');
const say = (line = ''): void => void process.stdout.write(`${line}\n`);

export interface DemoOptions {
  /** Runs the scenario automatically. */
  once: boolean;
  /** Prints the protocol steps. */
  verbose: boolean;
  data: string;
  /** Of consecutive ports, instead of the usual ones. */
  firstPort?: number;
}

/** @returns the exit code */
export async function runDemo({ once, verbose, data, firstPort }: DemoOptions): Promise<number> {
  const ports = firstPort === undefined ? USUAL_PORTS : portsFrom(firstPort);
  try {
    return once ? await runOnce(verbose) : await runUntilInterrupted(resolve(data), verbose, ports);
  } catch (error) {
    process.stderr.write(`platen demo: ${(error as Error).message}\n`);
    return 1;
  }
}

/** Uses a temporary folder and free ports, so that it does not disturb other programs and leaves no files. */
async function runOnce(verbose: boolean): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'platen-demo-'));
  const ports = await reservePorts();
  const lines: LogLine[] = [];
  let stage: Stage | undefined;
  try {
    say('Starting the server, its relay, the agent and the devices.');
    stage = await setStage({
      folder,
      ports,
      cli: CLI,
      onLog: (line) => lines.push(line),
    });
    lines.length = 0;
    await playScenario(stage, { say, showSteps: () => printSteps(lines.splice(0), verbose) });
    say('All sessions have ended cleanly, and the start and end logs of both halves are complete.');
    return 0;
  } finally {
    await stage?.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Prints the steps of all programs in order. */
function printSteps(lines: readonly LogLine[], verbose: boolean): void {
  if (!verbose) return;
  const steps = lines.filter(({ step }) => step).sort((one, other) => one.at - other.at);
  for (const { step, program, msg } of steps) say(`  ${step}  ${program.padEnd(8)}  ${msg}`);
}

async function runUntilInterrupted(folder: string, verbose: boolean, ports: Ports): Promise<number> {
  await checkPorts(ports);
  const interrupted = new Promise<void>((done) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => done());
  });
  const stage = await setStage({
    folder,
    ports,
    cli: CLI,
    allKinds: true,
    env: { PLATEN_DEPLOY_PROVE_SECONDS: '10' }, // the default is too long to watch
    onLog: (line) => printLog(line, verbose),
    onProgress: (what) => say(`platen demo: ${what} ...`),
  });
  invite(stage, await signedFirmware(stage), verbose);
  const broken = Promise.race(Object.values(stage.programs).map((program) => program.exited.then(() => program.name)));
  const exited = await Promise.race([interrupted, broken]);
  say('\nplaten demo: ending all sessions ...');
  await stage.stop();
  if (!exited) return 0;
  process.stderr.write(`platen demo: the ${exited} has exited unexpectedly; see the lines above for the reason\n`);
  return 1;
}

async function checkPorts(ports: Ports): Promise<void> {
  const busy: number[] = [];
  for (const port of Object.values(ports) as number[]) if (!(await isFree(port))) busy.push(port);
  if (busy.length > 0)
    throw new Error(`port ${busy.join(', ')} is in use. Stop the program that uses it, then try again`);
}

/** Prints warnings and errors and, with `verbose`, the protocol steps. */
function printLog(line: LogLine, verbose: boolean): void {
  const { at, step, program, msg, detail } = line;
  const clock = new Date(at).toTimeString().slice(0, 8);
  if (step && verbose) say(`${clock}  ${step}  ${program.padEnd(8)}  ${msg}`);
  else if (isTrouble(line))
    say(`${clock}  ----  ${program.padEnd(8)}  ${msg}${typeof detail === 'string' ? `: ${detail}` : ''}`);
}

/** Makes firmware for the simulated MFP, and signs it with the key of the stage. @returns the signed file */
async function signedFirmware({ folder, platen }: Stage): Promise<string> {
  const [file, signed] = [join(folder, 'mfp-2.15.000.bin'), join(folder, 'mfp-2.15.000.signed')];
  const about = ['--firmware-version', '2.15.000', '--model', 'Platen Demo MFP 3050ci', '--key', releaseKeyIn(folder)];
  await finished(platen('mfp-firmware', ['mfp', 'firmware', '2.15.000', file]));
  await finished(platen('sign', ['firmware', 'sign', file, ...about, '--out', signed]));
  return signed;
}

function invite({ serverUrl, panelUrl, displayUrl, devices }: Stage, firmware: string, verbose: boolean): void {
  const { admin, technician } = SAMPLE_USERS;
  const platen = 'node dist/src/cli.js';
  say(`
Platen is running on this computer. Try it:

  1. Open the display of the simulated MFP in one window: you are the person at the device.
  2. Open the console in another window and log in as ${technician.username}: you are the technician.
  3. Open the web pages of ${devices[0]!.id} with a reason, and press YES on the display.
     The device's own pages appear in the console, through the relay.
  4. Do the same with the operation panel. The panel shows the same as the display, but not what
     belongs to its owner. With View only you cannot operate it.
  5. Press End session in the console, or End now on the display. The session's details have the logs of both halves.
  6. Do the same on the command line:
       ${platen} login ${serverUrl} --user ${technician.username}
       ${platen} connect ${devices[0]!.id} web --reason "Toner is low"
  7. Log in as ${admin.username} in a third window while a session is open, and deploy the relay with one more pair
     (Deployment, New deployment). The devices in session are listed before anything happens to them.
  8. Read the counters of ${devices[0]!.id} on its page in the console. Then cause a paper jam (the MFP's web pages, log
     in, Service) and start a test page that may wait: it is on hold until you clear the jam on the display.
  9. Ask for the document boxes of ${devices[0]!.id}:
       ${platen} connect ${devices[0]!.id} box --reason "Invoices"
     Access is denied. Set an access condition for ${technician.displayName} on the display (Remote access, New condition) and
     ask again: the command prints how to list, get and store documents. Revoke the condition there, and the session ends.
     A condition for sessions opens the web pages without YES.
 10. Upload ${firmware} as ${admin.username} (Firmware, Upload a file) and install it
     on the page of ${devices[0]!.id}. Server and agent accept only firmware that is signed.

  Console of the server            ${serverUrl}
  Display of the simulated MFP     ${displayUrl}
  Approval screen of the agent     ${panelUrl}  (for devices without such a display)
  Web pages of the simulated MFP   ${devices[0]!.url}

  Technician      ${technician.username} / ${technician.password}
  Administrator   ${admin.username} / ${admin.password}      (passwords of the demo only)

Devices: ${devices.map((device) => device.id).join(', ')}. Press Ctrl-C to end the demo.${verbose ? ' The protocol steps of every session appear below.' : ''}
`);
}
