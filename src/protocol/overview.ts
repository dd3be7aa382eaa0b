import { z } from 'zod';
import { campaign } from './campaign';
import { fleetCounts, fleetGroup } from './fleet';
import { firmware } from './maintenance';

/** Jobs and remote sessions at the devices of one customer, or of all, and the open alerts of the inbox by severity. */
const work = {
  jobsOpen: z.int(),
  jobsHeld: z.int(),
  sessions: z.int(),
  alertErrors: z.int(),
  alertWarnings: z.int(),
};
export const overviewCustomer = fleetGroup.extend(work);
export type OverviewCustomer = z.infer<typeof overviewCustomer>;

/** `GET /api/overview`: what needs someone now, within the reach of the caller. */
export const overview = z.object({
  all: fleetCounts.extend(work),
  /** Those with something that needs someone, the most severe first; OVERVIEW_CUSTOMERS at most. */
  customers: z.array(overviewCustomer),
  more: z.boolean(),
  /** Open ones, the newest first; OVERVIEW_CAMPAIGNS at most. */
  campaigns: z.array(campaign),
  /** The latest signed file for each model of which some devices report another version. */
  updates: z.array(firmware.pick({ id: true, name: true, version: true, model: true }).extend({ devices: z.int() })),
});
export type Overview = z.infer<typeof overview>;
