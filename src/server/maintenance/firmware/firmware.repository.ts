import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { FirmwareEntity } from './firmware.entity';

/** All SQL about firmware files. */
@Injectable()
export class FirmwareRepository {
  constructor(@InjectRepository(FirmwareEntity) private readonly files: Repository<FirmwareEntity>) {}

  /** Newest first. */
  all(): Promise<FirmwareEntity[]> {
    return this.files.find({ order: { uploadedAt: 'DESC', id: 'DESC' } });
  }
  count(): Promise<number> {
    return this.files.count();
  }
  find(id: string): Promise<FirmwareEntity | null> {
    return this.files.findOneBy({ id });
  }
  async insert(file: FirmwareEntity): Promise<void> {
    await this.files.insert({ ...file });
  }
  async remove(id: string): Promise<void> {
    await this.files.delete({ id });
  }
}
