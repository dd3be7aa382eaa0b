import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { SettingsTemplateEntity } from './settings-template.entity';

/** All SQL for settings templates. */
@Injectable()
export class SettingsTemplatesRepository {
  constructor(
    @InjectRepository(SettingsTemplateEntity) private readonly templates: Repository<SettingsTemplateEntity>,
  ) {}

  /** By name. */
  all(): Promise<SettingsTemplateEntity[]> {
    return this.templates.find({ order: { name: 'ASC' } });
  }
  find(id: string): Promise<SettingsTemplateEntity | null> {
    return this.templates.findOneBy({ id });
  }

  /** @returns false if there is one of this name */
  add(template: SettingsTemplateEntity): Promise<boolean> {
    return this.unlessTaken(template, async () => {
      await this.templates.insert(template);
      return true;
    });
  }
  /** Replaces the one of version `version - 1`. @returns why not */
  async replace({ id, ...values }: SettingsTemplateEntity): Promise<'replaced' | 'outdated' | 'name-taken'> {
    let outcome: 'replaced' | 'outdated' = 'outdated';
    const isFree = await this.unlessTaken({ id, name: values.name }, async () => {
      const { affected } = await this.templates.update({ id, version: values.version - 1 }, values);
      if (affected === 1) outcome = 'replaced';
      return true;
    });
    return isFree ? outcome : 'name-taken';
  }
  async remove(id: string): Promise<boolean> {
    return (await this.templates.delete({ id })).affected === 1;
  }

  private async unlessTaken(
    { id, name }: Pick<SettingsTemplateEntity, 'id' | 'name'>,
    write: () => Promise<true>,
  ): Promise<boolean> {
    try {
      return await write();
    } catch (error) {
      const other = await this.templates.findOneBy({ name });
      if (other && other.id !== id) return false;
      throw error;
    }
  }
}
