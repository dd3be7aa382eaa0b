import type { Deployment } from '../../protocol/deployment';
import { useText } from '../messages/language';
import { Panel } from '../parts/panel';
import { Steps } from '../parts/steps';
import { stepsOf } from './deployment-steps';

/** Step by step what has happened since Execute, whom it hit, and why it did not succeed. */
export function DeploymentCourse({ deployment }: { deployment: Deployment }) {
  const t = useText();
  const { reason, detail, output, sessions } = deployment;
  const steps = stepsOf(deployment);
  const forced = sessions.filter(({ outcome }) => outcome === 'forced');
  if (steps.length === 0 && !reason) return null;
  return (
    <Panel title={t.deployment.progress}>
      <div className="panel-body course-of-deployment">
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
                {forced.map(({ remoteSessionId, deviceName, applicationId, userName }) => (
                  <li key={remoteSessionId}>
                    {deviceName} ({applicationId}) – {userName}
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
