import { LIMITS } from '../../protocol/limits';
import { ProblemError } from '../../protocol/problems';
import { textOfTry, type WakeTry } from '../../protocol/wake-try';
import { InvalidRequest } from '../http/http.errors';

export class UnknownDevice extends ProblemError {
  constructor(deviceId: string) {
    super('unknown-device', `There is no device ${deviceId}.`);
  }
}
/** Someone else has changed the notes since they were read. */
export class NotesChanged extends ProblemError {
  constructor(deviceId: string) {
    super('outdated', `The notes of device ${deviceId} have been changed in the meantime.`);
  }
}
/** The filter fits another number of devices than the user has seen. */
export class SelectionChanged extends ProblemError {
  constructor(seen: number, found: string) {
    super('outdated', `The filter fits ${found} devices now, not ${seen}.`);
  }
}
export class UnknownView extends ProblemError {
  constructor() {
    super('not-found', 'You have no such saved filter.');
  }
}
export class ViewNameTaken extends ProblemError {
  constructor(name: string) {
    super('conflict', `You have a saved filter ${name} already.`);
  }
}
export class TooManyViews extends ProblemError {
  constructor() {
    super('conflict', `You have ${LIMITS.FLEET_VIEWS_PER_USER} saved filters already.`);
  }
}
export class DeviceOffline extends ProblemError {
  constructor(deviceId: string) {
    super('device-offline', `The agent of device ${deviceId} is not connected.`);
  }
}
/** @param detail in the words of the agent or of this server */
export class OtherDeviceAnswers extends ProblemError {
  constructor(detail: string) {
    super('other-device', detail);
  }
}
export class NothingToDecide extends ProblemError {
  constructor(deviceId: string) {
    super('wrong-state', `No other device was found at the address of device ${deviceId}.`);
  }
}
/** Two devices of one agent have each other's address: none of them is replaced. */
export class DeviceOfThisAgent extends ProblemError {
  constructor(deviceId: string, found: string) {
    super(
      'wrong-state',
      `What was found at the address of device ${deviceId} is the device ${found} of the same agent.`,
    );
  }
}
/** Since the administrator has read what was found. */
export class OtherDeviceByNow extends ProblemError {
  constructor(deviceId: string) {
    super('wrong-state', `What was found at the address of device ${deviceId} has changed meanwhile.`);
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
/** It was taken in meanwhile, or its agent does not find it any more. */
export class UnknownFoundDevice extends ProblemError {
  constructor() {
    super('not-found', 'This device was taken in, or is not found any more.');
  }
}
export class DeviceIdTaken extends ProblemError {
  constructor(deviceId: string) {
    super('conflict', `There is a device ${deviceId} already.`);
  }
}
export class TakeInRunning extends ProblemError {
  constructor(deviceId: string) {
    super('conflict', `A device ${deviceId} is being taken in at the moment.`);
  }
}
/** By its marks. */
export class DeviceServedAlready extends ProblemError {
  constructor(deviceId: string, agentId: string) {
    super('conflict', `It is the device ${deviceId}, which agent ${agentId} serves.`);
  }
}
export class TooManyDeviceIds extends ProblemError {
  constructor(agentId: string) {
    super('conflict', `Agent ${agentId} may announce ${LIMITS.DEVICES_PER_AGENT} device IDs already.`);
  }
}
export class CheckRunning extends ProblemError {
  constructor(agentId: string) {
    super('wrong-state', `The connections of agent ${agentId} are being checked already.`);
  }
}
/** A5: no substitute could wake the agent. */
export class NoSubstitute extends ProblemError {
  constructor(agentId: string, siteId: string | null) {
    const detail =
      siteId === null
        ? `Agent ${agentId} is not connected and cannot be woken, because it belongs to no site.`
        : `Agent ${agentId} is not connected and cannot be woken, because no other agent of its site is online.`;
    super('no-substitute', detail);
  }
}
/** A5 */
export class AgentNotWoken extends ProblemError {
  constructor(
    agentId: string,
    readonly tries: readonly WakeTry[],
  ) {
    super('device-offline', `Agent ${agentId} is not connected and was not woken. ${tries.map(textOfTry).join('; ')}`);
  }
}
/** A new agent needs a site and device IDs; one that exists may keep what it has. */
export class EnrolmentIncomplete extends InvalidRequest {
  constructor(agentId: string, missing: { site: boolean; deviceIds: boolean }) {
    const site = { path: 'siteId', message: 'choose a site' };
    const deviceIds = { path: 'deviceIds', message: 'name the device IDs that the agent may announce' };
    super(`There is no agent ${agentId} yet, so its site and the IDs of its devices are needed.`, [
      ...(missing.site ? [site] : []),
      ...(missing.deviceIds ? [deviceIds] : []),
    ]);
  }
}
export class EnrolmentCodeRefused extends ProblemError {
  constructor() {
    super('code-refused', 'This code is unknown, already used, or expired.');
  }
}
export class UnknownEnrolmentCode extends ProblemError {
  constructor() {
    super('not-found', 'There is no such enrolment code: it was used, revoked, or has expired.');
  }
}
