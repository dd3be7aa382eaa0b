import type { Notice } from '../../protocol/notice';
import { toInstant } from '../../protocol/names';
import type { NoticeEntity } from './notice.entity';

/** A notice as the API and live events show it. */
export function presentedNotice(notice: NoticeEntity): Notice {
  const { id, kind, mail, deviceId, deviceName, applicationId, userName } = notice;
  const about = { id, mail, at: toInstant(notice.at), readAt: notice.readAt && toInstant(notice.readAt) };
  if (kind === 'agent-refused') return { ...about, kind, agentId: String(notice.agentId) };
  const remoteSessionId = String(notice.remoteSessionId);
  return { ...about, kind, remoteSessionId, deviceId, deviceName, applicationId, userName };
}
