import { createHash } from 'node:crypto';
import { sessionWithSteps } from '../protocol/api';
import { STEPS, type Step } from '../protocol/steps';
import { request } from './console-login';
import type { LogLine, Program } from './programs';
import { finished, SAMPLE_USERS, type Stage } from './stage';

export class ScenarioFailed extends Error {
  override readonly name = 'ScenarioFailed';
}

/** Who ends the session: the technician (Fig. 14, 15), or the person at the device (Fig. 15, 17). */
type EndedBy = 'terminal' | 'device';

/** Plays the first remote session without a person; `say` gets a line per step. @throws ScenarioFailed, ProgramFailed */
export async function playScenario(stage: Stage, lines: LogLine[], say: (line: string) => void): Promise<void> {
  const { technician } = SAMPLE_USERS;
  const { username, password } = technician;
  const { cookie = '' } = await request(stage.serverUrl, 'POST', '/api/auth/login', { username, password });
  lines.length = 0;
  say('The technician logs in');
  const login = ['login', stage.serverUrl, '--user', username, '--password-stdin'];
  await finished(stage.platen('terminal', login, `${password}\n`));
  tell(lines, say);

  for (const device of stage.devices) {
    for (const endedBy of ['terminal', 'device'] as const) {
      say(`A session with ${device.id}, ended by the ${endedBy}`);
      const sessionId = await playSession(stage, device, endedBy);
      await checkBooks(stage, cookie, sessionId, endedBy);
      tell(lines, say);
    }
  }
}

async function playSession(stage: Stage, device: { id: string; url: string }, endedBy: EndedBy): Promise<string> {
  const reason = 'Demonstration: looking at the status page';
  const connect = stage.platen('terminal', ['connect', device.id, 'web', '--reason', reason, '--json']);
  try {
    const { sessionId } = await event(connect, 'requested');
    await stage.programs.agent.until(
      () => stage.programs.agent.log.find((line) => line.step === 'S143' && line.remoteSessionId === sessionId),
      `shows the approval screen of ${sessionId}`,
    );
    await press(stage, `/approvals/${sessionId}`, { decision: 'approved' });
    const { url } = await event(connect, 'listening');
    const [relayed, direct] = await Promise.all([page(String(url)), page(device.url)]);
    if (relayed !== direct) throw new ScenarioFailed(`the page of ${device.id} is not the same through the relay`);

    if (endedBy === 'terminal') connect.child.kill('SIGINT');
    else await press(stage, `/sessions/${sessionId}/end`, {});
    await event(connect, 'ended');
    await connect.exited;
    return sessionId;
  } finally {
    await connect.stop('SIGKILL');
  }
}

/** Both halves have ended, in order, and both logs are kept. */
async function checkBooks(stage: Stage, cookie: string, sessionId: string, endedBy: EndedBy): Promise<void> {
  const { body } = await request(stage.serverUrl, 'GET', `/api/sessions/${sessionId}`, undefined, cookie);
  const { state, ending, device, terminal } = sessionWithSteps.parse(body);
  const complete = [device, terminal].every((half) => half.startedAt && half.endedAt);
  if (state !== 'ended' || ending !== `ended-by-${endedBy}` || !complete) {
    throw new ScenarioFailed(`session ${sessionId} is ${state} (${ending}) with incomplete logs`);
  }
}

export type ConnectEvent = { event: string; sessionId: string; [field: string]: unknown };

/** What `platen connect --json` tells, once it has told it. */
export function event(connect: Program, name: string): Promise<ConnectEvent> {
  const look = (): ConnectEvent | undefined =>
    connect.printed
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as ConnectEvent)
      .find((each) => each.event === name);
  return connect.until(look, `tells '${name}'`);
}

/** Touches a button of the agent's panel. */
export async function press(stage: Pick<Stage, 'panelUrl'>, path: string, body: unknown): Promise<void> {
  const response = await fetch(`${stage.panelUrl}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: stage.panelUrl },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(10_000),
  });
  if (!response.ok) throw new ScenarioFailed(`the panel answered ${response.status} to ${path}`);
}

/** SHA-256 of a page that does not change from one moment to the next. */
async function page(base: string): Promise<string> {
  const response = await fetch(new URL('/', base), { signal: AbortSignal.timeout(15_000) });
  const bytes = Buffer.from(await response.arrayBuffer());
  return `${response.status} ${createHash('sha256').update(bytes).digest('hex')}`;
}

/** Prints the steps of all programs in the order in which they were taken, and forgets them. */
function tell(lines: LogLine[], say: (line: string) => void): void {
  const steps = lines.splice(0).filter((line) => line.step && line.step in STEPS);
  for (const { step, program } of steps.sort((a, b) => a.at - b.at)) {
    say(`  ${step}  ${program.padEnd(8)}  ${STEPS[step as Step]}`);
  }
}
