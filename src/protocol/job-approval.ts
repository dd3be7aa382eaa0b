import { z } from 'zod';
import { answeredBy } from './approval-record';
import { wantedSettings } from './device-settings';
import { firmwareVersion, operation, sha256 } from './maintenance';
import { agentId, deviceId, instant } from './names';

/**
 * What the agent signs when a person answers a maintenance job at the device: as the approval record of a session, which
 * it travels and is stored like (`signedRecord`), with a first line of its own.
 */
export const jobApprovalRecord = z.object({
  version: z.literal(1),
  agentId,
  jobId: z.uuid(),
  deviceId,
  operation,
  /** Name of the user or client, as the person saw it; null: the server did not say. */
  requestedBy: z.string().max(100).nullable(),
  firmware: z.object({ version: firmwareVersion, sha256 }).nullable(),
  /** Of `settings-set`; null or absent: none. */
  settings: wantedSettings.nullable().default(null),
  decision: z.enum(['approved', 'declined']),
  answeredBy,
  /** By the agent's clock. */
  answeredAt: instant,
});
export type JobApprovalRecord = z.infer<typeof jobApprovalRecord>;

/** The signed text. */
export const jobRecordMessage = (text: string): string => `platen job approval record\n${text}`;
