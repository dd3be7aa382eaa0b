import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { IsNull, Not, Repository } from 'typeorm';
import { CustomerEntity } from '../../customers/customer.entity';
import { WebhookEntity } from '../delivery/webhook.entity';
import { AlertSettingsEntity, FOR_ALL } from './alert-settings.entity';

@Injectable()
export class AlertSettingsRepository {
  constructor(@InjectRepository(AlertSettingsEntity) private readonly settings: Repository<AlertSettingsEntity>) {}

  find(id: string): Promise<AlertSettingsEntity | null> {
    return this.settings.findOneBy({ id });
  }
  /** The name of a customer; undefined if there is no such customer. */
  async customerName(id: string): Promise<string | undefined> {
    return (await this.settings.manager.findOneBy(CustomerEntity, { id }))?.name;
  }

  /**
   * Replaces settings of an earlier version; 0: there were none.
   * @returns false if the version that is stored is another one
   */
  replace({ id, version, settings }: AlertSettingsEntity): Promise<boolean> {
    return this.settings.manager.transaction(async (manager) => {
      const next = { id, version: version + 1, settings };
      const { affected } = await manager.update(AlertSettingsEntity, { id, version }, next);
      if (affected === 1) return true;
      if (version > 0 || (await manager.existsBy(AlertSettingsEntity, { id }))) return false;
      await manager.insert(AlertSettingsEntity, next);
      return true;
    });
  }

  /** Removes the settings and webhooks of customers that have been removed. */
  async removeOrphaned(): Promise<void> {
    const { manager } = this.settings;
    const customers = manager.createQueryBuilder(CustomerEntity, 'c').select('c.id').getQuery();
    const settings = manager
      .createQueryBuilder()
      .delete()
      .from(AlertSettingsEntity)
      .where({ id: Not(FOR_ALL) });
    await settings.andWhere(`"id" NOT IN (${customers})`).execute();
    const webhooks = manager
      .createQueryBuilder()
      .delete()
      .from(WebhookEntity)
      .where({ customerId: Not(IsNull()) });
    await webhooks.andWhere(`"customerId" NOT IN (${customers})`).execute();
  }
}
