import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SimulatedFleet } from '../../../test/support/agent/simulated-fleet';
import type { ScriptedAgent } from '../../../test/support/agent/scripted-agent';
import { FirmwareMaker } from '../../../test/support/firmware-maker';
import { announcedPrinter, ControlPlane, type Who } from '../../../test/support/server/control-plane';
import { until } from '../../../test/support/until';
import {
  campaign,
  campaignDevice,
  type Campaign,
  type CampaignDevice,
  type CampaignState,
} from '../../protocol/campaign';
import { announce, reportInformation, type Enrolment } from '../../protocol/control-channel';
import { FIRMWARE_MEDIA_TYPE } from '../../protocol/firmware-package';
import { LIMITS } from '../../protocol/limits';

const FILE = Buffer.from('firmware '.repeat(10));

describe('a campaign', () => {
  const maker = new FirmwareMaker();
  const folder = mkdtempSync(join(tmpdir(), 'platen-campaigns-'));
  let plane: ControlPlane;
  let account: Enrolment;
  let agent: ScriptedAgent;
  let fleet: SimulatedFleet;
  /** Each test has devices of its own. */
  let prefix = '';
  let firmwareId = '';

  beforeAll(async () => {
    jest.replaceProperty(LIMITS, 'CAMPAIGN_TICK_MS', 200 as never);
    jest.replaceProperty(LIMITS, 'CAMPAIGN_RETRY_MS', 200 as never);
    const PLATEN_RELEASE_PUBLIC_KEY = maker.writePublicKey(join(folder, 'release.pub'));
    plane = await ControlPlane.start({ PLATEN_RELEASE_PUBLIC_KEY });
    account = await plane.enrol('fleet');
  });
  afterAll(async () => {
    await agent?.leave();
    await plane?.stop();
    rmSync(folder, { recursive: true });
    jest.restoreAllMocks();
  });

  const ids = (count: number) => Array.from({ length: count }, (_, index) => `${prefix}-${index + 1}`);
  const connect = async (count: number) => {
    agent = await plane.streamOf(account);
    fleet.attach(agent);
    await agent.ask(announce, { agentVersion: '1', devices: ids(count).map(announcedPrinter) });
    for (const deviceId of ids(count))
      await agent.ask(reportInformation, { deviceId, information: fleet.informationOf(deviceId) });
  };
  /** So many devices that have 2.14, and a firmware file 2.15 for them. */
  const given = async (name: string, count: number, prepare: (devices: string[]) => void = () => undefined) => {
    await agent?.leave();
    prefix = name;
    fleet = new SimulatedFleet('2.15');
    prepare(ids(count));
    await connect(count);
    const bytes = Buffer.concat([FILE, Buffer.from(name)]);
    const made = maker.make(bytes, { version: '2.15', model: '3050ci' });
    firmwareId = String((await plane.send('ada', '/firmware', made, FIRMWARE_MEDIA_TYPE)).body.id);
    return ids(count);
  };
  const post = (devices: string[], more: object = {}, who: Who = 'tom') =>
    plane.call(who, 'POST', '/campaigns', {
      ...{ name: prefix, devices: { deviceIds: devices }, operation: 'firmware-install', firmwareId },
      ...more,
    });
  const started = async (devices: string[], more: object = {}): Promise<string> => {
    const { status, body } = await post(devices, more);
    if (status !== 201) throw new Error(JSON.stringify(body));
    return campaign.parse(body).id;
  };
  const get = async (id: string): Promise<Campaign> =>
    campaign.parse((await plane.call('ada', 'GET', `/campaigns/${id}`)).body);
  const reaches = (id: string, state: CampaignState): Promise<Campaign> =>
    until(`the campaign to be ${state}`, async () => {
      const seen = await get(id);
      return seen.state === state && seen;
    });
  const devicesOf = async (id: string, who: Who = 'ada'): Promise<CampaignDevice[]> => {
    const { rows } = (await plane.call(who, 'GET', `/campaigns/${id}/devices?limit=200`)).body as { rows: unknown[] };
    return rows.map((row) => campaignDevice.parse(row));
  };
  const control = (id: string, what: 'pause' | 'resumption' | 'abortion', who: Who = 'tom') =>
    plane.call(who, 'POST', `/campaigns/${id}/${what}`);
  const begun = (devices: string[]) => devices.map((id) => fleet.timesBegun(id));

  it('installs firmware wave by wave, and pauses after the first one', async () => {
    const devices = await given('waves', 4);
    const id = await started(devices, { waves: [{ devices: 1 }, { percent: 25 }], pauseAfterFirstWave: true });
    expect(await reaches(id, 'paused')).toMatchObject({ reason: 'first-wave', wave: 2, mayControl: true });
    expect(begun(devices)).toEqual([1, 0, 0, 0]);
    expect((await get(id)).holds).toEqual([{ hold: 'paused', devices: 3 }]);
    expect((await control(id, 'resumption')).status).toBe(200);
    const done = await reaches(id, 'completed');
    expect(done.waves.map(({ counts }) => counts.succeeded)).toEqual([1, 1, 2]);
    expect(begun(devices)).toEqual([1, 1, 1, 1]);
    expect(devices.map((each) => fleet.versionOf(each))).toEqual(devices.map(() => '2.15'));
    const { rows: jobs } = (await plane.call('tom', 'GET', `/jobs?deviceId=${devices[0]}`)).body as { rows: unknown[] };
    expect(jobs).toMatchObject([{ campaignId: id }]);
    const { rows } = (await plane.call('ada', 'GET', '/audit?limit=200')).body as {
      rows: { action: string; target: string }[];
    };
    const actions = rows.filter(({ target }) => target === id).map(({ action }) => action);
    expect(actions.sort()).toEqual(['campaign.created', 'campaign.resumed', 'campaign.stopped']);
  });

  it('reads the latest lines of logs, and those that an owner forbids to read fail alone', async () => {
    const devices = await given('logs', 3, ([, other]) => fleet.failures.set(other!, 'forbidden'));
    const id = await started(devices, { operation: 'logs-read', firmwareId: undefined });
    expect((await reaches(id, 'completed')).all).toMatchObject({ succeeded: 2, failed: 1 });
    const rows = await devicesOf(id);
    expect(rows.map(({ failure }) => failure)).toEqual(['forbidden', null, null]);
    const job = (await plane.call('tom', 'GET', `/jobs/${rows[1]!.jobId}`)).body;
    expect(job).toMatchObject({ operation: 'logs-read', log: null, state: 'succeeded' });
    const range = { operation: 'logs-read', firmwareId: undefined, log: { level: 'warn' } };
    expect((await post(devices, range)).body).toMatchObject({ code: 'invalid-request' });
  });

  it('pauses when too many devices have failed, and counts from zero when it is resumed', async () => {
    const devices = await given('failing', 4, ([one, other]) => {
      fleet.failures.set(one!, 'device-refused');
      fleet.failures.set(other!, 'device-refused');
    });
    const id = await started(devices, { waves: [{ devices: 2 }], failureLimit: { percent: 50, least: 4 } });
    const paused = await reaches(id, 'paused');
    expect(paused).toMatchObject({ reason: 'failures', detail: 'Failed devices: 2 of 2.' });
    expect(begun(devices)).toEqual([1, 1, 0, 0]);
    const [first] = await devicesOf(id);
    expect(first).toMatchObject({ state: 'failed', failure: 'device-refused', deviceId: 'failing-1' });
    await control(id, 'resumption');
    expect((await reaches(id, 'completed')).all).toMatchObject({ succeeded: 2, failed: 2 });
    expect(begun(devices)).toEqual([1, 1, 1, 1]);
  });

  it('takes back jobs that are held when it is paused, and starts them again when it is resumed', async () => {
    const devices = await given('held', 2, ([one]) => fleet.holds.set(one!, 'stopped'));
    const id = await started(devices);
    const seen = await until('one is held', async () => {
      const now = await get(id);
      return now.all.succeeded === 1 && now.holds.length > 0 && now;
    });
    expect(seen.holds).toEqual([{ hold: 'stopped', devices: 1 }]);
    expect((await devicesOf(id))[0]).toMatchObject({ deviceId: devices[0], state: 'running', hold: 'stopped' });
    await control(id, 'pause');
    await until('it is withdrawn', async () => (await get(id)).all.waiting === 1);
    expect((await control(id, 'pause')).body.code).toBe('wrong-state');
    fleet.holds.clear();
    await control(id, 'resumption');
    await reaches(id, 'completed');
    expect(begun(devices)).toEqual([1, 1]);
  });

  it('skips devices outside its rules, and says why', async () => {
    const devices = await given('rules', 4, ([one, other]) => {
      fleet.versions.set(one!, '2.15');
      fleet.versions.set(other!, '2.10');
    });
    const rules = { fromVersions: ['2.14'] };
    const { body: plan } = await plane.call('tom', 'POST', '/campaigns/plan', {
      ...{ name: 'plan', devices: { deviceIds: devices }, operation: 'firmware-install', firmwareId, ...rules },
    });
    expect(plan).toEqual({
      waves: [2],
      skipped: expect.arrayContaining([
        { reason: 'same-version', devices: 1 },
        { reason: 'other-version', devices: 1 },
      ]) as unknown,
    });
    fleet.slow.add(devices[2]!);
    const id = await started(devices.slice(0, 3), rules);
    const skips = (await devicesOf(id)).map(({ deviceId, skip }) => [deviceId, skip]);
    expect(skips).toEqual(
      expect.arrayContaining([
        ['rules-1', 'same-version'],
        ['rules-2', 'other-version'],
        ['rules-3', null],
      ]),
    );
    const other = await started(devices.slice(2));
    expect((await devicesOf(other)).find(({ deviceId }) => deviceId === 'rules-3')?.skip).toBe('other-campaign');
    await reaches(other, 'completed');
    fleet.slow.clear();
    await reaches(id, 'completed');
    // a device that says that it has the earlier version again
    fleet.versions.set(devices[2]!, '2.14');
    const information = fleet.informationOf(devices[2]!);
    await agent.ask(reportInformation, { deviceId: devices[2]!, information });
    const again = await post([devices[2]!]);
    expect(again.body.errors).toEqual([{ path: 'devices', message: '1: installed-before' }]);
    expect(begun(devices)).toEqual([0, 0, 1, 1]);
  });

  it('asks a device for its version again before its turn', async () => {
    const devices = await given('meanwhile', 2);
    const id = await started(devices, { waves: [{ devices: 1 }], pauseAfterFirstWave: true });
    await reaches(id, 'paused');
    fleet.versions.set(devices[1]!, '2.15'); // installed by hand
    jest.replaceProperty(LIMITS, 'INFORMATION_NOW_MS', -1 as never);
    await control(id, 'resumption');
    await reaches(id, 'completed');
    expect((await devicesOf(id)).find(({ deviceId }) => deviceId === devices[1])).toMatchObject({
      ...{ state: 'skipped', skip: 'same-version', versionBefore: '2.15' },
    });
    expect(begun(devices)).toEqual([1, 0]);
  });

  it('is aborted: what has started ends, nothing else starts', async () => {
    const devices = await given('aborted', 3, ([one]) => fleet.slow.add(one!));
    const id = await started(devices, { waves: [{ devices: 1 }] });
    await until('the first has begun', () => fleet.timesBegun(devices[0]!) === 1);
    expect((await control(id, 'abortion')).body.state).toBe('aborting');
    await until('the others are cancelled', async () => (await get(id)).all.cancelled === 2);
    fleet.slow.clear();
    const over = await reaches(id, 'aborted');
    expect(over).toMatchObject({ reason: 'user', all: { succeeded: 1, cancelled: 2 } });
    expect(begun(devices)).toEqual([1, 0, 0]);
    // they are free again
    const next = await started(devices.slice(1));
    await reaches(next, 'completed');
  });

  it('keeps to its hours, and waits for devices that are offline', async () => {
    const devices = await given('waits', 1);
    const at = (hours: number) => `${String((new Date().getUTCHours() + hours) % 24).padStart(2, '0')}:00`;
    const opens = at(8); // an hour may end meanwhile
    const hours = [{ days: [1, 2, 3, 4, 5, 6, 7], from: opens, until: at(12) }];
    const closed = await started(devices, { window: { hours, timeZone: 'UTC' } });
    await reaches(closed, 'running');
    const seen = await get(closed);
    expect(seen.holds).toEqual([{ hold: 'window', devices: 1 }]);
    expect(seen.opensAt).toMatch(new RegExp(`T${opens}:00`));
    await control(closed, 'abortion');
    await reaches(closed, 'aborted');
    expect(begun(devices)).toEqual([0]);

    await agent.leave();
    const waiting = await started(devices, { operation: 'restart', firmwareId: undefined });
    await until('it waits', async () => (await get(waiting)).holds[0]?.hold === 'offline');
    await connect(1);
    await reaches(waiting, 'completed');
    expect(begun(devices)).toEqual([1]);
  });

  it('resumes after a restart of the server; a job that was never stored is requested once', async () => {
    const devices = await given('restart', 3, ([one]) => fleet.slow.add(one!));
    const id = await started(devices, { waves: [{ devices: 1 }] });
    await until('the first has begun', () => fleet.timesBegun(devices[0]!) === 1);
    await plane.halt();
    // as if the server had been killed between the two
    const claimed = `SET state = 'running', "jobId" = '${randomUUID()}', wave = 1`;
    await plane.write(`UPDATE campaign_devices ${claimed} WHERE "deviceId" = '${devices[1]}'`);
    await plane.boot();
    fleet.slow.clear();
    await plane.connectAgent();
    await connect(3);
    expect((await reaches(id, 'completed')).all.succeeded).toBe(3);
    expect(begun(devices)).toEqual([1, 1, 1]);
  });

  it('pauses when the access of its user ends, and belongs to who resumes it', async () => {
    const devices = await given('access', 2, ([one]) => fleet.slow.add(one!));
    const { status, body } = await post(devices, { waves: [{ devices: 1 }] }, 'tess');
    expect(status).toBe(201);
    const { id } = campaign.parse(body);
    await until('the first has begun', () => fleet.timesBegun(devices[0]!) === 1);
    const { rows } = (await plane.call('ada', 'GET', '/users')).body as { rows: { id: string; username: string }[] };
    const tess = rows.find(({ username }) => username === 'tess')!.id;
    await plane.call('ada', 'PATCH', `/users/${tess}`, { active: false });
    expect(await reaches(id, 'paused')).toMatchObject({ reason: 'access-ended', user: { displayName: 'TESS' } });
    fleet.slow.clear();
    expect((await control(id, 'resumption', 'ada')).body).toMatchObject({ user: { displayName: 'ADA' } });
    await reaches(id, 'completed');
    await plane.call('ada', 'PATCH', `/users/${tess}`, { active: true });
    expect(begun(devices)).toEqual([1, 1]);
  });

  it('shows a technician the devices of their customers only, and leaves control to those who see all', async () => {
    const devices = await given('reach', 1);
    const siteId = await plane.addSite(await plane.addCustomer('Beta'), 'Bonn');
    const other = await plane.streamOf(await plane.enrol('beta', siteId));
    fleet.attach(other);
    await other.ask(announce, { agentVersion: '1', devices: [announcedPrinter('beta-1')] });
    await other.ask(reportInformation, { deviceId: 'beta-1', information: fleet.informationOf('beta-1') });
    fleet.slow.add('beta-1');
    expect((await post([...devices, 'beta-1'])).body.code).toBe('unknown-device');
    const both = campaign.parse((await post([...devices, 'beta-1'], {}, 'ada')).body);
    const seen = campaign.parse((await plane.call('tom', 'GET', `/campaigns/${both.id}`)).body);
    expect([seen.mayControl, Object.values(seen.all).reduce((sum, count) => sum + count)]).toEqual([false, 1]);
    expect((await devicesOf(both.id, 'tom')).map(({ deviceId }) => deviceId)).toEqual(devices);
    expect((await control(both.id, 'pause')).body.code).toBe('forbidden');
    const foreign = campaign.parse(
      (await post(['beta-1'], { operation: 'restart', firmwareId: undefined }, 'ada')).body,
    );
    expect((await plane.call('tom', 'GET', `/campaigns/${foreign.id}`)).body.code).toBe('unknown-campaign');
    const { rows } = (await plane.call('tom', 'GET', '/campaigns?limit=200')).body as { rows: { id: string }[] };
    expect(rows.map(({ id }) => id)).toContain(both.id);
    expect(rows.map(({ id }) => id)).not.toContain(foreign.id);
    fleet.slow.clear();
    await reaches(both.id, 'completed');
    await reaches(foreign.id, 'completed');
    await other.leave();
  });

  it('sets settings, and only where they differ if that is wanted', async () => {
    const devices = await given('settings', 4, ([same, other, , lacks]) => {
      fleet.settings.set(same!, { location: 'Hall', contact: 'Bureau' });
      fleet.settings.set(other!, { location: 'Yard', contact: 'Bureau' });
      fleet.settings.set(lacks!, { location: 'Hall' });
    });
    fleet.settings.set(devices[2]!, { location: 'Yard', contact: 'Bureau' });
    const none = { firmwareId: undefined };
    const read = [devices[0]!, devices[1]!, devices[3]!];
    await reaches(await started(read, { ...none, operation: 'settings-read' }), 'completed');

    const settings = { location: 'Hall', contact: 'Bureau' };
    const wanted = { ...none, operation: 'settings-set', settings, onlyDiffering: true, waves: [{ devices: 1 }] };
    const id = await started(devices, wanted);
    const done = await reaches(id, 'completed');
    expect(done).toMatchObject({ settings, onlyDiffering: true, all: { succeeded: 2, skipped: 2 } });
    const skips = (await devicesOf(id)).map(({ deviceId, skip }) => [deviceId, skip]);
    expect(Object.fromEntries(skips)).toEqual({
      'settings-1': 'same-settings',
      'settings-2': null,
      'settings-3': null, // not read yet
      'settings-4': 'not-settable',
    });
    expect(begun(devices)).toEqual([1, 2, 1, 1]);
    expect(fleet.settings.get(devices[2]!)).toEqual(settings);
    const all = { ...wanted, onlyDiffering: false };
    expect((await post(devices.slice(0, 3), wanted)).body.code).toBe('invalid-request');
    expect((await reaches(await started(devices.slice(0, 3), all), 'completed')).all.succeeded).toBe(3);
  });

  it('looks again whether settings differ when it is the turn of a device', async () => {
    const devices = await given('turns', 2, (ids_) =>
      ids_.forEach((each) => fleet.settings.set(each, { location: 'Yard' })),
    );
    const set = { firmwareId: undefined, operation: 'settings-set', settings: { location: 'Hall' } };
    const more = { ...set, onlyDiffering: true, waves: [{ devices: 1 }], pauseAfterFirstWave: true };
    const id = await started(devices, more);
    await reaches(id, 'paused');
    await reaches(await started([devices[1]!], set), 'completed');
    await control(id, 'resumption');
    expect((await reaches(id, 'completed')).all).toMatchObject({ succeeded: 1, skipped: 1 });
    expect(begun(devices)).toEqual([1, 1]);
  });

  it('keeps its firmware file from being removed', async () => {
    const devices = await given('file', 1, ([one]) => fleet.slow.add(one!));
    const id = await started(devices, { startsAt: new Date(Date.now() + 3_600_000).toISOString() });
    expect((await get(id)).holds).toEqual([{ hold: 'scheduled', devices: 1 }]);
    expect((await plane.call('ada', 'DELETE', `/firmware/${firmwareId}`)).body.code).toBe('firmware-in-use');
    await control(id, 'abortion');
    await reaches(id, 'aborted');
    expect((await plane.call('ada', 'DELETE', `/firmware/${firmwareId}`)).status).toBe(204);
  });
});
