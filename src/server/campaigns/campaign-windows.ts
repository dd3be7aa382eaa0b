import { Injectable } from '@nestjs/common';
import type { CampaignWindow } from '../../protocol/campaign';
import { changeOf, momentOf, withinHours } from '../../protocol/weekly-hours';
import { AlertSettingsService } from '../alerts/settings/alert-settings.service';

/** Whether jobs may start, and when that changes; null: not within a week. */
export interface WindowState {
  readonly isOpen: boolean;
  readonly until: Date | null;
}
const ALWAYS: WindowState = { isOpen: true, until: null };

/** The hours of campaigns, on the clock of each customer: the time zone of its alert settings, or the server's. */
@Injectable()
export class CampaignWindows {
  constructor(private readonly settings: AlertSettingsService) {}

  async at(window: CampaignWindow | null, customerId: string | null, now: Date): Promise<WindowState> {
    if (!window) return ALWAYS;
    const timeZone = window.timeZone ?? (await this.settings.for(customerId)).quiet.timeZone;
    const moment = momentOf(now.getTime(), timeZone);
    const isOpen = window.hours.some((each) => withinHours(each, moment));
    return { isOpen, until: changeOf(window.hours, timeZone, now) ?? null };
  }

  /** The same for several customers, each asked once. */
  async of(
    window: CampaignWindow | null,
    customerIds: Iterable<string | null>,
    now: Date,
  ): Promise<Map<string | null, WindowState>> {
    const states = new Map<string | null, WindowState>();
    for (const id of new Set(customerIds)) states.set(id, await this.at(window, id, now));
    return states;
  }
}
