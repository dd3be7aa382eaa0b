import { setTimeout as delay } from 'node:timers/promises';
import { sessionWithSteps } from '../protocol/api';
import type { PanelView } from '../protocol/approval-screen';
import { sha256Hex } from '../tunnel/sha256';
import { request } from './api-request';
import type { Program } from './programs';
import { finished, SAMPLE_USERS, type Stage } from './stage';

export class ScenarioFailed extends Error {
  override readonly name = 'ScenarioFailed';
}

/** Who ends the session: the technician (Fig. 14, 15), or the person at the device (Fig. 15, 17). */
type EndedBy = 'terminal' | 'device';

interface Narrator {
  readonly say: (line: string) => void;
  /** Called after each part of the scenario. */
  readonly showSteps: () => void;
}

/** Runs remote sessions with every device automatically. @throws ScenarioFailed, ProgramFailed */
export async function playScenario(stage: Stage, { say, showSteps }: Narrator): Promise<void> {
  const { technician } = SAMPLE_USERS;
  const { username, password } = technician;
  const { cookie = '' } = await request(stage.serverUrl, 'POST', '/api/auth/login', { username, password });
  say(`${technician.displayName} logs in.`);
  const login = ['login', stage.serverUrl, '--user', username, '--password-stdin'];
  await finished(stage.platen('terminal', login, `${password}\n`));
  showSteps();

  for (const device of stage.devices) {
    for (const endedBy of ['terminal', 'device'] as const) {
      say(`${technician.displayName} requests access to ${device.id}.`);
      const sessionId = await playSession(stage, device, endedBy);
      await checkLogs(stage, cookie, sessionId, endedBy);
      say('  The person at the device pressed YES, and the web page came through the relay unchanged.');
      say(
        `  ${endedBy === 'device' ? 'The person at the device' : technician.displayName} ended the session. Its logs are complete.`,
      );
      showSteps();
    }
  }
  say(`${technician.displayName} requests a document of ${BOX_DEVICE}, which no access condition permits.`);
  await playBox(stage);
  say('  Access was denied until the owner of the device set an access condition, and after it was revoked.');
  showSteps();
}

/** For the logs of both halves after the end of a session, on a slow computer. */
const LOGS_MS = 60_000;
const BOX_DEVICE = 'demo-mfp';
const DOCUMENT = '/invoices/2026-10448.pdf';

/** A document box without an access condition, with one, and after it was revoked. */
async function playBox(stage: Stage): Promise<void> {
  const connect = () => stage.platen('terminal', ['connect', BOX_DEVICE, 'box', '--reason', 'Invoice 10448', '--json']);
  const denied = connect();
  const exit = await denied.exited;
  if (exit !== DENIED) throw new ScenarioFailed(`access without a condition ended with ${exit}`);

  const { username: id, displayName: name } = SAMPLE_USERS.technician;
  const access = { kind: 'box', box: 'invoices', operations: ['list', 'get'] };
  await press(stage, '/conditions', { deviceId: BOX_DEVICE, condition: { who: { kind: 'user', id, name }, access } });
  const permitted = connect();
  try {
    const { url } = await event(permitted, 'listening');
    const [relayed, original] = await Promise.all([
      page(`${String(url)}${DOCUMENT}`),
      page(`${stage.boxUrl}${DOCUMENT}`),
    ]);
    if (relayed !== original) throw new ScenarioFailed('the document is not the same through the relay');
    await press(stage, `/conditions/${await onlyCondition(stage)}/revocation`, {});
    const { ending } = await event(permitted, 'ended');
    if (ending !== 'denied') throw new ScenarioFailed(`the session was ${String(ending)} after the revocation`);
    await permitted.exited;
  } finally {
    await permitted.stop('SIGKILL');
  }
}

/** The exit code of `platen connect` for a denial. */
const DENIED = 30;

/** The ID of the access condition that the approval screen shows. */
async function onlyCondition(stage: Stage): Promise<string> {
  const stop = new AbortController();
  const response = await fetch(`${stage.panelUrl}/events`, { signal: stop.signal });
  const { value } = (await response.body!.getReader().read()) as { value?: Uint8Array };
  stop.abort();
  const view = JSON.parse(
    Buffer.from(value ?? [])
      .toString()
      .split('data: ')[1] ?? '',
  ) as PanelView;
  return view.conditions[0]!.id;
}

async function playSession(stage: Stage, device: { id: string; url: string }, endedBy: EndedBy): Promise<string> {
  const reason = 'Demonstration of the status page';
  const connect = stage.platen('terminal', ['connect', device.id, 'web', '--reason', reason, '--json']);
  try {
    const { sessionId } = await event(connect, 'requested');
    await stage.programs.agent.until(
      () => stage.programs.agent.log.find((line) => line.step === 'S143' && line.remoteSessionId === sessionId),
      `shows the approval screen of ${sessionId}`,
    );
    await press(stage, `/approvals/${sessionId}`, { decision: 'approved' });
    const { url } = await event(connect, 'listening');
    const [relayed, direct] = await Promise.all([page(String(url)), page(`${device.url}/`)]);
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

/** Checks that both halves have ended and that all start and end logs are stored. */
async function checkLogs(stage: Stage, cookie: string, sessionId: string, endedBy: EndedBy): Promise<void> {
  const deadline = performance.now() + LOGS_MS;
  for (;;) {
    const { body } = await request(stage.serverUrl, 'GET', `/api/sessions/${sessionId}`, undefined, cookie);
    const { state, ending, device, terminal } = sessionWithSteps.parse(body);
    const complete = [device, terminal].every((half) => half.startedAt && half.endedAt);
    if (state === 'ended' && ending === `ended-by-${endedBy}` && complete) return;
    if (performance.now() > deadline)
      throw new ScenarioFailed(`session ${sessionId} is ${state} (${ending}) with incomplete logs`);
    await delay(100);
  }
}

export type ConnectEvent = { event: string; sessionId: string; [field: string]: unknown };

/** Waits for an event that `platen connect --json` prints. */
export function event(connect: Program, name: string): Promise<ConnectEvent> {
  const find = (): ConnectEvent | undefined =>
    connect.printed
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as ConnectEvent)
      .find((each) => each.event === name);
  return connect.until(find, `prints '${name}'`);
}

/** Presses a button of the agent's panel. */
export async function press(stage: Pick<Stage, 'panelUrl'>, path: string, body: unknown): Promise<void> {
  const response = await fetch(`${stage.panelUrl}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: stage.panelUrl },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(60_000),
  });
  if (!response.ok) throw new ScenarioFailed(`the panel answered ${response.status} to ${path}`);
}

/** Status and SHA-256 of a page. */
async function page(url: string): Promise<string> {
  const response = await fetch(url, { signal: AbortSignal.timeout(60_000) });
  const bytes = Buffer.from(await response.arrayBuffer());
  return `${response.status} ${sha256Hex(bytes)}`;
}
