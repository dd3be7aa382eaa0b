import { Link } from 'react-router';
import { useDeployments } from '../api/deployments';
import { rowsOf } from '../api/pages';
import { useText } from '../messages/language';
import { changeWords } from './deployment-words';

/** The deployment that halted a session, where it is among the last ones. For administrators. */
export function HaltedBy({ sessionId }: { sessionId: string }) {
  const t = useText();
  const deployment = rowsOf(useDeployments().data).find(({ sessions }) =>
    sessions.some(({ remoteSessionId }) => remoteSessionId === sessionId),
  );
  if (!deployment) return t.deployment.title;
  return <Link to={`/deployment/${deployment.id}`}>{`${t.deployment.title}: ${changeWords(deployment, t)}`}</Link>;
}
