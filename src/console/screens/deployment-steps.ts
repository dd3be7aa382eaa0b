import type { Deployment, DeploymentReason, DeploymentState } from '../../protocol/deployment';

const FORWARD = ['trying', 'draining', 'taking-over', 'proving', 'deployed'] as const;
type Step = (typeof FORWARD)[number] | 'going-back' | 'rolled-back' | 'failed';
export interface CourseStep {
  readonly step: Step;
  readonly mark: 'done' | 'now' | 'next' | 'bad';
}

/** The step that a reason belongs to, where it can only be one. */
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

/** How a deployment has got on since it was executed; nothing before. */
export function stepsOf({ state, reason }: Pick<Deployment, 'state' | 'reason'>): CourseStep[] {
  const reached = FORWARD.findIndex((step) => step === state);
  if (reached >= 0)
    return FORWARD.map((step, index) => ({
      step,
      mark: index < reached || state === 'deployed' ? 'done' : index === reached ? 'now' : 'next',
    }));
  const back = BACK[state];
  return back ? [...failedSteps(reason), ...back] : [];
}

/** What follows a failure. */
const BACK: Partial<Record<DeploymentState, CourseStep[]>> = {
  'going-back': [
    { step: 'going-back', mark: 'now' },
    { step: 'rolled-back', mark: 'next' },
  ],
  'rolled-back': [{ step: 'rolled-back', mark: 'done' }],
  failed: [{ step: 'failed', mark: 'bad' }],
};

function failedSteps(reason: DeploymentReason | null): CourseStep[] {
  const failed = FORWARD.findIndex((step) => step === (reason && FAILED_IN[reason]));
  return FORWARD.slice(0, failed + 1).map((step, index) => ({ step, mark: index < failed ? 'done' : 'bad' }));
}
