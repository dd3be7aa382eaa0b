import type { DataSource } from 'typeorm';
import { BatchedWrites } from '../../../src/server/database/batched-writes';
import { MeteredDeviceEntity } from '../../../src/server/readings/metered-device.entity';
import { MeterJumpEntity, ReadingEntity, ReadingScheduleEntity } from '../../../src/server/readings/reading.entity';
import { ReadingsRepository } from '../../../src/server/readings/readings.repository';

/** The repository of readings on an open database. */
export const readingsOf = (database: DataSource): ReadingsRepository =>
  new ReadingsRepository(
    database.getRepository(MeteredDeviceEntity),
    database.getRepository(ReadingEntity),
    database.getRepository(MeterJumpEntity),
    database.getRepository(ReadingScheduleEntity),
    new BatchedWrites(database),
  );
