import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Customer, CustomerSite, NamedSite } from '../../protocol/api';
import { LIMITS } from '../../protocol/limits';
import type { RelayPreference } from '../../protocol/relay-choice';
import type { Actor } from '../auth/actor';
import { UnknownUser } from '../auth/auth.errors';
import { AuditService } from '../auth/audit/audit.service';
import { CustomerAssignment } from '../auth/oidc/customer-assignment';
import { UsersService } from '../auth/users/users.service';
import { CustomerEvents } from './customer-events';
import { CustomerEntity, SiteEntity } from './customer.entity';
import {
  AgentsRemain,
  NameTaken,
  TooManyCustomers,
  UnknownAssignee,
  UnknownCustomer,
  UnknownSite,
} from './customers.errors';
import { CustomersRepository } from './customers.repository';
import { EVERYTHING, reaches, type Place, type Reach } from './reach';
import { SiteOccupants } from './site-occupants';

/** Customers, their sites, and the technicians who work for them. */
@Injectable()
export class CustomersService {
  constructor(
    private readonly repository: CustomersRepository,
    private readonly occupants: SiteOccupants,
    private readonly users: UsersService,
    private readonly events: CustomerEvents,
    private readonly audit: AuditService,
    assignment: CustomerAssignment,
  ) {
    assignment.register((actor, userId, names) => this.assignByName(actor, userId, names));
  }

  /** What this actor sees and touches at this moment. */
  async reachOf(actor: Actor): Promise<Reach> {
    if (actor.role === 'admin') return EVERYTHING;
    if (actor.client) {
      const { sites, devices } = actor.client.limits;
      return { sites: sites && new Set(sites), devices: devices && new Set(devices), requesterId: actor.userId };
    }
    return { ...EVERYTHING, sites: new Set(await this.repository.siteIdsOf(actor.userId)) };
  }

  /** Whether the actor sees what is at this place. */
  async sees(actor: Actor, place: Place): Promise<boolean> {
    return reaches(await this.reachOf(actor), place);
  }

  /** All customers for an administrator, and for a technician those that they are assigned to, without their users. */
  async list(actor: Actor): Promise<Customer[]> {
    const isAdmin = actor.role === 'admin';
    const ids = isAdmin ? undefined : await this.repository.customerIdsOf(actor.userId);
    const customers = await this.repository.customersOf(ids);
    const found = customers.map(({ id }) => id);
    const [sites, assignments] = await Promise.all([
      this.repository.sitesOf(found),
      isAdmin ? this.repository.assignmentsOf(found) : [],
    ]);
    const siteOf = ({ id, name, relayPreference }: SiteEntity): CustomerSite => ({ id, name, relayPreference });
    return customers.map(({ id, name, relayPreference }) => ({
      id,
      name,
      relayPreference,
      sites: sites.filter(({ customerId }) => customerId === id).map(siteOf),
      ...(isAdmin && { userIds: assignments.filter((each) => each.customerId === id).map(({ userId }) => userId) }),
    }));
  }

  /** @throws UnknownSite */
  async site(id: string): Promise<NamedSite> {
    const site = (await this.named([id])).get(id);
    if (!site) throw new UnknownSite();
    return site;
  }

  /** The name of a customer; undefined if it has been removed. */
  async findName(customerId: string): Promise<string | undefined> {
    return (await this.repository.findCustomer(customerId))?.name;
  }

  /** The IDs of the customers of these sites, by the ID of the site. */
  async customersOfSites(siteIds: readonly (string | null)[]): Promise<Map<string | null, string>> {
    const sites = await this.repository.sitesAmong([...new Set(siteIds.filter((id) => id !== null))]);
    return new Map(sites.map(({ id, customerId }) => [id, customerId]));
  }

