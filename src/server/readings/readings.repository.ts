import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Between, In, IsNull, LessThanOrEqual, MoreThanOrEqual, Repository, type EntityManager } from 'typeorm';
import { COUNTERS, SUPPLIES, type Counters, type DeviceInformation } from '../../protocol/device-information';
import { LIMITS } from '../../protocol/limits';
import { SiteEntity } from '../customers/customer.entity';
import { BatchedWrites } from '../database/batched-writes';
import { AgentEntity } from '../devices/agents/agent.entity';
import { DeviceEntity } from '../devices/device.entity';
import { lockDevice } from '../devices/devices.repository';
import { bookingOf, type Booking } from './booking';
import { MeteredDeviceEntity, type KnownSupply } from './metered-device.entity';
import { MeterJumpEntity, ReadingEntity, ReadingScheduleEntity } from './reading.entity';
import { startOfDay, startOfMonth } from './thinning';

/** A device, and the agent that reports it. */
interface ReportedDevice {
  readonly id: string;
  readonly agentId: string;
}
/** The counters that jumped, whether that of its life went back or recovered, and all of them before. */
export type Recorded = Pick<Booking, 'jumps' | 'life'> & { readonly before: Counters };
/** A reading as trends need it. */
export type ReadingSample = Pick<ReadingEntity, 'at' | 'counters' | 'levels'>;
type Place = Pick<MeteredDeviceEntity, 'siteId' | 'customerId'>;

/** All SQL for readings, except what thins them. */
@Injectable()
export class ReadingsRepository {
  constructor(
    @InjectRepository(MeteredDeviceEntity) private readonly devices: Repository<MeteredDeviceEntity>,
    @InjectRepository(ReadingEntity) private readonly readings: Repository<ReadingEntity>,
    @InjectRepository(MeterJumpEntity) private readonly jumps: Repository<MeterJumpEntity>,
    @InjectRepository(ReadingScheduleEntity) private readonly schedulesOfCustomers: Repository<ReadingScheduleEntity>,
    private readonly writes: BatchedWrites,
  ) {}

  /**
   * Records a reading of what an agent has reported. Of several within READING_SLOT_MS, the last one stays.
   * @param nextOf the next scheduled reading of a customer's device
   * @returns what it says about the counters; undefined if this agent has no such device (any more), or it has had too many
   *   serial numbers
   */
  record(
    device: ReportedDevice,
    information: DeviceInformation,
    at: Date,
    nextOf: (customerId: string | null) => Date | null,
  ): Promise<Recorded | undefined> {
    return this.writes.run(device.agentId, async (manager) => {
      if (!(await lockDevice(manager, device))) return undefined;
      const metered = await this.meteredDevice(manager, device, information, at);
      if (!metered) return undefined;
      const open = await manager.findBy(MeterJumpEntity, { meteredDeviceId: metered.id, offset: IsNull() });
      const booking = bookingOf(information, { ...metered, open }, at);
      await this.store(manager, metered.id, booking.reading, at);
      if (booking.recovered.length > 0) await manager.delete(MeterJumpEntity, { id: In([...booking.recovered]) });
      await manager.insert(
        MeterJumpEntity,
        booking.jumps.map((jump) => ({
          ...{ ...jump, id: randomUUID(), meteredDeviceId: metered.id, at },
          ...{ offset: null, reason: '', enteredBy: '' },
        })),
      );
      const { counters } = booking.reading;
      await manager.update(
        MeteredDeviceEntity,
        { id: metered.id },
        {
          ...(counters && {
            counters: bounded({ ...metered.counters, ...counters }, counters),
            sources: bounded({ ...metered.sources, ...booking.sources }, counters),
            countedAt: at,
          }),
          supplies: knownSupplies(booking.supplies, metered.supplies),
          lastAt: at > metered.lastAt ? at : metered.lastAt,
          nextAt: nextOf(metered.customerId),
        },
      );
      return { jumps: booking.jumps, life: booking.life, before: metered.counters };
    });
  }

  metered(id: number): Promise<MeteredDeviceEntity | null> {
    return this.devices.findOneBy({ id });
  }
  /** The device that is there now, by its latest reading. */
  ofDevice(deviceId: string): Promise<MeteredDeviceEntity | null> {
    return this.devices.findOne({ where: { deviceId }, order: { lastAt: 'DESC', id: 'DESC' } });
  }

  /** As `ofDevice`, of several devices. */
  async ofDevices(deviceIds: readonly string[]): Promise<MeteredDeviceEntity[]> {
    if (deviceIds.length === 0) return [];
    const latest = new Map<string, MeteredDeviceEntity>();
    const order = { lastAt: 'ASC', id: 'ASC' } as const;
    for (const each of await this.devices.find({ where: { deviceId: In([...deviceIds]) }, order }))
      latest.set(each.deviceId, each);
    return [...latest.values()];
  }

