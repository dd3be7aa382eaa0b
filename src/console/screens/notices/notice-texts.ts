import type { Notice } from '../../../protocol/notice';
import type { Messages } from '../../messages/en';

/** A notice in one line. */
export function noticeTitle(notice: Notice, t: Messages): string {
  if (notice.kind === 'agent-refused') return t.notices.agentRefused(notice.agentId);
  const { kind, userName, deviceName } = notice;
  return kind === 'session-halted' ? t.notices.halted(deviceName) : t.notices.haltedOf(userName, deviceName);
}

/** The reason, and what the user can do. */
export function noticeText({ kind }: Notice, t: Messages): string {
  if (kind === 'agent-refused') return t.notices.agentRefusedHint;
  return kind === 'session-halted' ? `${t.notices.why} ${t.notices.next}` : t.notices.why;
}

/** Where the notice leads: the session, or the agents. */
export const noticeTarget = (notice: Notice, t: Messages): { to: string; label: string } =>
  notice.kind === 'agent-refused'
    ? { to: '/agents', label: t.agents.title }
    : { to: `/sessions/${notice.remoteSessionId}`, label: t.notices.session };
