import { DEPLOYMENT_REASONS, type DeploymentReason, type DeploymentState } from '../../protocol/deployment';
import { ProblemError } from '../../protocol/problems';

export class UnknownDeployment extends ProblemError {
  constructor(id: string) {
    super('unknown-deployment', `There is no deployment ${id}.`);
  }
}
export class UnknownRelay extends ProblemError {
  constructor(relayId: string) {
    super('unknown-relay', `No relay ${relayId} is connected to this server.`);
  }
}
export class DeploymentUnsupported extends ProblemError {
  constructor(relayId: string) {
    super(
      'deployment-unsupported',
      `This server does not run relay ${relayId}, and no command is configured that deploys it.`,
    );
  }
}
export class DeploymentOpen extends ProblemError {
  constructor(relayId: string, open: { id: string; state: DeploymentState } | undefined) {
    super('deployment-open', `Relay ${relayId} is being deployed${open ? `: ${open.id}, ${open.state}` : ''}.`);
  }
}
export class NothingToDeploy extends ProblemError {
  constructor(version: string, pairs: number) {
    super('nothing-to-deploy', `The relay already runs version ${version} with ${pairs} pairs.`);
  }
}
export class DeploymentInWrongState extends ProblemError {
  constructor(id: string, state: DeploymentState, action: string) {
    super('wrong-state', `Deployment ${id} is ${state}; it cannot ${action}.`);
  }
}
export class TimeNotPossible extends ProblemError {
  constructor(message: string) {
    super('invalid-request', 'The time is not valid.', [{ path: 'at', message }]);
  }
}

/** A step of a deployment has failed. Never reaches a caller of the API. */
export class DeploymentFailed extends Error {
  override readonly name = 'DeploymentFailed';

  /** @param output the last lines of the program that failed */
  constructor(
    readonly reason: DeploymentReason,
    readonly detail: string,
    readonly output = '',
  ) {
    super(`${DEPLOYMENT_REASONS[reason]} ${detail}`.trim());
  }
}
