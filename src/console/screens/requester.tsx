import { Link } from 'react-router';
import type { Session } from '../../protocol/api';
import { useText } from '../messages/language';
import { useCurrent } from './current-user';

/** Who asked for a session or a job: a user, or an external client, which leads administrators to its page. */
export function Requester({ of: { kind, id, displayName } }: { of: Session['user'] }) {
  const t = useText();
  const { isAdmin } = useCurrent();
  if (kind === 'user') return displayName;
  return (
    <>
      {isAdmin ? <Link to={`/clients/${id}`}>{displayName}</Link> : displayName}
      <div className="minor">{t.clients.one}</div>
    </>
  );
}
