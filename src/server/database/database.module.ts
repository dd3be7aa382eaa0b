import { Module, type DynamicModule } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import type { Settings } from '../config/config.module';
import { BatchedWrites } from './batched-writes';
import { openDatabase } from './open-database';

/** The one database connection; features add `TypeOrmModule.forFeature([...])` for their own entities. */
@Module({})
export class DatabaseModule {
  static of({ dataSource, secrets, journal }: Settings): DynamicModule {
    const connection = TypeOrmModule.forRootAsync({
      useFactory: () => ({ ...dataSource, retryAttempts: 0 }),
      dataSourceFactory: () => openDatabase(dataSource, secrets, journal),
    });
    return {
      module: DatabaseModule,
      global: true,
      imports: [connection],
      providers: [BatchedWrites],
      exports: [BatchedWrites],
    };
  }
}
