import type { Notice } from '../../protocol/notice';
import type { Messages } from '../messages/en';

/** A notice in one line. */
export const noticeTitle = ({ kind, userName, deviceName }: Notice, t: Messages): string =>
  kind === 'session-halted' ? t.notices.halted(deviceName) : t.notices.haltedOf(userName, deviceName);

/** The reason, and what the user can do. */
export const noticeText = ({ kind }: Notice, t: Messages): string =>
  kind === 'session-halted' ? `${t.notices.why} ${t.notices.next}` : t.notices.why;
