import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DataSource } from 'typeorm';
import { dataSourceOptions } from '../../../../ormconfig';
import { setLimit } from '../../../../test/support/relay/test-relay';
import { newDatabase } from '../../../../test/support/server/new-database';
import type { Actor } from '../../auth/actor';
import { COMMAND_LINE } from '../../auth/actor';
import type { AuditService } from '../../auth/audit/audit.service';
import type { UsersService } from '../../auth/users/users.service';
import { readConfig } from '../../config/config';
import type { Secrets } from '../../config/secrets';
import type { CustomerEvents } from '../../customers/customer-events';
import { AssignmentEntity, CustomerEntity, SiteEntity } from '../../customers/customer.entity';
import { CustomerAssignment } from '../../auth/oidc/customer-assignment';
import { CustomersRepository } from '../../customers/customers.repository';
import { CustomersService } from '../../customers/customers.service';
import type { SiteOccupants } from '../../customers/site-occupants';
import { openDatabase } from '../../database/open-database';
import { DeviceEntity } from '../../devices/device.entity';
import { MeteredDeviceEntity } from '../metered-device.entity';
import { MeterJumpEntity, ReadingEntity } from '../reading.entity';
import { DAY_MS } from '../thinning';
import { ReportMailEntity, ReportTemplateEntity } from './report.entities';
import { ReportsRepository } from './reports.repository';
import { ReportsService } from './reports.service';

