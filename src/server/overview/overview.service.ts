import { Injectable } from '@nestjs/common';
import type { Campaign } from '../../protocol/campaign';
import { LIMITS } from '../../protocol/limits';
import type { Overview, OverviewCustomer } from '../../protocol/overview';
import { AlertsRepository } from '../alerts/alerts.repository';
import type { Actor } from '../auth/actor';
import { CampaignViews } from '../campaigns/campaign-views';
import { CampaignsService } from '../campaigns/campaigns.service';
import { CustomersService } from '../customers/customers.service';
import { FleetService } from '../devices/fleet/fleet.service';
import { FirmwareService } from '../maintenance/firmware/firmware.service';
import { JobsRepository } from '../maintenance/jobs.repository';
import { SessionsRepository } from '../sessions/sessions.repository';

type Work = Pick<OverviewCustomer, 'jobsOpen' | 'jobsHeld' | 'sessions' | 'alertErrors' | 'alertWarnings'>;
const NO_WORK: Work = { jobsOpen: 0, jobsHeld: 0, sessions: 0, alertErrors: 0, alertWarnings: 0 };

/** What needs someone now, from the inbox of alerts, what the devices reported last, and open jobs and sessions. */
@Injectable()
export class OverviewService {
  constructor(
    private readonly fleet: FleetService,
    private readonly jobs: JobsRepository,
    private readonly sessions: SessionsRepository,
    private readonly alerts: AlertsRepository,
    private readonly firmware: FirmwareService,
    private readonly customers: CustomersService,
    private readonly campaigns: CampaignsService,
    private readonly campaignViews: CampaignViews,
  ) {}

  async of(actor: Actor): Promise<Overview> {
    const [groups, work, updates, campaigns] = await Promise.all([
      this.fleet.groups(actor, { by: 'customer' }),
      this.work(actor),
      this.updates(actor),
      this.openCampaigns(actor),
    ]);
    const customers = groups.rows
      .map((group): OverviewCustomer => ({ ...group, ...NO_WORK, ...work.get(group.id) }))
      .filter((customer) => urgency(customer).some((count) => count > 0))
      .sort(bySeverity);
    const most = LIMITS.OVERVIEW_CUSTOMERS;
    return {
      all: { ...groups.all, ...sumOf([...work.values()]) },
      customers: customers.slice(0, most),
      more: groups.more || customers.length > most,
      updates,
      campaigns,
    };
  }

  /** By customer; null: at devices without a site. */
  private async work(actor: Actor): Promise<Map<string | null, Work>> {
    const reach = await this.customers.reachOf(actor);
    const [jobs, sessions, alerts] = await Promise.all([
      this.jobs.countOpen(reach),
      this.sessions.countOpen(reach),
      this.alerts.countOpen(reach),
    ]);
    const work = new Map<string | null, Work>();
    const add = (customerId: string | null, more: Partial<Work>): void =>
      void work.set(customerId, sumOf([work.get(customerId) ?? NO_WORK, { ...NO_WORK, ...more }]));
    for (const { customerId, state, count } of jobs)
      add(customerId, { jobsOpen: count, jobsHeld: state === 'held' ? count : 0 });
    for (const { customerId, count } of sessions) add(customerId, { sessions: count });
    for (const { customerId, severity, count } of alerts)
      add(customerId, severity === 'error' ? { alertErrors: count } : { alertWarnings: count });
    return work;
  }

  private async openCampaigns(actor: Actor): Promise<Campaign[]> {
    const { rows } = await this.campaigns.list(actor, { state: 'open', limit: LIMITS.OVERVIEW_CAMPAIGNS });
    return this.campaignViews.present(actor, rows);
  }

  private async updates(actor: Actor): Promise<Overview['updates']> {
    const all = await this.firmware.all(); // newest first
    const files = all.filter(({ model, manifest }) => model !== '' && manifest !== null);
    if (files.length === 0) return [];
    const latest = files.filter(({ model }, index) => files.findIndex((other) => other.model === model) === index);
    const versions = await this.fleet.firmwareVersions(actor);
    return latest.flatMap(({ id, name, version, model }) => {
      const others = versions.filter((each) => each.model === model && each.firmwareVersion !== version);
      const devices = others.reduce((sum, each) => sum + each.devices, 0);
      return devices > 0 ? [{ id, name, version, model, devices }] : [];
    });
  }
}

const sumOf = (all: readonly Work[]): Work =>
  all.reduce(
    (sum, each) => ({
      jobsOpen: sum.jobsOpen + each.jobsOpen,
      jobsHeld: sum.jobsHeld + each.jobsHeld,
      sessions: sum.sessions + each.sessions,
      alertErrors: sum.alertErrors + each.alertErrors,
      alertWarnings: sum.alertWarnings + each.alertWarnings,
    }),
    NO_WORK,
  );

/** The most severe first. A running session or an open job alone needs no one. */
const urgency = (of: OverviewCustomer): number[] => [
  of.alertErrors,
  of.devices - of.online - of.asleep,
  of.unreached,
  of.jobsHeld,
  of.alertWarnings,
  of.lowSupplies,
];

function bySeverity(one: OverviewCustomer, other: OverviewCustomer): number {
  const [first, second] = [urgency(one), urgency(other)];
  const at = first.findIndex((count, index) => count !== second[index]);
  return at < 0 ? one.name.localeCompare(other.name) : second[at]! - first[at]!;
}
