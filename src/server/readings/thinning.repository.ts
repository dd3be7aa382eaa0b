import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { In, LessThan, Repository, type EntityManager } from 'typeorm';
import { MeteredDeviceEntity } from './metered-device.entity';
import { MeterJumpEntity, ReadingEntity } from './reading.entity';
import { startOfDay, startOfMonth, superseded, type Cutoffs } from './thinning';

/** SQLite and PostgreSQL bound the parameters of a statement. */
const ROWS_PER_STATEMENT = 5_000;

/** Thins the readings with age, and deletes them at last. */
@Injectable()
export class ThinningRepository {
  constructor(@InjectRepository(MeteredDeviceEntity) private readonly devices: Repository<MeteredDeviceEntity>) {}

  /**
   * Thins the readings of some devices, those that were not thinned for longest first, and deletes devices without any.
   * @returns the number of readings deleted, and whether more devices are due
   */
  async thin(cutoffs: Cutoffs, most: number): Promise<{ deleted: number; isMore: boolean }> {
    const where = { dailyUntil: LessThan(cutoffs.daily) };
    const due = await this.devices.find({ where, order: { dailyUntil: 'ASC' }, take: most });
    let deleted = 0;
    if (due.length > 0)
      await this.devices.manager.transaction(async (manager) => {
        for (const each of due) deleted += await this.thinOne(manager, each, cutoffs);
      });
    return { deleted, isMore: due.length === most };
  }

  private async thinOne(manager: EntityManager, metered: MeteredDeviceEntity, cutoffs: Cutoffs): Promise<number> {
    const { id: meteredDeviceId, dailyUntil, monthlyUntil } = metered;
    const { affected } = await manager.delete(ReadingEntity, { meteredDeviceId, at: LessThan(cutoffs.kept) });
    await manager.delete(MeterJumpEntity, { meteredDeviceId, at: LessThan(cutoffs.kept) });
    if (metered.lastAt < cutoffs.kept) {
      await manager.delete(MeteredDeviceEntity, { id: meteredDeviceId });
      return affected ?? 0;
    }
    const inDays = await this.thinPeriod(manager, meteredDeviceId, dailyUntil, cutoffs.daily, startOfDay);
    const inMonths = await this.thinPeriod(manager, meteredDeviceId, monthlyUntil, cutoffs.monthly, startOfMonth);
    const later = { dailyUntil: cutoffs.daily, monthlyUntil: max(monthlyUntil, cutoffs.monthly) };
    await manager.update(MeteredDeviceEntity, { id: meteredDeviceId }, later);
    return (affected ?? 0) + inDays + inMonths;
  }

  private async thinPeriod(
    manager: EntityManager,
    meteredDeviceId: number,
    from: Date,
    to: Date,
    startOf: (at: Date) => Date,
  ): Promise<number> {
    if (from >= to) return 0;
    const rows = await manager
      .createQueryBuilder(ReadingEntity, 'r')
      .select('r.at', 'at')
      .addSelect('r.enteredBy', 'enteredBy')
      .addSelect('CASE WHEN r.counters IS NULL THEN 0 ELSE 1 END', 'counted')
      .where('r.meteredDeviceId = :meteredDeviceId AND r.at >= :from AND r.at < :to')
      .setParameters({ meteredDeviceId, from: from.getTime(), to: to.getTime() })
      .getRawMany<{ at: string | number; enteredBy: string | null; counted: number }>();
    const thinned = rows.map(({ at, enteredBy, counted }) => ({
      ...{ at: new Date(Number(at)), enteredBy, isCounted: Number(counted) === 1 },
    }));
    const gone = superseded(thinned, startOf);
    for (let first = 0; first < gone.length; first += ROWS_PER_STATEMENT)
      await manager.delete(ReadingEntity, { meteredDeviceId, at: In(gone.slice(first, first + ROWS_PER_STATEMENT)) });
    return gone.length;
  }
}

const max = (one: Date, other: Date): Date => (one > other ? one : other);
