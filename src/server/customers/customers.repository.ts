import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { EntityManager, In, Repository } from 'typeorm';
import type { RelayPreference } from '../../protocol/relay-choice';
import { AssignmentEntity, CustomerEntity, SiteEntity } from './customer.entity';

/** All SQL for customers, sites and assignments. */
@Injectable()
export class CustomersRepository {
  constructor(
    @InjectRepository(CustomerEntity) private readonly customers: Repository<CustomerEntity>,
    @InjectRepository(SiteEntity) private readonly sites: Repository<SiteEntity>,
    @InjectRepository(AssignmentEntity) private readonly assignments: Repository<AssignmentEntity>,
  ) {}

  /** By name. @param ids of those wanted; undefined: all */
  async customersOf(ids?: readonly string[]): Promise<CustomerEntity[]> {
    return this.customers.find({ where: ids && { id: In([...ids]) }, order: { name: 'ASC' } });
  }
  customersNamed(names: readonly string[]): Promise<CustomerEntity[]> {
    return this.customers.findBy({ name: In([...names]) });
  }
  /** The sites of these customers, by name. */
  sitesOf(customerIds: readonly string[]): Promise<SiteEntity[]> {
    return this.sites.find({ where: { customerId: In([...customerIds]) }, order: { name: 'ASC' } });
  }
  assignmentsOf(customerIds: readonly string[]): Promise<AssignmentEntity[]> {
    return this.assignments.find({ where: { customerId: In([...customerIds]) }, order: { userId: 'ASC' } });
  }
  async customerIdsOf(userId: string): Promise<string[]> {
    return (await this.assignments.findBy({ userId })).map(({ customerId }) => customerId);
  }
  /** IDs of the sites of the customers that a user is assigned to. */
  async siteIdsOf(userId: string): Promise<string[]> {
    const query = this.sites.createQueryBuilder('s').select(['s.id']);
    query.innerJoin(AssignmentEntity, 'a', 'a.customerId = s.customerId').where('a.userId = :userId', { userId });
    return (await query.getMany()).map(({ id }) => id);
  }
  findCustomer(id: string): Promise<CustomerEntity | null> {
    return this.customers.findOneBy({ id });
  }
  findSite(id: string): Promise<SiteEntity | null> {
    return this.sites.findOneBy({ id });
  }
  /** The preference of a site, otherwise that of its customer. */
  async relayPreferenceAt(siteId: string): Promise<RelayPreference | null> {
    const query = this.sites.createQueryBuilder('s').where('s.id = :siteId', { siteId });
    query.leftJoinAndMapOne('s.customer', CustomerEntity, 'c', 'c.id = s.customerId');
    const found: (SiteEntity & { customer?: CustomerEntity | null }) | null = await query.getOne();
    return found?.relayPreference ?? found?.customer?.relayPreference ?? null;
  }
  sitesAmong(ids: readonly string[]): Promise<SiteEntity[]> {
    return this.sites.findBy({ id: In([...ids]) });
  }

  countCustomers(): Promise<number> {
    return this.customers.count();
  }
  countSites(): Promise<number> {
    return this.sites.count();
  }
  /** @returns false if there is no such row */
  async prefer(
    of: typeof CustomerEntity | typeof SiteEntity,
    id: string,
    to: RelayPreference | null,
  ): Promise<boolean> {
    const { affected } = await this.sites.manager.update(of, { id }, { relayPreference: to });
    return affected === 1;
  }
  /** @returns false if the name is taken */
  addCustomer(customer: CustomerEntity): Promise<boolean> {
    const { name } = customer;
    return this.unlessTaken(this.customers.insert(customer), () => this.customers.existsBy({ name }));
  }
  /** @returns false if the name is taken */
  renameCustomer(id: string, name: string): Promise<boolean> {
    return this.unlessTaken(this.customers.update({ id }, { name }), () => this.customers.existsBy({ name }));
  }
  /** @returns `unknown` if the customer has been removed, `taken` if it has a site of this name */
  async addSite(site: SiteEntity): Promise<'added' | 'unknown' | 'taken'> {
    const { customerId, name } = site;
    const added = this.sites.manager.transaction(async (manager): Promise<'added' | 'unknown'> => {
      if (!(await held(manager, CustomerEntity, customerId))) return 'unknown';
      await manager.insert(SiteEntity, site);
      return 'added';
    });
    try {
      return await added;
    } catch (error) {
      if (await this.sites.existsBy({ customerId, name })) return 'taken';
      throw error;
    }
  }
  /** @returns false if the name is taken */
  renameSite({ id, customerId }: SiteEntity, name: string): Promise<boolean> {
    return this.unlessTaken(this.sites.update({ id }, { name }), () => this.sites.existsBy({ customerId, name }));
  }

