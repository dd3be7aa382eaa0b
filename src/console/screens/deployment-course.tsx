import type { Deployment } from '../../protocol/deployment';
import { useText } from '../messages/language';
import { CheckIcon, CrossIcon } from '../parts/icons';
import { Panel } from '../parts/panel';
import { stepsOf, type CourseStep } from './deployment-steps';

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
              {detail && <div>{detail}</div>}
            </div>
          </div>
        )}
        {steps.length > 0 && (
          <ol className="progress" aria-label={t.deployment.progress}>
            {steps.map((step) => (
              <Step key={step.step} {...step} />
            ))}
          </ol>
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

function Step({ step, mark }: CourseStep) {
  const t = useText();
  const { title, hint } = t.deployment.steps[step];
  return (
    <li className={mark} aria-current={mark === 'now' ? 'step' : undefined}>
      <span className="mark">
        {mark === 'done' && <CheckIcon size={14} />}
        {mark === 'bad' && <CrossIcon size={14} />}
      </span>
      <span>
        {title}
        {mark !== 'next' && hint && <span className="minor countdown">{hint}</span>}
      </span>
    </li>
  );
}
