import { reportedConditions, deniedAccess, page } from '../../src/protocol/api';
import type { AccessCondition } from '../../src/protocol/access-conditions';
import { event } from '../../src/demo/scenario';
import { SAMPLE_USERS } from '../../src/demo/stage';
import { TestStage } from '../support/stage/test-stage';
import { until } from '../support/until';

/** The story of a document box with the real programs: opened, used, closed at the device and nowhere else. */
let on: TestStage;
beforeAll(async () => (on = await TestStage.set()));
afterEach(() => on?.clear());
afterAll(() => on?.strike());

const DEVICE = 'demo-mfp';
const { username: id, displayName: name } = SAMPLE_USERS.technician;
const BOX = { kind: 'box', box: 'invoices', operations: ['list', 'get', 'put'] } as const;

const mirrored = async () => reportedConditions.parse(await on.get(`/api/devices/${DEVICE}/conditions`)).conditions;
const denials = async () => page(deniedAccess).parse(await on.get(`/api/devices/${DEVICE}/denials`)).rows;

/** At the agent's own page. */
async function setCondition(): Promise<AccessCondition> {
  const before = (await mirrored()).length;
  await on.press('/conditions', { deviceId: DEVICE, condition: { who: { kind: 'user', id, name }, access: BOX } });
  return until('the mirror of the condition', async () => (await mirrored())[before], undefined, 500);
}
const revoke = (condition: AccessCondition) => on.press(`/conditions/${condition.id}/revocation`, {});

const openBox = () => on.stage.platen('terminal', ['connect', DEVICE, 'box', '--reason', 'Invoices of May', '--json']);
async function connectedBox() {
  const connect = openBox();
  const { sessionId } = await event(connect, 'requested');
  const { url } = await event(connect, 'listening');
  return { connect, sessionId, url: String(url) };
}

it('is closed without a condition, and the denial is shown', async () => {
  const connect = openBox();
  const { sessionId } = await event(connect, 'requested');
  expect(await connect.exited).toBe(30);
  expect(await on.ended(sessionId)).toMatchObject({ ending: 'denied', denial: 'no-condition', approvedAt: null });
  const denied = await until('the denial', async () => (await denials())[0], undefined, 500);
  expect(denied).toMatchObject({ asker: { kind: 'user', id }, reason: 'no-condition', remoteSessionId: sessionId });
});

it('gives and takes documents under a condition, which survives the agent, and ends when it is revoked', async () => {
  const condition = await setCondition();
  expect(condition).toMatchObject({ setBy: 'local page', who: { id } });
  const direct = on.stage.boxUrl;
  const first = await connectedBox();

  const document = Buffer.from('0451  99.00 EUR\n');
  const put = await fetch(`${first.url}/invoices/may.txt`, { method: 'PUT', body: document });
  expect(put.status).toBe(201);
  expect(await (await fetch(`${first.url}/invoices/may.txt`)).text()).toBe(document.toString());
  expect(await (await fetch(`${direct}/invoices/may.txt`)).text()).toBe(document.toString());
  const refusals = [
    ['DELETE', '/invoices/may.txt', 'operation'],
    ['GET', '/scans', 'box'],
  ] as const;
  for (const [method, path, reason] of refusals) {
    const refused = await fetch(`${first.url}${path}`, { method });
    expect([refused.status, await refused.json()]).toEqual([
      403,
      expect.objectContaining({ code: 'access-denied', reason }),
    ]);
  }
  const ofSession = async () => (await denials()).filter((each) => each.remoteSessionId === first.sessionId);
  const reported = await until(
    'both denials',
    async () => {
      const found = await ofSession();
      return found.length === 2 && found;
    },
    undefined,
    500,
  );
  expect(reported.map(({ what }) => what).sort()).toEqual(['delete invoices/may.txt', 'list scans']);
  expect((await fetch(`${direct}/invoices/may.txt`)).status).toBe(200);
  first.connect.child.kill('SIGINT');
  await first.connect.exited;
  await on.ended(first.sessionId);

  await on.stage.programs.agent.stop('SIGKILL');
  await on.restart('agent');
  // what was used is reported last of all
  const known = await until(
    'the uses after the restart',
    async () => (await mirrored()).find(({ used }) => used.times >= 2),
    undefined,
    500,
  );
  expect(known.id).toBe(condition.id);

  const second = await connectedBox();
  expect((await fetch(`${second.url}/invoices`)).status).toBe(200);
  await revoke(condition);
  expect(await second.connect.exited).toBe(30);
  expect(await event(second.connect, 'ended')).toMatchObject({ ending: 'denied', denial: 'revoked' });
  expect(await on.ended(second.sessionId)).toMatchObject({ ending: 'denied', denial: 'revoked' });
  await on.logged(
    'the reason in the log of the agent',
    (line) =>
      line.msg === 'remote session ended' && line.remoteSessionId === second.sessionId && line.ending === 'denied',
  );
  await until('the mirror without the condition', async () => (await mirrored()).length === 0, undefined, 500);
});
