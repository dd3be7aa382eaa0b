import { z } from 'zod';
import { pageQuery } from './api';
import { remoteSessionId } from './control-channel';
import { applicationId, deviceId, instant } from './names';

/**
 * A notice to a user (E18): shown immediately or at the next login, and sent by e-mail if that is configured.
 * `session-halted`: the recipient's own session; `session-of-user-halted`: a session of a user they administer.
 */
export const NOTICE_KINDS = ['session-halted', 'session-of-user-halted'] as const;
export const noticeKind = z.enum(NOTICE_KINDS);
export type NoticeKind = z.infer<typeof noticeKind>;

/** `none`: no address, or no mail server is configured; `given-up`: refused permanently, or too many attempts failed. */
export const mailState = z.enum(['none', 'pending', 'sent', 'given-up']);
export type MailState = z.infer<typeof mailState>;

export const notice = z.object({
  id: z.uuid(),
  kind: noticeKind,
  at: instant,
  remoteSessionId,
  deviceId,
  deviceName: z.string(),
  applicationId,
  /** Whose session it was. */
  userName: z.string(),
  readAt: instant.nullable(),
  mail: mailState,
});
export type Notice = z.infer<typeof notice>;

/** `GET /api/notices`: the caller's notices, newest first. */
export const noticeQuery = pageQuery.extend({
  /** `yes`: unread notices only. */
  unread: z.enum(['yes', 'no']).default('no'),
});
export type NoticeQuery = z.output<typeof noticeQuery>;
