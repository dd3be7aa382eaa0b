import { z } from 'zod';
import { pageQuery } from './api';
import { remoteSessionId } from './control-channel';
import { agentId, applicationId, deviceId, instant } from './names';

/**
 * A notice to a user (E18): shown immediately or at the next login, and sent by e-mail if that is configured.
 * `session-halted`: the recipient's own session; `session-of-user-halted`: a session of a user they administer;
 * `agent-refused`: an agent knows the password of an account that belongs to another installation; to all administrators.
 */

/** `none`: no address, no mail server is configured, or the recipient may not read the notice any more; `given-up`: refused permanently, or too many attempts failed. */
export const mailState = z.enum(['none', 'pending', 'sent', 'given-up']);
export type MailState = z.infer<typeof mailState>;

const about = { id: z.uuid(), at: instant, readAt: instant.nullable(), mail: mailState };
const noticeOfSession = z.object({
  ...about,
  kind: z.enum(['session-halted', 'session-of-user-halted']),
  remoteSessionId,
  deviceId,
  deviceName: z.string(),
  applicationId,
  /** Whose session it was. */
  userName: z.string(),
});
const noticeOfAgent = z.object({ ...about, kind: z.literal('agent-refused'), agentId });
export const notice = z.discriminatedUnion('kind', [noticeOfSession, noticeOfAgent]);
export type Notice = z.infer<typeof notice>;
export type SessionNotice = z.infer<typeof noticeOfSession>;
export type NoticeKind = Notice['kind'];

/** `GET /api/notices`: the caller's notices, newest first. */
export const noticeQuery = pageQuery.extend({
  /** `yes`: unread notices only. */
  unread: z.enum(['yes', 'no']).default('no'),
});
export type NoticeQuery = z.output<typeof noticeQuery>;
