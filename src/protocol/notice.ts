import { z } from 'zod';
import { pageQuery } from './api';
import { remoteSessionId } from './control-channel';
import { applicationId, deviceId, instant } from './names';

/**
 * A notice to a user (E18): shown immediately or at the next login, and sent by e-mail if that is configured.
 * `session-halted`: a session of their own; `session-of-user-halted`: of a user whose administrator they are.
 */
export const NOTICE_KINDS = ['session-halted', 'session-of-user-halted'] as const;
export const noticeKind = z.enum(NOTICE_KINDS);
export type NoticeKind = z.infer<typeof noticeKind>;

/** `none`: no address, or no mail server is configured; `given-up`: refused for good, or too often. */
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

/** `GET /api/notices`: one's own, newest first. */
export const noticeQuery = pageQuery.extend({
  /** `yes`: only what has not been read yet. */
  unread: z.enum(['yes', 'no']).default('no'),
});
export type NoticeQuery = z.output<typeof noticeQuery>;
