import type { Notice } from '../../protocol/notice';
import type { Messages } from '../messages/en';

/** What a notice says in one line. */
export const noticeTitle = ({ kind, userName, deviceName }: Notice, t: Messages): string =>
  kind === 'session-halted' ? t.notices.halted(deviceName) : t.notices.haltedOf(userName, deviceName);

/** Why, and what its reader can do now. */
export const noticeText = ({ kind }: Notice, t: Messages): string =>
  kind === 'session-halted' ? `${t.notices.why} ${t.notices.next}` : t.notices.why;
