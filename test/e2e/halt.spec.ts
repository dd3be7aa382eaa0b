import type { Program } from '../../src/demo/programs';
import { event, type ConnectEvent } from '../../src/demo/scenario';
import { newDeployment, type Deployment } from '../../src/protocol/deployment';
import { problem } from '../../src/protocol/problems';
import type { Step } from '../../src/protocol/steps';
import { consoleCookie, Visit } from '../support/browser/browser-visit';
import { DeploymentStage } from '../support/deployment/deployment-stage';
import { plainHttp } from '../support/plain-http';
import { until } from '../support/until';

let on: DeploymentStage;
const terminals: Program[] = [];
beforeAll(async () => {
  on = await DeploymentStage.set(2, { PLATEN_DEPLOY_PROVE_SECONDS: '2' });
  await on.upload('9.9.0');
});
afterAll(async () => {
  for (const terminal of terminals) await terminal.stop('SIGKILL');
  await on?.strike();
});

function platenConnect(name: string, device: string, ...more: string[]): Program {
  const args = ['connect', device, 'web', '--reason', 'Through a deployment', '--json', ...more];
  const terminal = on.stage.stage.platen(name, args);
  terminals.push(terminal);
  return terminal;
}

const yes = async (id: string) => {
  await on.stage.step('S143', id);
  await on.stage.press(`/approvals/${id}`, { decision: 'approved' });
};

it('a deployment halts open sessions, defers new requests, and delays a session that is approved meanwhile', async () => {
  const connect = platenConnect('again', 'mfp-1', '--again');
  const { sessionId: id } = await event(connect, 'requested');
  await yes(String(id));
  const { url } = await event(connect, 'listening');
  const visit = await Visit.approved(on.stage, 'demo-mfp', 'web');
  const site = await visit.enter();
  expect((await site.ask('/status')).status).toBe(200);
  const waiting = platenConnect('waiting', 'mfp-2');
  const { sessionId: late } = await event(waiting, 'requested');
  await on.stage.step('S143', String(late));

  const instruction = newDeployment.parse({ release: '9.9.0' });
  const { id: deployment } = await on.ask<Deployment>('POST', '/api/deployments', instruction);
  const cookie = await consoleCookie(on.stage, 'admin');
  // however slow this computer is, all of this happens while the deployment is under way
  await on.withStoppedKeeper(async () => {
    await on.ask('POST', `/api/deployments/${deployment}/execution`, {});
    await until('the relay to be draining', async () => (await on.relay()).draining, undefined, 50);
    await yes(String(late));
    const refused = await fetch(`${on.stage.stage.serverUrl}/api/sessions`, {
      method: 'POST',
      headers: { cookie, 'content-type': 'application/json' },
      body: JSON.stringify({ deviceId: 'mfp-2', applicationId: 'web', reason: 'Meanwhile' }),
    });
    const { code, retryAfterSeconds } = problem.parse(await refused.json());
    expect([refused.status, code]).toEqual([503, 'deployment-in-progress']);
    expect(refused.headers.get('retry-after')).toBe(String(retryAfterSeconds));
    expect(on.stage.stepsOf(String(late))).not.toContain('S145');
  });

  // in a session by `platen connect`
  expect(await event(connect, 'draining')).toMatchObject({ returnAfterSeconds: expect.any(Number) });
  expect(await event(connect, 'halted')).toEqual({ event: 'halted', sessionId: id });
  expect(await event(connect, 'ended')).toMatchObject({ ending: 'halted-by-deployment', exitCode: 27 });
  const shown: Step[] = ['S315', 'S316', 'S338'];
  expect(await on.stage.inOrder(String(id), shown)).toEqual(shown);

  // in a session by the browser
  const page = await until('the page that says so', async () => {
    const answer = await site.ask('/status');
    return answer.status === 410 && answer.text;
  });
  expect(page).toContain('This session was interrupted: A new relay is being deployed.');
  await on.stage.step('S338', visit.id);
  expect(await on.stage.inOrder(visit.id, shown)).toEqual(shown);

  // the session that was approved too early continues automatically, and so does the one with --again
  expect(await on.over(deployment)).toMatchObject({ state: 'deployed' });
  const other = await event(waiting, 'listening');
  expect((await plainHttp(`${String(other.url)}status`)).status).toBe(200);
  const again = await until('the new request', () => requests(connect.printed).find((each) => each !== id));
  await yes(again);
  const works = () => plainHttp(`${String(url)}status`).catch(() => undefined);
  await until('the same port to lead there', async () => (await works())?.status === 200);
  expect((await on.stage.session(again)).state).toBe('established');
  for (const each of [connect, waiting]) each.child.kill('SIGINT');
  expect([await connect.exited, await waiting.exited]).toEqual([0, 0]);
}, 240_000);

const requests = (lines: readonly string[]): string[] =>
  lines
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as ConnectEvent)
    .flatMap((each) => (each.event === 'requested' ? [each.sessionId] : []));
