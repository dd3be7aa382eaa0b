import { Injectable } from '@nestjs/common';
import {
  DEFAULT_ALERT_RULES,
  type AlertMail,
  type AlertRules,
  type AlertSettings,
  type CustomerAlertSettings,
  type QuietTimes,
} from '../../../protocol/alert';
import type { Actor } from '../../auth/actor';
import { AuditService } from '../../auth/audit/audit.service';
import { UnknownCustomer } from '../../customers/customers.errors';
import { TypedEvents } from '../../events/typed-events';
import { SettingsChanged } from '../alerts.errors';
import { FOR_ALL } from './alert-settings.entity';
import { AlertSettingsRepository } from './alert-settings.repository';

/** `changed`: the rules of a customer, or of all. */
@Injectable()
export class AlertSettingsEvents extends TypedEvents<{ changed: string }> {}

/** What applies to the alerts of a customer: its own settings, and those for all where it has none. */
export interface EffectiveSettings {
  readonly rules: AlertRules;
  readonly mail: AlertMail;
  readonly quiet: QuietTimes;
}

/** Rules, recipients of mails and quiet hours, for all customers and for each. */
@Injectable()
export class AlertSettingsService {
  private readonly effective = new Map<string | null, Promise<EffectiveSettings>>();

  constructor(
    private readonly repository: AlertSettingsRepository,
    private readonly events: AlertSettingsEvents,
    private readonly audit: AuditService,
  ) {}

  /** @param customerId null: of the server */
  for(customerId: string | null): Promise<EffectiveSettings> {
    const known = this.effective.get(customerId);
    if (known) return known;
    const read = this.read(customerId).catch((error: unknown) => {
      this.effective.delete(customerId); // the next caller reads again
      throw error;
    });
    this.effective.set(customerId, read);
    return read;
  }

  async all(): Promise<AlertSettings> {
    const stored = await this.repository.find(FOR_ALL);
    if (!stored) return { version: 0, ...builtIn() };
    const settings = stored.settings as Omit<AlertSettings, 'version'>;
    const rules = { ...DEFAULT_ALERT_RULES, ...complete(settings.rules) };
    return { ...settings, version: stored.version, rules };
  }

  /** @throws UnknownCustomer */
  async ofCustomer(customerId: string): Promise<CustomerAlertSettings> {
    await this.nameOf(customerId);
    return this.stored(customerId);
  }

  /** @throws SettingsChanged */
  async changeAll(actor: Actor, { version, ...settings }: AlertSettings): Promise<AlertSettings> {
    if (!(await this.repository.replace({ id: FOR_ALL, version, settings })))
      throw new SettingsChanged((await this.all()).version);
    await this.changed(actor, FOR_ALL, 'all customers');
    return this.all();
  }

  /** @throws UnknownCustomer, SettingsChanged */
  async changeCustomer(
    actor: Actor,
    customerId: string,
    { version, ...settings }: CustomerAlertSettings,
  ): Promise<CustomerAlertSettings> {
    const name = await this.nameOf(customerId);
    if (!(await this.repository.replace({ id: customerId, version, settings })))
      throw new SettingsChanged((await this.stored(customerId)).version);
    await this.changed(actor, customerId, name);
    return this.stored(customerId);
  }

  private async changed(actor: Actor, id: string, target: string): Promise<void> {
    this.effective.clear();
    this.events.publish('changed', id);
    await this.audit.record(actor, 'alert.settings-changed', target);
  }

  private async read(customerId: string | null): Promise<EffectiveSettings> {
    const all = await this.all();
    if (customerId === null) return all;
    const own = await this.stored(customerId);
    return { rules: { ...all.rules, ...own.rules }, mail: own.mail ?? all.mail, quiet: own.quiet ?? all.quiet };
  }

  private async stored(customerId: string): Promise<CustomerAlertSettings> {
    const stored = await this.repository.find(customerId);
    if (!stored) return { version: 0, rules: {}, mail: null, quiet: null };
    const settings = stored.settings as Omit<CustomerAlertSettings, 'version'>;
    return { ...settings, version: stored.version, rules: complete(settings.rules) };
  }

  private async nameOf(customerId: string): Promise<string> {
    const name = await this.repository.customerName(customerId);
    if (name === undefined) throw new UnknownCustomer();
    return name;
  }
}

/** Rules that an earlier version has stored, perhaps, which had fewer thresholds. */
const complete = <Rules extends Partial<AlertRules>>(stored: Rules): Rules =>
  Object.fromEntries(
    Object.entries(stored).map(([rule, values]) => [
      rule,
      { ...DEFAULT_ALERT_RULES[rule as keyof AlertRules], ...values },
    ]),
  ) as Rules;

const builtIn = (): Omit<AlertSettings, 'version'> => ({
  rules: DEFAULT_ALERT_RULES,
  mail: { to: [], language: 'en' },
  quiet: { timeZone: new Intl.DateTimeFormat().resolvedOptions().timeZone, hours: [] },
});
