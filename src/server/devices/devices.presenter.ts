import type { AcquiredInformation, Device } from '../../protocol/api';
import { announcedApplication } from '../../protocol/control-channel';
import { ALERT_SEVERITIES, type DeviceAlert, type DeviceInformation } from '../../protocol/device-information';
import { toInstant } from '../../protocol/names';
import type { Actor } from '../auth/actor';
import { permitsApplication, permitsOperation } from '../auth/clients/client-limits';
import type { DeviceInformationEntity } from './information/device-information.entity';
import type { DeviceInView } from './devices.service';

/** A device as the API shows it to this actor. */
export const presentedDevice = (
  actor: Actor,
  { device, site, online, asleep, wakeable, lastSeenAt, information }: DeviceInView,
): Device => ({
  id: device.id,
  agentId: device.agentId,
  site,
  name: device.name,
  kind: device.kind,
  // the device reports values that the agent's configuration omits
  model: device.model || (information?.information?.model ?? ''),
  serialNumber: device.serialNumber || (information?.information?.serialNumber ?? ''),
  location: device.location,
  online,
  asleep,
  wakeable,
  lastSeenAt: lastSeenAt && toInstant(lastSeenAt),
  // applications announced by earlier versions lack newer fields
  applications: device.applications
    .filter(({ id }) => permitsApplication(actor, id))
    .map((each) => announcedApplication.parse(each)),
  operations: device.operations.filter((each) => permitsOperation(actor, each)),
  condition: conditionOf(information),
});

/** Summary of the stored information of a device. */
export function conditionOf(known: DeviceInformationEntity | null): Device['condition'] {
  if (!known?.information) return null;
  const { reached, problem, state, alerts } = withProblem(known.information);
  const worst = worstOf(alerts);
  const alert = worst ? worst.text || worst.code : '';
  const { severity = null, code: alertCode = '' } = worst ?? {};
  return { reached, problem: problem?.code ?? null, state, alerts: alerts.length, severity, alert, alertCode };
}

export function presentedInformation(actor: Actor, { information: known }: DeviceInView): AcquiredInformation {
  const { information = null, acquiredAt = null, decision = null } = known ?? {};
  // an external client sees no sessions and jobs but its own; earlier versions decided for sessions only
  const forWhat = actor.client ? { remoteSessionId: null, jobId: null } : { jobId: decision?.jobId ?? null };
  return {
    information: information && acquiredAt && { ...withProblem(information), acquiredAt: toInstant(acquiredAt) },
    decision: decision && { ...decision, ...forWhat },
  };
}

/** Earlier versions stored no problem. */
const withProblem = (information: DeviceInformation): DeviceInformation => ({
  ...information,
  problem: information.reached ? null : (information.problem ?? { code: 'unreachable', detail: '' }),
});

const worstOf = (alerts: readonly DeviceAlert[]): DeviceAlert | undefined =>
  ALERT_SEVERITIES.toReversed()
    .map((severity) => alerts.find((alert) => alert.severity === severity))
    .find((alert) => alert !== undefined);