  /**
   * Removes a customer with its sites and assignments.
   * @param check rejects to keep them; by then no agent can be enrolled at these sites
   * @returns undefined if there is no such customer, otherwise the users who were assigned to it
   */
  removeCustomer(
    id: string,
    check: (manager: EntityManager, siteIds: string[]) => Promise<void>,
  ): Promise<string[] | undefined> {
    return this.customers.manager.transaction(async (manager) => {
      const { affected } = await manager.delete(CustomerEntity, { id });
      if (affected !== 1) return undefined;
      const sites = await manager.findBy(SiteEntity, { customerId: id });
      await manager.delete(SiteEntity, { customerId: id });
      await check(
        manager,
        sites.map((site) => site.id),
      );
      const assigned = await manager.findBy(AssignmentEntity, { customerId: id });
      await manager.delete(AssignmentEntity, { customerId: id });
      return assigned.map(({ userId }) => userId);
    });
  }
  /** @returns false if there is no such site */
  removeSite(id: string, check: (manager: EntityManager, siteIds: string[]) => Promise<void>): Promise<boolean> {
    return this.sites.manager.transaction(async (manager) => {
      const { affected } = await manager.delete(SiteEntity, { id });
      await check(manager, [id]);
      return affected === 1;
    });
  }

  /**
   * Replaces the assignments of a user.
   * @returns whether they changed; undefined if one of the customers does not exist
   */
  assign(userId: string, customerIds: readonly string[]): Promise<boolean | undefined> {
    return this.assignments.manager.transaction(async (manager) => {
      // in one order, so that concurrent assignments cannot wait for each other
      for (const id of [...customerIds].sort()) if (!(await held(manager, CustomerEntity, id))) return undefined;
      const known = (await manager.findBy(AssignmentEntity, { userId })).map(({ customerId }) => customerId);
      await manager.delete(AssignmentEntity, { userId });
      await manager.insert(
        AssignmentEntity,
        customerIds.map((customerId) => ({ customerId, userId })),
      );
      return !isSameSet(known, customerIds);
    });
  }
  /**
   * Replaces the users of a customer.
   * @returns the users whose assignments changed; undefined if the customer does not exist
   */
  assignUsers(customerId: string, userIds: readonly string[]): Promise<string[] | undefined> {
    return this.assignments.manager.transaction(async (manager) => {
      if (!(await held(manager, CustomerEntity, customerId))) return undefined;
      const known = (await manager.findBy(AssignmentEntity, { customerId })).map(({ userId }) => userId);
      await manager.delete(AssignmentEntity, { customerId });
      await manager.insert(
        AssignmentEntity,
        userIds.map((userId) => ({ customerId, userId })),
      );
      return [...known.filter((id) => !userIds.includes(id)), ...userIds.filter((id) => !known.includes(id))];
    });
  }

  private async unlessTaken(change: Promise<unknown>, isTaken: () => Promise<boolean>): Promise<boolean> {
    try {
      await change;
      return true;
    } catch (error) {
      if (await isTaken()) return false;
      throw error;
    }
  }
}

/**
 * Locks the row of a customer or a site until the transaction ends, so that it is not removed in the meantime.
 * @returns false if there is no such row
 */
export async function held(
  manager: EntityManager,
  entity: typeof CustomerEntity | typeof SiteEntity,
  id: string,
): Promise<boolean> {
  return (await manager.update(entity, { id }, { id })).affected === 1;
}

const isSameSet = (one: readonly string[], other: readonly string[]): boolean =>
  one.length === other.length && one.every((each) => other.includes(each));