  /** Sites with the names of their customers, by ID. */
  async named(siteIds: readonly (string | null | undefined)[]): Promise<Map<string | null, NamedSite>> {
    const ids = new Set(siteIds.filter((id) => id != null));
    const sites = await this.repository.sitesAmong([...ids]);
    const customers = await this.repository.customersOf(sites.map(({ customerId }) => customerId));
    const names = new Map(customers.map(({ id, name }) => [id, name]));
    const named = ({ id, name, customerId }: SiteEntity): NamedSite => ({
      ...{ id, name },
      customerName: names.get(customerId) ?? '',
    });
    return new Map(sites.map((site) => [site.id, named(site)]));
  }

  /** @throws NameTaken, TooManyCustomers */
  async add(actor: Actor, name: string): Promise<Customer> {
    if ((await this.repository.countCustomers()) >= LIMITS.CUSTOMERS)
      throw new TooManyCustomers('customers', LIMITS.CUSTOMERS);
    const id = randomUUID();
    if (!(await this.repository.addCustomer({ id, name, createdAt: new Date(), relayPreference: null })))
      throw new NameTaken('customer', name);
    await this.audit.record(actor, 'customer.created', name);
    return { id, name, relayPreference: null, sites: [], userIds: [] };
  }

  /** @throws UnknownCustomer, NameTaken */
  async rename(actor: Actor, id: string, name: string): Promise<void> {
    const earlier = await this.repository.findCustomer(id);
    if (!earlier) throw new UnknownCustomer();
    if (earlier.name === name) return;
    if (!(await this.repository.renameCustomer(id, name))) throw new NameTaken('customer', name);
    await this.audit.record(actor, 'customer.renamed', name, `formerly ${earlier.name}`);
  }

  /** Removes a customer with its sites and assignments. @throws UnknownCustomer, AgentsRemain */
  async remove(actor: Actor, id: string): Promise<void> {
    const customer = await this.repository.findCustomer(id);
    const assigned = await this.repository.removeCustomer(id, (...sites) => this.checkVacant(...sites));
    if (!customer || !assigned) throw new UnknownCustomer();
    for (const userId of assigned) this.events.publish('reassigned', userId);
    await this.audit.record(actor, 'customer.removed', customer.name);
  }

  /** @throws UnknownCustomer, NameTaken, TooManyCustomers */
  async addSite(actor: Actor, customerId: string, name: string): Promise<CustomerSite> {
    if ((await this.repository.countSites()) >= LIMITS.SITES) throw new TooManyCustomers('sites', LIMITS.SITES);
    const id = randomUUID();
    const outcome = await this.repository.addSite({
      ...{ id, customerId, name, createdAt: new Date() },
      relayPreference: null,
    });
    if (outcome === 'unknown') throw new UnknownCustomer();
    if (outcome === 'taken') throw new NameTaken('site', name);
    await this.audit.record(actor, 'site.created', name, `of customer ${await this.nameOf(customerId)}`);
    return { id, name, relayPreference: null };
  }

  /** @throws UnknownSite, NameTaken */
  async renameSite(actor: Actor, id: string, name: string): Promise<void> {
    const earlier = await this.repository.findSite(id);
    if (!earlier) throw new UnknownSite();
    if (earlier.name === name) return;
    if (!(await this.repository.renameSite(earlier, name))) throw new NameTaken('site', name);
    const customerName = await this.nameOf(earlier.customerId);
    await this.audit.record(actor, 'site.renamed', name, `formerly ${earlier.name}, of customer ${customerName}`);
  }

  /** @throws UnknownSite, AgentsRemain */
  async removeSite(actor: Actor, id: string): Promise<void> {
    const { name, customerName } = await this.site(id);
    if (!(await this.repository.removeSite(id, (...sites) => this.checkVacant(...sites)))) throw new UnknownSite();
    await this.audit.record(actor, 'site.removed', name, `of customer ${customerName}`);
  }