const folder = mkdtempSync(join(tmpdir(), 'platen-reports-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const [FEBRUARY, MARCH, APRIL] = ['2026-02-01', '2026-03-01', '2026-04-01'].map((day) => new Date(day)) as [
  Date,
  Date,
  Date,
];
const PERIOD = { from: '2026-03-01', to: '2026-03-31' };
const DEVICES = 1_000;
const NEVER = undefined as never;
const technician: Actor = { ...COMMAND_LINE, userId: 'tom', role: 'technician' };

describe.each(['SQLite', 'PostgreSQL'])('meter reports on %s', (name) => {
  let database: DataSource;
  let reports: ReportsService;
  beforeAll(async () => {
    const other = name === 'PostgreSQL' && { PLATEN_DATABASE_URL: await newDatabase() };
    const options = dataSourceOptions(readConfig({ PLATEN_DATA: folder, ...other }));
    database = await openDatabase(options, { encryptionKey: randomBytes(32) } as unknown as Secrets);
    const rows = <Row extends object>(entity: new () => Row) => database.getRepository(entity);
    const ofCustomers = new CustomersRepository(rows(CustomerEntity), rows(SiteEntity), rows(AssignmentEntity));
    const audit = { record: () => Promise.resolve() } as unknown as AuditService;
    const [occupants, users, events] = [NEVER as SiteOccupants, NEVER as UsersService, NEVER as CustomerEvents];
    const customers = new CustomersService(ofCustomers, occupants, users, events, audit, new CustomerAssignment());
    const repository = new ReportsRepository(
      ...([rows(MeteredDeviceEntity), rows(ReportTemplateEntity), rows(ReportMailEntity)] as const),
    );
    reports = new ReportsService(repository, customers, audit);
    for (const id of ['c1', 'c2']) {
      await rows(CustomerEntity).insert({ id, name: `Customer ${id}`, createdAt: MARCH });
      await rows(SiteEntity).insert({ id: `s-${id}`, customerId: id, name: 'Hall', createdAt: MARCH });
    }
    await rows(AssignmentEntity).insert({ customerId: 'c1', userId: 'tom' });
    await fill();
  });
  afterAll(() => database?.destroy());
  afterEach(() => jest.restoreAllMocks());

  /** Devices with a reading on each of some days of three months; every third one is of the other customer. */
  async function fill(): Promise<void> {
    const devices: Partial<DeviceEntity>[] = [];
    const metered: MeteredDeviceEntity[] = [];
    const readings: Partial<ReadingEntity>[] = [];
    for (let n = 1; n <= DEVICES; n += 1) {
      const customerId = n % 3 === 0 ? 'c2' : 'c1';
      const deviceId = `d-${n}`;
      const about = { name: `Device ${n}`, model: 'M', serialNumber: `S${n}` };
      devices.push({
        ...{
          ...about,
          id: deviceId,
          agentId: 'a',
          kind: 'mfp' as const,
          location: '',
          applications: [],
          operations: [],
        },
        announcedAt: MARCH,
      });
      metered.push({
        ...{
          ...about,
          id: n,
          deviceId,
          customerId,
          siteId: `s-${customerId}`,
          supplies: [],
          counters: {},
          sources: {},
        },
        ...{ countedAt: APRIL, firstAt: FEBRUARY, lastAt: new Date(APRIL.getTime() + DAY_MS), nextAt: null },
        ...{ dailyUntil: FEBRUARY, monthlyUntil: FEBRUARY },
      });
      for (let day = 0; day < 60; day += 1) {
        const at = new Date(FEBRUARY.getTime() + day * DAY_MS + (n % 12) * 60_000);
        const counters = { impressions: n * 1_000 + day * n, copies: n + day };
        // only every fifth day, and the last days of each month
        if (day % 5 === 0 || day % 28 > 25 || day === 58 || day === 59)
          readings.push({ meteredDeviceId: n, at, state: 'idle', counters, levels: {}, enteredBy: null, reason: null });
      }
    }
    for (const [entity, all] of [
      [DeviceEntity, devices],
      [MeteredDeviceEntity, metered],
      [ReadingEntity, readings],
    ] as const)
      for (let from = 0; from < all.length; from += 500)
        await database.getRepository<object>(entity).insert(all.slice(from, from + 500));
  }

  it('of a month have the sums of what the readings say, for a thousand devices', async () => {
    const report = await reports.report(COMMAND_LINE, PERIOD);
    expect(report.devices).toHaveLength(DEVICES);
    // without the reports: the difference of the last readings before both ends
    const rows: { meteredDeviceId: number; at: string | number; counters: string }[] = await database.query(
      'SELECT "meteredDeviceId", at, counters FROM readings',
    );
    const lastBefore = (id: number, end: Date) =>
      rows
        .filter(({ meteredDeviceId, at }) => Number(meteredDeviceId) === id && Number(at) <= end.getTime())
        .reduce((one, other) => (Number(other.at) > Number(one.at) ? other : one));
    const known = new Map<string, number>();
    for (let id = 1; id <= DEVICES; id += 1) {
      const [first, last] = [lastBefore(id, MARCH), lastBefore(id, APRIL)].map(
        ({ counters }) => JSON.parse(counters) as Record<string, number>,
      );
      for (const counter of ['impressions', 'copies'])
        known.set(counter, (known.get(counter) ?? 0) + last![counter]! - first![counter]!);
    }
    expect(report.totals).toEqual([
      { counter: 'copies', volume: known.get('copies'), unknown: 0 },
      { counter: 'impressions', volume: known.get('impressions'), unknown: 0 },
    ]);
    const sums = report.devices.flatMap(({ meters }) => meters).reduce((sum, { volume }) => sum + (volume ?? 0), 0);
    expect(sums).toBe(known.get('copies')! + known.get('impressions')!);
    // and in the file
    const { content } = await reports.file(COMMAND_LINE, { ...PERIOD, format: 'csv' });
    const volumes = content
      .toString('utf8')
      .trim()
      .split('\r\n')
      .slice(1)
      .map((line) => Number(line.split(',')[14]));
    expect(volumes.reduce((sum, each) => sum + each, 0)).toBe(sums);
  });

  it('are of what the actor sees', async () => {
    const own = await reports.report(technician, PERIOD);
    expect(own.devices).toHaveLength(DEVICES - Math.floor(DEVICES / 3));
    expect(new Set(own.devices.map(({ customerName }) => customerName))).toEqual(new Set(['Customer c1']));
    const one = await reports.report(COMMAND_LINE, { ...PERIOD, customerId: 'c2' });
    expect([one.customerName, one.devices.length]).toEqual(['Customer c2', Math.floor(DEVICES / 3)]);
    await expect(reports.report(technician, { ...PERIOD, customerId: 'c2' })).rejects.toThrow('no such customer');
    await expect(reports.report(COMMAND_LINE, { ...PERIOD, customerId: 'c3' })).rejects.toThrow('no such customer');
  });

  it('refuse more devices than they can have', async () => {
    setLimit('REPORT_DEVICES', 10);
    await expect(reports.report(COMMAND_LINE, PERIOD)).rejects.toThrow('more than 10 devices');
  });

  it('ask for the offset of a counter that jumped, and then count it', async () => {
    const jumps = database.getRepository(MeterJumpEntity);
    await jumps.insert({
      ...{ id: 'j', meteredDeviceId: 1, counter: 'copies', at: new Date('2026-03-10'), before: 5, after: 4 },
      ...{ offset: null, reason: '', enteredBy: '' },
    });
    const meter = async () => {
      const { devices } = await reports.report(COMMAND_LINE, PERIOD);
      return devices.find(({ deviceId }) => deviceId === 'd-1')!.meters[0];
    };
    expect(await meter()).toMatchObject({ counter: 'copies', volume: null, problem: 'jump' });
    await jumps.update({ id: 'j' }, { offset: 100 });
    expect(await meter()).toMatchObject({ offset: 100, volume: 100 + 31, problem: null });
    await jumps.delete({ id: 'j' });
  });

  it('have a device that was replaced in the period twice, and one that was replaced before not at all', async () => {
    const metered = database.getRepository(MeteredDeviceEntity);
    const earlier = { ...(await metered.findOneByOrFail({ id: 2 })), id: 9_001, serialNumber: 'OLD' };
    await metered.insert({ ...earlier, lastAt: new Date('2026-03-05') });
    const serials = async () =>
      (await reports.report(COMMAND_LINE, PERIOD)).devices
        .filter(({ deviceId }) => deviceId === 'd-2')
        .map(({ serialNumber }) => serialNumber);
    expect((await serials()).sort()).toEqual(['OLD', 'S2']);
    await metered.update({ serialNumber: 'OLD' }, { lastAt: new Date('2026-02-05') });
    expect(await serials()).toEqual(['S2']);
    await metered.delete({ serialNumber: 'OLD' });
  });
});
