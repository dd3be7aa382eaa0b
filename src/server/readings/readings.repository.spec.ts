import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DataSource } from 'typeorm';
import { dataSourceOptions } from '../../../ormconfig';
import { setLimit } from '../../../test/support/relay/test-relay';
import { newDatabase } from '../../../test/support/server/new-database';
import { readingsOf } from '../../../test/support/server/readings-of';
import { deviceInformation, type DeviceInformation } from '../../protocol/device-information';
import { LIMITS } from '../../protocol/limits';
import { readConfig } from '../config/config';
import type { Secrets } from '../config/secrets';
import { CustomerEntity, SiteEntity } from '../customers/customer.entity';
import { openDatabase } from '../database/open-database';
import { AgentEntity } from '../devices/agents/agent.entity';
import { DeviceEntity } from '../devices/device.entity';
import { MeteredDeviceEntity } from './metered-device.entity';
import { MeterJumpEntity, ReadingEntity } from './reading.entity';
import type { ReadingsRepository } from './readings.repository';
import { cutoffsAt, DAY_MS } from './thinning';
import { ThinningRepository } from './thinning.repository';

const folder = mkdtempSync(join(tmpdir(), 'platen-readings-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const NOW = new Date('2026-07-15T12:00:00Z');
const at = (days: number, hours = 0) => new Date(NOW.getTime() - days * DAY_MS + hours * 60 * 60_000);
const reported = (impressions: number, more: Partial<DeviceInformation> = {}): DeviceInformation =>
  deviceInformation.parse({
    ...{ reached: true, state: 'idle', alerts: [], supplies: [], counters: { impressions }, model: 'M' },
    ...{ serialNumber: 'S1', firmwareVersion: '1', ...more },
  });

describe.each(['SQLite', 'PostgreSQL'])('readings on %s', (name) => {
  let database: DataSource;
  let readings: ReadingsRepository;
  let thinning: ThinningRepository;
  const config = readConfig({ PLATEN_DATA: folder });
  beforeAll(async () => {
    const other = name === 'PostgreSQL' && { PLATEN_DATABASE_URL: await newDatabase() };
    const options = dataSourceOptions(readConfig({ PLATEN_DATA: folder, ...other }));
    database = await openDatabase(options, { encryptionKey: randomBytes(32) } as unknown as Secrets);
    readings = readingsOf(database);
    thinning = new ThinningRepository(database.getRepository(MeteredDeviceEntity));
    for (const customer of ['c1', 'c2']) {
      await database.getRepository(CustomerEntity).insert({ id: customer, name: customer, createdAt: NOW });
      await database.getRepository(SiteEntity).insert({
        ...{ id: `site of ${customer}`, customerId: customer, name: 'Site', createdAt: NOW },
      });
    }
    await database.query(
      `INSERT INTO agents (id, "scramSha1", "scramSha256", "createdAt", "siteId", version)
       VALUES ('a', '{}', '{}', 0, 'site of c1', '1')`,
    );
    const device = { agentId: 'a', name: 'Hall', kind: 'mfp', model: '', serialNumber: '', location: '' } as const;
    await database
      .getRepository(DeviceEntity)
      .insert({ ...device, id: 'd', applications: [], operations: [], announcedAt: NOW });
  });
  afterAll(() => database?.destroy());
  afterEach(async () => {
    jest.restoreAllMocks();
    for (const entity of [ReadingEntity, MeteredDeviceEntity, MeterJumpEntity])
      await database.getRepository(entity).clear();
    await moveTo('site of c1');
  });

  const moveTo = (siteId: string) => database.getRepository(AgentEntity).update({ id: 'a' }, { siteId });
  const record = (information: DeviceInformation, when: Date, agentId = 'a') =>
    readings.record({ id: 'd', agentId }, information, when, (customerId) => (customerId === 'c1' ? NOW : null));
  const stored = async () => {
    const rows = await database.getRepository(ReadingEntity).find({ order: { meteredDeviceId: 'ASC', at: 'ASC' } });
    return rows.map(({ at: when, counters }) => [when.toISOString().slice(0, 16), counters?.impressions ?? null]);
  };
  const devices = () => database.getRepository(MeteredDeviceEntity).find({ order: { id: 'ASC' } });

  it('are booked for the device at its customer', async () => {
    const toner = { name: 'Black', type: 'toner', colour: 'black', level: 40 };
    expect((await record(reported(100, { supplies: [toner] }), at(1)))?.jumps).toEqual([]);
    expect((await record(reported(150, { reached: false }), at(0)))?.jumps).toEqual([]);
    expect(await devices()).toMatchObject([
      {
        ...{ deviceId: 'd', serialNumber: 'S1', customerId: 'c1', siteId: 'site of c1', name: 'Hall', model: 'M' },
        ...{ counters: { impressions: 100 }, countedAt: at(1), firstAt: at(1), lastAt: at(0), nextAt: NOW },
        supplies: [{ key: 'Black', name: 'Black', type: 'toner', colour: 'black' }],
      },
    ]);
    expect(await database.getRepository(ReadingEntity).find({ order: { at: 'ASC' } })).toMatchObject([
      { at: at(1), state: 'idle', counters: { impressions: 100 }, levels: { Black: 40 } },
      { at: at(0), state: 'not-reached', counters: null, levels: {} },
    ]);
  });

  it('are not booked for a device of another agent', async () => {
    expect(await record(reported(100), NOW, 'b')).toBeUndefined();
    expect(await devices()).toEqual([]);
  });

  it('within a few minutes are one, with the last state, and with counters if one of them had some', async () => {
    const slot = new Date(Math.floor(NOW.getTime() / LIMITS.READING_SLOT_MS) * LIMITS.READING_SLOT_MS);
    const later = (ms: number) => new Date(slot.getTime() + ms);
    await record(reported(100), slot);
    await record(reported(101, { state: 'stopped' }), later(1_000));
    await record(reported(0, { reached: false }), later(2_000));
    const [row, ...others] = await database.getRepository(ReadingEntity).find();
    expect(others).toEqual([]);
    expect(row).toMatchObject({ at: later(2_000), state: 'not-reached', counters: { impressions: 101 } });
    await record(reported(102), later(LIMITS.READING_SLOT_MS));
    expect(await stored()).toHaveLength(2);
  });

  it('of another serial number, or at another customer, are another series; of the same again, the same', async () => {
    await record(reported(100), at(5));
    await record(reported(7, { serialNumber: 'S2' }), at(4));
    expect(await readings.ofDevice('d')).toMatchObject({ serialNumber: 'S2' });
    await record(reported(110), at(3));
    await moveTo('site of c2');
    await record(reported(111), at(2));
    expect((await devices()).map((each) => [each.serialNumber, each.customerId, each.nextAt])).toEqual([
      ['S1', 'c1', null],
      ['S2', 'c1', null],
      ['S1', 'c2', null],
    ]);
    expect(await database.getRepository(MeterJumpEntity).find()).toEqual([]);
    // the device does not say for once, or says for the first time
    await record(reported(112, { serialNumber: '' }), at(1));
    expect(await readings.ofDevice('d')).toMatchObject({ serialNumber: 'S1', counters: { impressions: 112 } });
  });

  it('are refused of a device that has a new serial number each time', async () => {
    setLimit('METERED_DEVICES_PER_DEVICE', 2);
    for (const n of [1, 2, 3]) await record(reported(n, { serialNumber: `S${n}` }), at(n));
    expect((await devices()).map(({ serialNumber }) => serialNumber)).toEqual(['S1', 'S2']);
  });

  it('note a counter that went back, once', async () => {
    await record(reported(100), at(3));
    expect((await record(reported(9), at(2)))?.jumps).toEqual([{ counter: 'impressions', before: 100, after: 9 }]);
    expect((await record(reported(12), at(1)))?.jumps).toEqual([]);
    const [jump] = await readings.jumpsOf((await devices())[0]!.id);
    expect(jump).toMatchObject({ counter: 'impressions', at: at(2), before: 100, after: 9, offset: null });
    await readings.enterOffset(jump!.id, { offset: 91, reason: 'new board', enteredBy: 'Ada' });
    expect(await readings.jump(jump!.id)).toMatchObject({
      jump: { offset: 91, reason: 'new board', enteredBy: 'Ada' },
      metered: { deviceId: 'd' },
    });
  });

  it('are sampled: the last one of each part of the period', async () => {
    for (const days of [9, 7, 6, 4, 3, 1]) await record(reported(100 - days), at(days));
    const { id } = (await devices())[0]!;
    const sampled = await readings.sampled(id, at(8), at(2), 3);
    expect(sampled.map(({ counters }) => counters?.impressions)).toEqual([93, 94, 97]);
    // where the device was not reached at last
    await record(reported(0, { reached: false }), at(2, -1));
    expect(await readings.sampled(id, at(8), at(2), 3)).toEqual(sampled);
    expect((await readings.sampled(id, at(10), at(0), 500)).length).toBe(7);
    expect(await readings.sampled(id, at(2), at(1, 1), 2)).toMatchObject([{ at: at(1) }]);
    expect(await readings.countedBefore(id, at(5))).toMatchObject({ at: at(6) });
    expect(await readings.countedBefore(id, at(10))).toBeNull();
  });

  it('are thinned with age, and deleted at last with their device', async () => {
    const settings = { ...config, readings: { ...config.readings, allDays: 10, dailyDays: 60 } };
    const keepDays = { ...config.keepDays, readings: 365 };
    const cutoffs = cutoffsAt(NOW, { ...settings, keepDays });
    let count = 0;
    // two each day for a good year
    for (let days = 400; days >= 0; days -= 1)
      for (const hours of [0, 6]) {
        const when = at(days, hours);
        const id = (await devices())[0]?.id;
        count += 1;
        if (id === undefined) await record(reported(count), when);
        else
          await database.getRepository(ReadingEntity).insert({
            ...{ meteredDeviceId: id, at: when, state: 'idle' as const, counters: { impressions: count }, levels: {} },
          });
      }
    const { id } = (await devices())[0]!;
    await database.getRepository(MeteredDeviceEntity).update({ id }, { lastAt: NOW });
    await readings.enter({
      ...{ meteredDeviceId: id, at: at(200, 1), state: 'unknown' as const, counters: { impressions: 1 }, levels: {} },
      ...{ enteredBy: 'Ada', reason: 'read from the display' },
    });
    const all = (await stored()).length;
    const { deleted, isMore } = await thinning.thin(cutoffs, 20);
    const left = (await stored()).map(([when]) => String(when));
    expect([deleted, isMore]).toEqual([all - left.length, false]);
    // the month of the cutoff is whole: 16 May is 60 days ago, and daily until it was over
    expect(left.filter((when) => when < '2026-05').length).toBe(10 + 1);
    expect(left).toContain('2026-01-31T18:00');
    expect(left).toContain(at(200, 1).toISOString().slice(0, 16));
    expect(left.filter((when) => when >= '2026-05' && when < '2026-07-05').length).toBe(31 + 30 + 4);
    expect(left.filter((when) => when >= '2026-07-05').length).toBe(11 * 2);
    // nothing is due any more
    expect(await thinning.thin(cutoffs, 20)).toEqual({ deleted: 0, isMore: false });
    // of several devices, some at a time
    const nextDay = cutoffsAt(new Date(NOW.getTime() + DAY_MS), { ...settings, keepDays });
    expect(await thinning.thin(nextDay, 1)).toEqual({ deleted: 1, isMore: true });
    const muchLater = cutoffsAt(new Date(NOW.getTime() + 366 * DAY_MS), { ...settings, keepDays });
    await thinning.thin(muchLater, 20);
    expect([await stored(), await devices()]).toEqual([[], []]);
  });

  it('have a schedule for each customer', async () => {
    await readings.storeSchedule('c1', 12);
    await readings.storeSchedule('c1', 6);
    expect(await readings.schedules()).toEqual([{ customerId: 'c1', hours: 6 }]);
    await readings.storeSchedule('c1', null);
    expect(await readings.schedules()).toEqual([]);
    await record(reported(1), at(1));
    expect(await readings.due(at(0, -1), 10)).toEqual([]);
    expect(await readings.due(NOW, 10)).toMatchObject([{ deviceId: 'd' }]);
    await readings.reschedule('c1', null);
    expect(await readings.due(NOW, 10)).toEqual([]);
  });
});