  /** The last reading with counters of each part of a period, or the last one if none has any; oldest first. */
  async sampled(meteredDeviceId: number, from: Date, to: Date, points: number): Promise<ReadingEntity[]> {
    const width = Math.max(1, Math.ceil((to.getTime() - from.getTime()) / points));
    const parts = this.readings
      .createQueryBuilder('r')
      .select('COALESCE(MAX(CASE WHEN r.counters IS NOT NULL THEN r.at END), MAX(r.at))', 'at')
      .where({ meteredDeviceId, at: Between(from, to) })
      // both drivers bind large numbers as they like; these are whole numbers
      .groupBy(`(r.at - ${from.getTime()}) / ${width}`);
    const moments = (await parts.getRawMany<{ at: string | number }>()).map(({ at }) => new Date(Number(at)));
    if (moments.length === 0) return [];
    return this.readings.find({ where: { meteredDeviceId, at: In(moments) }, order: { at: 'ASC' } });
  }

  /** As `sampled`, of several metered devices, without what a trend does not need. */
  async sampledOf(ids: readonly number[], from: Date, to: Date, points: number): Promise<Map<number, ReadingSample[]>> {
    const samples = new Map<number, ReadingSample[]>();
    if (ids.length === 0) return samples;
    const width = Math.max(1, Math.ceil((to.getTime() - from.getTime()) / points));
    const parts = this.readings
      .createQueryBuilder('p')
      .select('p.meteredDeviceId', 'id')
      .addSelect('COALESCE(MAX(CASE WHEN p.counters IS NOT NULL THEN p.at END), MAX(p.at))', 'at')
      .where('p.meteredDeviceId IN (:...ids) AND p.at >= :from AND p.at <= :to')
      .groupBy('p.meteredDeviceId')
      .addGroupBy(`(p.at - ${from.getTime()}) / ${width}`);
    const rows = await this.readings
      .createQueryBuilder('r')
      .innerJoin(`(${parts.getQuery()})`, 's', 's."id" = r.meteredDeviceId AND s."at" = r.at')
      .select('r.meteredDeviceId', 'id')
      .addSelect('r.at', 'at')
      .addSelect('r.counters', 'counters')
      .addSelect('r.levels', 'levels')
      .setParameters({ ids: [...ids], from: from.getTime(), to: to.getTime() })
      .orderBy('r.at', 'ASC')
      .getRawMany<{ id: number; at: string | number; counters: string | null; levels: string }>();
    for (const { id, at, counters, levels } of rows) {
      const sample: ReadingSample = {
        at: new Date(Number(at)),
        counters: counters === null ? null : (JSON.parse(counters) as Counters),
        levels: JSON.parse(levels) as ReadingSample['levels'],
      };
      const known = samples.get(Number(id));
      if (known) known.push(sample);
      else samples.set(Number(id), [sample]);
    }
    return samples;
  }

  jumpsSince(ids: readonly number[], from: Date): Promise<MeterJumpEntity[]> {
    return ids.length === 0
      ? Promise.resolve([])
      : this.jumps.findBy({ meteredDeviceId: In([...ids]), at: MoreThanOrEqual(from) });
  }
  jumpsOf(meteredDeviceId: number): Promise<MeterJumpEntity[]> {
    return this.jumps.find({ where: { meteredDeviceId }, order: { at: 'DESC' }, take: LIMITS.METER_JUMPS_KEPT });
  }
  async jump(id: string): Promise<{ jump: MeterJumpEntity; metered: MeteredDeviceEntity } | undefined> {
    const jump = await this.jumps.findOneBy({ id });
    const metered = jump && (await this.metered(jump.meteredDeviceId));
    return jump && metered ? { jump, metered } : undefined;
  }
  async enterOffset(id: string, entered: Pick<MeterJumpEntity, 'offset' | 'reason' | 'enteredBy'>): Promise<void> {
    await this.jumps.update({ id }, entered);
  }

  /** Enters the offsets of the counters that went back, at this time or later, and have none. */
  async enterOffsets(
    meteredDeviceId: number,
    since: Date,
    entered: Pick<MeterJumpEntity, 'reason' | 'enteredBy'>,
    offsetOf: (jump: MeterJumpEntity) => number,
  ): Promise<void> {
    const open = await this.jumps.findBy({ meteredDeviceId, at: MoreThanOrEqual(since), offset: IsNull() });
    for (const jump of open)
      if (jump.after < jump.before) await this.jumps.update({ id: jump.id }, { ...entered, offset: offsetOf(jump) });
  }

  /** The last reading with counters at a time or before it. */
  countedBefore(meteredDeviceId: number, at: Date): Promise<ReadingEntity | null> {
    return this.readings
      .createQueryBuilder('r')
      .where({ meteredDeviceId, at: LessThanOrEqual(at) })
      .andWhere('r.counters IS NOT NULL')
      .orderBy('r.at', 'DESC')
      .limit(1)
      .getOne();
  }
  async enter(reading: ReadingEntity): Promise<void> {
    await this.readings.upsert(reading, ['meteredDeviceId', 'at']);
  }

  // ---- schedule

