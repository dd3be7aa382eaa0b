import { ProblemError } from '../../protocol/problems';

export class UnknownDevice extends ProblemError {
  constructor(deviceId: string) {
    super('unknown-device', `There is no device ${deviceId}.`);
  }
}
export class DeviceOffline extends ProblemError {
  constructor(deviceId: string) {
    super('device-offline', `The agent of device ${deviceId} is not connected.`);
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
/** A5: nobody is there who could wake the agent. */
export class NoSubstitute extends ProblemError {
  constructor(agentId: string, site: string | null) {
    const where = site === null ? 'it belongs to no site' : `no other agent of site ${site} is online`;
    super('no-substitute', `Agent ${agentId} saves power and cannot be woken: ${where}.`);
  }
}
/** A5 */
export class AgentNotWoken extends ProblemError {
  /** @param said what came of it, by substitute */
  constructor(agentId: string, said: string) {
    super('device-offline', `Agent ${agentId} saves power and could not be woken. ${said}`);
  }
}
export class EnrolmentCodeRefused extends ProblemError {
  constructor() {
    super('code-refused', 'This code is unknown, used already, or expired.');
  }
}
