import type { Notice } from '../../protocol/notice';
import { toInstant } from '../../protocol/names';
import type { NoticeEntity } from './notice.entity';

/** A notice as the API and live events show it. */
export const presentedNotice = (notice: NoticeEntity): Notice => ({
  id: notice.id,
  kind: notice.kind,
  at: toInstant(notice.at),
  remoteSessionId: notice.remoteSessionId,
  deviceId: notice.deviceId,
  deviceName: notice.deviceName,
  applicationId: notice.applicationId,
  userName: notice.userName,
  readAt: notice.readAt && toInstant(notice.readAt),
  mail: notice.mail,
});
