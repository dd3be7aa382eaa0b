import { Inject, Injectable } from '@nestjs/common';
import type { ReadingSchedule, ReadingSchedules as Shown } from '../../protocol/readings';
import { jittered } from '../../protocol/waits';
import type { Actor } from '../auth/actor';
import { AuditService } from '../auth/audit/audit.service';
import { CONFIG, type Config } from '../config/config';
import { UnknownCustomer } from '../customers/customers.errors';
import { CustomersService } from '../customers/customers.service';
import { ReadingsRepository } from './readings.repository';

const HOUR_MS = 60 * 60_000;
/** Devices that were read together, as after a start of the server, are not read together again. */
const JITTER = { least: 0.9, most: 1 };

/** How often the devices of each customer are read. */
@Injectable()
export class ReadingSchedules {
  /** Read once, because every booking needs it. */
  private known: Promise<Map<string, number>> | undefined;

  constructor(
    private readonly repository: ReadingsRepository,
    private readonly customers: CustomersService,
    private readonly audit: AuditService,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  async hoursOf(customerId: string | null): Promise<number> {
    return this.hoursIn(await this.all(), customerId);
  }

  /** When the next reading is due after one at a time, by the customer of the device. */
  async next(): Promise<(customerId: string | null, after: Date) => Date | null> {
    const all = await this.all();
    return (customerId, after) => nextAfter(after, this.hoursIn(all, customerId));
  }

  /** Of the customers that the actor sees. */
  async list(actor: Actor): Promise<Shown> {
    const all = await this.all();
    const customers = await this.customers.list(actor);
    const shown = customers.flatMap(({ id }) => {
      const hours = all.get(id);
      return hours === undefined ? [] : { customerId: id, hours };
    });
    return { usual: this.config.readings.hours, customers: shown };
  }

  /** @param hours null: the setting of the server. @throws UnknownCustomer */
  async change(actor: Actor, customerId: string, hours: number | null): Promise<ReadingSchedule> {
    const customer = (await this.customers.list(actor)).find(({ id }) => id === customerId);
    if (!customer) throw new UnknownCustomer();
    await this.repository.storeSchedule(customerId, hours);
    this.known = undefined;
    const now = await this.hoursOf(customerId);
    await this.repository.reschedule(customerId, nextAfter(new Date(), now));
    await this.audit.record(actor, 'customer.reading-schedule', customer.name, `hours: ${hours ?? `${now} (usual)`}`);
    return { hours: now };
  }

  private hoursIn(all: ReadonlyMap<string, number>, customerId: string | null): number {
    return (customerId === null ? undefined : all.get(customerId)) ?? this.config.readings.hours;
  }

  private all(): Promise<Map<string, number>> {
    this.known ??= this.repository
      .schedules()
      .then((rows) => new Map(rows.map(({ customerId, hours }) => [customerId, hours])))
      .catch((error: unknown) => {
        this.known = undefined;
        throw error;
      });
    return this.known;
  }
}

const nextAfter = (after: Date, hours: number): Date | null =>
  hours === 0 ? null : new Date(after.getTime() + jittered(hours * HOUR_MS, JITTER));
