import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { RelayEntity } from './relay.entity';

/** All SQL for relays. */
@Injectable()
export class RelaysRepository {
  constructor(@InjectRepository(RelayEntity) private readonly relays: Repository<RelayEntity>) {}

  all(): Promise<RelayEntity[]> {
    return this.relays.find({ order: { id: 'ASC' } });
  }
  async insert(relay: RelayEntity): Promise<void> {
    await this.relays.insert({ ...relay });
  }
  async change(id: string, values: Partial<RelayEntity>): Promise<void> {
    await this.relays.update({ id }, values);
  }
}
