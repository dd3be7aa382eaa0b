import { ProblemError } from '../../protocol/problems';

export class UnknownDevice extends ProblemError {
  constructor(deviceId: string) {
    super('unknown-device', `There is no device ${deviceId}.`);
  }
}
export class UnknownApplication extends ProblemError {
  constructor(deviceId: string, applicationId: string) {
    super('unknown-application', `Device ${deviceId} offers no application ${applicationId}.`);
  }
}
export class UnknownAgent extends ProblemError {
  constructor(agentId: string) {
    super('not-found', `There is no agent ${agentId}.`);
  }
}
export class EnrolmentCodeRefused extends ProblemError {
  constructor() {
    super('code-refused', 'This code is unknown, used already, or expired.');
  }
}
