import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { IsNull, Repository } from 'typeorm';
import { CustomerEntity } from '../../customers/customer.entity';
import { WebhookEntity } from './webhook.entity';

@Injectable()
export class WebhooksRepository {
  constructor(@InjectRepository(WebhookEntity) private readonly webhooks: Repository<WebhookEntity>) {}

  all(): Promise<WebhookEntity[]> {
    return this.webhooks.find({ order: { name: 'ASC', id: 'ASC' } });
  }
  /** Those that receive the alerts of a customer; null: of the server. */
  receiving(customerId: string | null): Promise<WebhookEntity[]> {
    const ofAll = { customerId: IsNull(), active: true };
    return this.webhooks.findBy(customerId === null ? ofAll : [ofAll, { customerId, active: true }]);
  }
  find(id: string): Promise<WebhookEntity | null> {
    return this.webhooks.findOneBy({ id });
  }
  count(): Promise<number> {
    return this.webhooks.count();
  }
  /** The name of a customer; undefined if there is no such customer. */
  async customerName(id: string): Promise<string | undefined> {
    return (await this.webhooks.manager.findOneBy(CustomerEntity, { id }))?.name;
  }
  async insert(webhook: WebhookEntity): Promise<void> {
    await this.webhooks.insert({ ...webhook });
  }
  async change(id: string, values: Partial<WebhookEntity>): Promise<void> {
    await this.webhooks.update({ id }, values);
  }
  async remove(id: string): Promise<boolean> {
    return (await this.webhooks.delete({ id })).affected === 1;
  }
}