  schedules(): Promise<ReadingScheduleEntity[]> {
    return this.schedulesOfCustomers.find();
  }
  /** @param hours null: that of the server */
  async storeSchedule(customerId: string, hours: number | null): Promise<void> {
    if (hours === null) await this.schedulesOfCustomers.delete({ customerId });
    else await this.schedulesOfCustomers.upsert({ customerId, hours }, ['customerId']);
  }

  /** Metered devices whose scheduled reading is due, the one that waits for longest first. */
  due(now: Date, most: number): Promise<MeteredDeviceEntity[]> {
    return this.devices.find({ where: { nextAt: LessThanOrEqual(now) }, order: { nextAt: 'ASC' }, take: most });
  }
  async scheduleNext(id: number, nextAt: Date | null): Promise<void> {
    await this.devices.update({ id }, { nextAt });
  }
  /** After the schedule of a customer has changed. */
  async reschedule(customerId: string, nextAt: Date | null): Promise<void> {
    await this.devices.update({ customerId }, { nextAt });
  }

  // ---- helpers of `record`

  /** The metered device of this serial number at the customer of the agent; a new one if there is none. */
  private async meteredDevice(
    manager: EntityManager,
    { id: deviceId, agentId }: ReportedDevice,
    reported: Pick<DeviceInformation, 'serialNumber' | 'model'>,
    at: Date,
  ): Promise<MeteredDeviceEntity | undefined> {
    const configured = await manager.findOneByOrFail(DeviceEntity, { id: deviceId });
    const { name } = configured;
    const model = configured.model || reported.model;
    const serialNumber = reported.serialNumber || configured.serialNumber;
    const place = await placeOf(manager, agentId);
    const order = { lastAt: 'DESC', id: 'DESC' } as const;
    const known = await manager.find(MeteredDeviceEntity, { where: { deviceId }, order });
    const ofCustomer = known.filter(({ customerId }) => customerId === place.customerId);
    // a device that does not report its serial number for once is still the same
    const found =
      ofCustomer.find((each) => each.serialNumber === serialNumber) ??
      (ofCustomer[0] && (serialNumber === '' || ofCustomer[0].serialNumber === '') ? ofCustomer[0] : undefined);
    for (const other of known)
      if (other.id !== found?.id && other.nextAt)
        await manager.update(MeteredDeviceEntity, { id: other.id }, { nextAt: null });
    if (found) {
      const named = { ...place, name, model: model || found.model, serialNumber: serialNumber || found.serialNumber };
      await manager.update(MeteredDeviceEntity, { id: found.id }, named);
      return { ...found, ...named };
    }
    if (known.length >= LIMITS.METERED_DEVICES_PER_DEVICE) return undefined;
    return manager.save(
      manager.create(MeteredDeviceEntity, {
        ...{ deviceId, serialNumber, ...place, name, model, supplies: [], counters: {}, sources: {}, countedAt: null },
        ...{ firstAt: at, lastAt: at, nextAt: null, dailyUntil: startOfDay(at), monthlyUntil: startOfMonth(at) },
      }),
    );
  }

  private async store(
    manager: EntityManager,
    meteredDeviceId: number,
    reading: Booking['reading'],
    at: Date,
  ): Promise<void> {
    const slot = Math.floor(at.getTime() / LIMITS.READING_SLOT_MS) * LIMITS.READING_SLOT_MS;
    const inSlot = Between(new Date(slot), new Date(slot + LIMITS.READING_SLOT_MS - 1));
    const earlier = await manager.findOneBy(ReadingEntity, { meteredDeviceId, at: inSlot, enteredBy: IsNull() });
    const none = { enteredBy: null, reason: null };
    if (!earlier) return void (await manager.insert(ReadingEntity, { meteredDeviceId, at, ...reading, ...none }));
    // the counters of a moment ago are not lost with the connection to the device
    const kept = reading.counters ? {} : { counters: earlier.counters, levels: earlier.levels };
    await manager.update(ReadingEntity, { meteredDeviceId, at: earlier.at }, { at, ...reading, ...kept });
  }
}

async function placeOf(manager: EntityManager, agentId: string): Promise<Place> {
  const place = await manager
    .createQueryBuilder(AgentEntity, 'a')
    .leftJoin(SiteEntity, 's', 's.id = a.siteId')
    .select('a.siteId', 'siteId')
    .addSelect('s.customerId', 'customerId')
    .where('a.id = :agentId', { agentId })
    .getRawOne<Place>();
  return { siteId: place?.siteId ?? null, customerId: place?.customerId ?? null };
}

/** Current entries first, so that names which a device no longer uses give way. */
function bounded<Value>(all: Record<string, Value>, current: object): Record<string, Value> {
  const names = [...new Set([...Object.keys(current), ...Object.keys(all)])].filter((name) => name in all);
  return Object.fromEntries(names.slice(0, 2 * COUNTERS).map((name) => [name, all[name]!]));
}

function knownSupplies(current: readonly KnownSupply[], earlier: readonly KnownSupply[]): KnownSupply[] {
  const others = earlier.filter(({ key }) => current.every((each) => each.key !== key));
  return [...current, ...others].slice(0, 2 * SUPPLIES);
}
