import { useConditions } from '../../api/conditions';
import { useText } from '../../messages/language';
import { CopyLine } from '../../parts/copy-line';
import { useCurrent } from '../current-user';
import { accessText } from './condition-texts';

/**
 * A document box in the list of applications. It is for programs, so it is not opened in the browser: the command that
 * opens a local port to it, and what the access conditions permit the user.
 */
export function BoxAccess({ deviceId, applicationId }: { deviceId: string; applicationId: string }) {
  const t = useText();
  const { me } = useCurrent();
  const conditions = useConditions(deviceId).data?.conditions ?? [];
  const own = conditions.filter(
    ({ who, access }) => who.kind === 'user' && who.id === me.username && access.kind === 'box',
  );
  const permitted = own.map(({ access }) => accessText(access, t)).join('; ');
  return (
    <div className="box-access">
      <div className="minor">{t.access.boxUse}</div>
      <CopyLine label={t.access.boxLine} text={`platen connect ${deviceId} ${applicationId} --reason "..."`} />
      <div className="minor">{permitted ? t.access.boxPermitted(permitted) : t.access.boxClosed}</div>
    </div>
  );
}
