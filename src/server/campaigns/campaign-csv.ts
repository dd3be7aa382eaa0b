import type { CampaignDevice } from '../../protocol/campaign';
import { BYTE_ORDER_MARK, csvLine } from '../http/csv';

const CELLS: Record<string, (device: CampaignDevice) => string | number | null> = {
  deviceId: ({ deviceId }) => deviceId,
  deviceName: ({ deviceName }) => deviceName,
  wave: ({ wave }) => wave,
  state: ({ state }) => state,
  reason: ({ skip, failure, hold }) => skip ?? failure ?? hold ?? '',
  detail: ({ detail }) => detail,
  versionBefore: ({ versionBefore }) => versionBefore,
  startedAt: ({ startedAt }) => startedAt,
  endedAt: ({ endedAt }) => endedAt,
  jobId: ({ jobId }) => jobId,
};

/** The devices of a campaign as CSV, one line for each. */
export const campaignCsv = (devices: readonly CampaignDevice[]): string =>
  BYTE_ORDER_MARK +
  csvLine(Object.keys(CELLS)) +
  devices.map((device) => csvLine(Object.values(CELLS).map((cell) => cell(device)))).join('');
