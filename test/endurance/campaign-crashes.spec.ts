import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { request } from '../../src/demo/api-request';
import { SAMPLE_USERS } from '../../src/demo/stage';
import type { Campaign, CampaignDevice } from '../../src/protocol/campaign';
import { announce, reportInformation, type Enrolment } from '../../src/protocol/control-channel';
import { FIRMWARE_MEDIA_TYPE } from '../../src/protocol/firmware-package';
import { SimulatedFleet } from '../support/agent/simulated-fleet';
import { ScriptedAgent } from '../support/agent/scripted-agent';
import { FirmwareMaker } from '../support/firmware-maker';
import { announcedPrinter } from '../support/server/control-plane';
import { TestStage } from '../support/stage/test-stage';
import { until } from '../support/until';

const AGENTS = 20;
const DEVICES_PER_AGENT = 10;
const idsOf = (agent: number) => Array.from({ length: DEVICES_PER_AGENT }, (_, n) => `fleet-${agent}-${n}`);
const ALL = Array.from({ length: AGENTS }, (_, agent) => idsOf(agent)).flat();
/** Every tenth device fails. */
const FAILING = ALL.filter((_, index) => index % 10 === 3);

const maker = new FirmwareMaker();
const folder = mkdtempSync(join(tmpdir(), 'platen-campaign-'));
const fleet = new SimulatedFleet('2.15');
let on: TestStage;
let cookie: string | undefined;
let accounts: Enrolment[];
let agents: ScriptedAgent[] = [];

beforeAll(async () => {
  for (const id of FAILING) fleet.failures.set(id, 'device-refused');
  on = await TestStage.set({ env: { PLATEN_RELEASE_PUBLIC_KEY: maker.writePublicKey(join(folder, 'release.pub')) } });
  await logIn();
  const siteId = await on.siteId();
  accounts = [];
  for (let agent = 0; agent < AGENTS; agent += 1) {
    const wanted = { agentId: `fleet-${agent}`, siteId, deviceIds: ['*'] };
    const { ticket } = await ask<{ ticket: string }>('POST', '/api/enrolment-codes', wanted);
    const enrol = () =>
      request(on.stage.serverUrl, 'POST', '/api/enrolment', { code: ticket.split('.')[0] }).catch(() => undefined);
    // enrolments of one address are limited
    accounts.push((await until('an enrolment', enrol, 180_000, 1_000)).body as Enrolment);
  }
  await connect();
}, 600_000);
afterAll(async () => {
  await Promise.all(agents.map((agent) => agent.leave()));
  await on?.strike();
  rmSync(folder, { recursive: true });
});

async function logIn(): Promise<void> {
  const { username, password } = SAMPLE_USERS.admin;
  ({ cookie } = await request(on.stage.serverUrl, 'POST', '/api/auth/login', { username, password }));
}
const ask = async <T>(method: 'GET' | 'POST', path: string, body?: unknown): Promise<T> =>
  (await request(on.stage.serverUrl, method, path, body, cookie)).body as T;

async function connect(): Promise<void> {
  agents = await Promise.all(
    accounts.map(async ({ xmpp, agentId, password }, index) => {
      const agent = await until(`agent ${agentId} to log in`, () =>
        ScriptedAgent.login(xmpp.port, xmpp.domain, agentId, password).catch(() => undefined),
      );
      fleet.attach(agent);
      await agent.ask(announce, { agentVersion: '1', devices: idsOf(index).map(announcedPrinter) });
      for (const deviceId of idsOf(index))
        await agent.ask(reportInformation, { deviceId, information: fleet.informationOf(deviceId) });
      return agent;
    }),
  );
}

async function upload(): Promise<string> {
  const answer = await fetch(`${on.stage.serverUrl}/api/firmware`, {
    method: 'POST',
    headers: { 'content-type': FIRMWARE_MEDIA_TYPE, cookie: cookie ?? '', origin: on.stage.serverUrl },
    body: maker.make(Buffer.from('firmware '.repeat(100)), { version: '2.15', model: '3050ci' }),
  });
  return ((await answer.json()) as { id: string }).id;
}

it('200 devices behind 20 agents get firmware, 10 % fail, the server is killed in the middle: none gets it twice', async () => {
  const { id } = await ask<Campaign>('POST', '/api/campaigns', {
    ...{ name: 'Endurance', operation: 'firmware-install', firmwareId: await upload() },
    ...{ devices: { filter: { search: 'fleet-' }, count: ALL.length }, waves: [{ devices: 10 }, { percent: 30 }] },
    failureLimit: { percent: 60, least: 20 },
  });
  const begun = () => ALL.filter((device) => fleet.timesBegun(device) > 0).length;
  let { server } = on.stage.programs;
  for (const share of [0.2, 0.6]) {
    await until(`${share * 100} % have begun`, () => begun() >= share * ALL.length, 180_000);
    server.child.kill('SIGKILL');
    await server.exited;
    server = await on.restart('server');
    await Promise.all(agents.map((agent) => agent.leave()));
    await connect();
  }
  const done = await until(
    'the campaign to be over',
    async () => {
      const seen = await ask<Campaign>('GET', `/api/campaigns/${id}`);
      return seen.state !== 'running' && seen;
    },
    300_000,
    500,
  );
  expect(done).toMatchObject({ state: 'completed', all: { succeeded: 180, failed: 20, waiting: 0, running: 0 } });
  expect(ALL.filter((device) => fleet.timesBegun(device) !== 1)).toEqual([]);
  const failed = await ask<{ rows: CampaignDevice[] }>('GET', `/api/campaigns/${id}/devices?state=failed&limit=200`);
  expect(failed.rows.map(({ deviceId }) => deviceId).sort()).toEqual([...FAILING].sort());
}, 900_000);
