import { z } from 'zod';
import { asker } from './asker';
import { LIMITS } from './limits';
import { agentId, applicationId, deviceId, instant } from './names';
import { grant } from './remote-session';
import { shownLine } from './shown-text';

/**
 * What the agent signs when a request for a session is answered at the device: who asked, for what, and who answered
 * where and when. The server keeps it with the session and cannot make one up, because only the agent has the key.
 */
export const answeredBy = z.discriminatedUnion('where', [
  /** The display of the device. */
  z.object({ where: z.literal('display') }),
  /** The agent's page on its own computer. */
  z.object({ where: z.literal('local-page') }),
  /** The agent's page on the LAN, by an approver who proved who they are. */
  z.object({ where: z.literal('approver'), name: shownLine(100).min(1), proof: z.enum(['pin', 'passkey']) }),
  /** An access condition that the owner has set; null: access was denied because no condition permits it. */
  z.object({ where: z.literal('condition'), conditionId: z.uuid().nullable() }),
]);
export type AnsweredBy = z.infer<typeof answeredBy>;

export const approvalRecord = z.object({
  version: z.literal(1),
  agentId,
  remoteSessionId: z.uuid(),
  deviceId,
  applicationId,
  asker,
  reason: z.string().max(LIMITS.REASON_CHARACTERS),
  minutes: z.int().positive(),
  decision: z.enum(['approved', 'declined']),
  /** null with `declined`. */
  grant: grant.nullable(),
  answeredBy,
  /** By the agent's clock. */
  answeredAt: instant,
});
export type ApprovalRecord = z.infer<typeof approvalRecord>;

/** An approval record as it is sent and stored: `text` is the JSON exactly as it was signed. */
export const signedRecord = z.object({
  text: z.string().max(LIMITS.APPROVAL_RECORD_BYTES),
  /** Ed25519 (RFC 8032), base64url, over `recordMessage(text)` in UTF-8. */
  signature: z.string().regex(/^[\w-]{86}$/, 'an Ed25519 signature is 64 bytes in base64url'),
});
export type SignedRecord = z.infer<typeof signedRecord>;

/** What of a record the one who asked knows. */
export type RecordedRequest = Pick<
  ApprovalRecord,
  'agentId' | 'remoteSessionId' | 'deviceId' | 'applicationId' | 'asker' | 'reason' | 'minutes'
>;

/** Names of the fields in which a record differs from the request that it claims to answer. */
export function differences(record: ApprovalRecord, asked: Partial<RecordedRequest>): string[] {
  const flat = ({ asker, ...rest }: Partial<RecordedRequest>): Record<string, unknown> => ({
    ...rest,
    ...(asker && { 'asker.kind': asker.kind, 'asker.id': asker.id, 'asker.name': asker.name }),
  });
  const found = flat(record);
  return Object.entries(flat(asked)).flatMap(([name, value]) => (found[name] === value ? [] : [name]));
}

/** The signed text. The first line keeps the signature from being valid for anything else. */
export const recordMessage = (text: string): string => `platen approval record\n${text}`;

/** The agent's Ed25519 public key: the 32 bytes of RFC 8032 5.1.5 in base64url. */
export const signingKey = z.string().regex(/^[\w-]{43}$/, 'an Ed25519 public key is 32 bytes in base64url');
