import type { Deployment, DeploymentReason, DeploymentState } from '../../../protocol/deployment';
import { useText } from '../../messages/language';
import { Panel } from '../../parts/panel';
import { Steps, type Mark } from '../../parts/steps';

/** The steps since Execute, the forced sessions, and the reason of a failure. */
export function DeploymentProgress({ deployment }: { deployment: Deployment }) {
  const t = useText();
  const { reason, detail, output, sessions } = deployment;
  const steps = stepsOf(deployment);
  const forced = sessions.filter(({ outcome }) => outcome === 'forced');
  if (steps.length === 0 && !reason) return null;
  return (
    <Panel title={t.deployment.progress}>
      <div className="panel-body deployment-progress">
        {reason && (
          <div className="notice" role="status">
            <div>
              <strong>{t.deployment.reasons[reason]}</strong>
              {detail && <div>{t.detail(detail)}</div>}
            </div>
          </div>
        )}
        {steps.length > 0 && (
          <Steps
            label={t.deployment.progress}
            steps={steps.map(({ step, mark }) => {
              const { title, hint } = t.deployment.steps[step];
              return { key: step, mark, title, hint: mark === 'next' ? '' : hint };
            })}
          />
        )}
        {forced.length > 0 && (
          <div className="notice" role="status">
            <div>
              <strong>{t.deployment.forced}</strong>
              <ul>
                {forced.map(({ remoteSessionId, deviceName, deviceId, applicationId, userName }) => (
                  <li key={remoteSessionId}>
                    {applicationId === null
                      ? (deviceId ?? t.deployment.unknownDevice)
                      : `${deviceName} (${applicationId}) – ${userName}`}
                  </li>
                ))}
              </ul>
            </div>
          </div>
        )}
        {output && (
          <figure>
            <figcaption>{t.deployment.output}</figcaption>
            <pre className="output" role="region" tabIndex={0} aria-label={t.deployment.output}>
              {output}
            </pre>
          </figure>
        )}
      </div>
    </Panel>
  );
}

const FORWARD = ['trying', 'draining', 'taking-over', 'proving', 'deployed'] as const;
type Step = (typeof FORWARD)[number] | 'going-back' | 'rolled-back' | 'failed';
interface ProgressStep {
  readonly step: Step;
  readonly mark: Mark;
}

/** The step in which a reason occurs, if there is only one. */
const FAILED_IN: Partial<Record<DeploymentReason, Step>> = {
  'release-damaged': 'trying',
  'does-not-start': 'trying',
  'wrong-version': 'trying',
  'wrong-protocol': 'trying',
  'port-in-use': 'trying',
  'sessions-remain': 'draining',
  'take-over-failed': 'taking-over',
  'command-failed': 'taking-over',
  crashed: 'proving',
};

/** The steps of a deployment since it was executed; none before. */
function stepsOf({ state, reason }: Pick<Deployment, 'state' | 'reason'>): ProgressStep[] {
  const reached = FORWARD.findIndex((step) => step === state);
  if (reached >= 0)
    return FORWARD.map((step, index) => ({
      step,
      mark: index < reached || state === 'deployed' ? 'done' : index === reached ? 'now' : 'next',
    }));
  const back = BACK[state];
  return back ? [...failedSteps(reason), ...back] : [];
}

/** The steps after a failure. */
const BACK: Partial<Record<DeploymentState, ProgressStep[]>> = {
  'going-back': [
    { step: 'going-back', mark: 'now' },
    { step: 'rolled-back', mark: 'next' },
  ],
  'rolled-back': [{ step: 'rolled-back', mark: 'done' }],
  failed: [{ step: 'failed', mark: 'bad' }],
};

function failedSteps(reason: DeploymentReason | null): ProgressStep[] {
  const failed = FORWARD.findIndex((step) => step === (reason && FAILED_IN[reason]));
  return FORWARD.slice(0, failed + 1).map((step, index) => ({ step, mark: index < failed ? 'done' : 'bad' }));
}
