import { useNavigate } from 'react-router';
import type { Deployment } from '../../../protocol/deployment';
import { useRollBack } from '../../api/deployments';
import { useText } from '../../messages/language';
import { Confirm } from '../../parts/confirm';
import { targetText } from './deployment-texts';

/** Rolls back by a new deployment, and opens its page. */
export function RollBack({ deployment: { id, from } }: { deployment: Deployment }) {
  const t = useText();
  const navigate = useNavigate();
  const rollBack = useRollBack(id, (back) => void navigate(`/deployment/${back.id}`));
  return (
    <Confirm
      look="subtle"
      tone="plain"
      button={t.deployment.rollBack}
      title={t.deployment.rollBackTitle(targetText(from, t))}
      hint={t.deployment.rollBackHint}
      action={{
        ...rollBack,
        run: (done) => rollBack.mutate(undefined, { onSuccess: done }),
      }}
    />
  );
}