  /** The relays that carry sessions with a site: its own preference, otherwise that of its customer. */
  async relayPreferenceOf(siteId: string | null): Promise<RelayPreference | null> {
    return siteId === null ? null : this.repository.relayPreferenceAt(siteId);
  }

  /** @throws UnknownCustomer */
  async preferRelays(actor: Actor, id: string, preference: RelayPreference | null): Promise<void> {
    const customer = await this.repository.findCustomer(id);
    if (!customer || !(await this.repository.prefer(CustomerEntity, id, preference))) throw new UnknownCustomer();
    await this.audit.record(actor, 'customer.relays-preferred', customer.name, customerPreferenceText(preference));
  }

  /** @throws UnknownSite */
  async preferRelaysAt(actor: Actor, id: string, preference: RelayPreference | null): Promise<void> {
    const { name, customerName } = await this.site(id);
    if (!(await this.repository.prefer(SiteEntity, id, preference))) throw new UnknownSite();
    await this.audit.record(actor, 'site.relays-preferred', name, sitePreferenceText(preference, customerName));
  }

  /** Replaces the customers of a user. @throws UnknownUser, UnknownAssignee */
  async assign(actor: Actor, userId: string, customerIds: readonly string[]): Promise<void> {
    const user = await this.users.get(userId);
    const changed = await this.repository.assign(userId, [...new Set(customerIds)]);
    if (changed === undefined) throw new UnknownAssignee('customerIds');
    if (!changed) return;
    this.events.publish('reassigned', userId);
    await this.audit.record(
      actor,
      'user.assigned',
      user.username,
      listed(await this.namesOf([...new Set(customerIds)])),
    );
  }

  /** Names that no customer has are ignored. @throws UnknownUser */
  private async assignByName(actor: Actor, userId: string, names: readonly string[]): Promise<void> {
    const customers = await this.repository.customersNamed(names);
    await this.assign(
      actor,
      userId,
      customers.map(({ id }) => id),
    );
  }

  /** Replaces the users of a customer. @throws UnknownCustomer, UnknownAssignee */
  async assignUsers(actor: Actor, customerId: string, userIds: readonly string[]): Promise<void> {
    const usernames = await this.usernamesOf(userIds);
    const changed = await this.repository.assignUsers(customerId, [...new Set(userIds)]);
    if (!changed) throw new UnknownCustomer();
    if (changed.length === 0) return;
    for (const userId of changed) this.events.publish('reassigned', userId);
    await this.audit.record(actor, 'customer.assigned', await this.nameOf(customerId), listed(usernames));
  }

  private async checkVacant(manager: EntityManager, siteIds: readonly string[]): Promise<void> {
    const agents = await this.occupants.agentsAt(manager, siteIds);
    if (agents.length > 0) throw new AgentsRemain(agents);
  }

  private async namesOf(customerIds: readonly string[]): Promise<string[]> {
    return (await this.repository.customersOf(customerIds)).map(({ name }) => name);
  }
  /** The ID if it has been removed meanwhile. */
  private async nameOf(customerId: string): Promise<string> {
    return (await this.findName(customerId)) ?? customerId;
  }

  private async usernamesOf(userIds: readonly string[]): Promise<string[]> {
    try {
      return (await Promise.all(userIds.map((id) => this.users.get(id)))).map(({ username }) => username);
    } catch (error) {
      if (error instanceof UnknownUser) throw new UnknownAssignee('userIds');
      throw error;
    }
  }
}

function customerPreferenceText(preference: RelayPreference | null): string {
  if (!preference) return 'any region';
  return preference.only ? `only region ${preference.region}` : `region ${preference.region}`;
}
function sitePreferenceText(preference: RelayPreference | null, customer: string): string {
  if (!preference) return `as its customer, of customer ${customer}`;
  const { region, only } = preference;
  return only ? `only region ${region}, of customer ${customer}` : `region ${region}, of customer ${customer}`;
}

const listed = (names: readonly string[]): string => names.join(', ') || 'none';
