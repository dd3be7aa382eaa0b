import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NestFactory } from '@nestjs/core';
import type { OpenAPIObject } from '@nestjs/swagger';
import request from 'supertest';
import { ACCESS, describeAccess, describeDocument } from './rest-api/access';
import { describeAgentUpdates } from './rest-api/agent-updates';
import { describeAlerts, describeAlertSettings, describeWebhooks } from './rest-api/alerts';
import { describeAudit, describeLogins, describeNotices, describeTokens, describeUsers } from './rest-api/accounts';
import { describeCampaigns } from './rest-api/campaigns';
import { describeSettingsTemplates } from './rest-api/settings-templates';
import { describeBackups } from './rest-api/backups';
import { describeCustomers } from './rest-api/customers';
import { describeClients } from './rest-api/clients';
import { describeDeployments, describeReleases } from './rest-api/deployment';
import { describeAgents, describeDevices } from './rest-api/devices';
import { describeFoundDevices } from './rest-api/found-devices';
import { describeFleet } from './rest-api/fleet';
import { describeFirmware, describeJobs } from './rest-api/maintenance';
import { describeReadings } from './rest-api/readings';
import { describeReports } from './rest-api/reports';
import { describeReach } from './rest-api/reach';
import { describeRelays, describeSessions } from './rest-api/sessions';
import { hashCheaply } from './support/server/cheap-hash';
import { DeploymentPlane } from './support/deployment/deployment-plane';
import { ReleaseMaker } from './support/deployment/release-maker';
import { FirmwareMaker } from './support/firmware-maker';
import { RestApi } from './support/server/rest-api';

/** Only a browser has what they need: test/e2e/single-sign-on.spec.ts, test/e2e/passkeys.spec.ts. */
const IN_BROWSERS = /^GET \/api\/auth\/oidc\/|\/passkey$/;

/**
 * Every route of the REST API, called by supertest on the one Nest application of this file, with scripted agents and
 * relays on its other wires. What stands here is the contract: statuses, codes, schemas, roles, validation, pages.
 */
describe('REST API', () => {
  const folder = mkdtempSync(join(tmpdir(), 'platen-rest-api-'));
  const maker = new ReleaseMaker();
  const firmwareMaker = new FirmwareMaker(maker.pair);
  let stage: DeploymentPlane;
  let api: RestApi;
  beforeAll(async () => {
    hashCheaply();
    const create = jest.spyOn(NestFactory, 'create');
    const PLATEN_RELEASE_PUBLIC_KEY = maker.writePublicKey(join(folder, 'release.pub'));
    stage = await DeploymentPlane.start({
      PLATEN_RELEASE_PUBLIC_KEY,
      PLATEN_WEBHOOK_NETWORKS: 'yes',
      PLATEN_BACKUP_FOLDER: join(folder, 'backups'),
    });
    const app = await create.mock.results[0]!.value;
    create.mockRestore();
    const document = (await request(app.getHttpServer()).get('/api/docs-json').expect(200)).body as OpenAPIObject;
    api = new RestApi(app, stage.plane, document);
  });
  afterAll(async () => {
    await stage?.stop();
    rmSync(folder, { recursive: true });
  });
  const given = () => api;

  describeAccess(given);
  describeDocument(given);
  describeLogins(given);
  describeUsers(given);
  describeTokens(given);
  describeClients(given);
  describeNotices(given);
  describeAudit(given);
  describeBackups(given);
  describeCustomers(given);
  describeReach(given);
  describeAgents(given);
  describeDevices(given);
  describeFoundDevices(given);
  describeFleet(given);
  describeReadings(given);
  describeReports(given);
  describeSessions(given);
  describeRelays(given);
  describeFirmware(given, firmwareMaker);
  describeJobs(given, firmwareMaker);
  describeSettingsTemplates(given);
  describeCampaigns(given);
  describeAlerts(given);
  describeAlertSettings(given);
  describeWebhooks(given);
  describeReleases(given, maker);
  describeAgentUpdates(given, maker);
  describeDeployments(given, () => stage);

  it('answers every route here at least once, as its schema says', () => {
    expect(Object.keys(ACCESS).filter((route) => !api.isAnswered(route) && !IN_BROWSERS.test(route))).toEqual([]);
  });
});
