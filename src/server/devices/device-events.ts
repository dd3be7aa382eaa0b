import { Injectable } from '@nestjs/common';
import type { DeviceReplacement } from '../../protocol/api';
import type { DeviceInformation } from '../../protocol/device-information';
import { TypedEvents } from '../events/typed-events';

/**
 * `announced`: the devices of an agent were saved; the payload is the agent's ID, and whether they differ from those before.
 * `informed`: device information was saved; the payload is the device's ID.
 * `update-decided`: whether it is updated was decided and saved; the payload is the device's ID.
 * `reported`: as `informed`, for information that an agent has reported or was asked for; with what it said.
 * `counters-decided`: an administrator has decided what a life counter that went back at that time means.
 * `conditions`: access conditions or denials were reported; the payload is the device's ID.
 * `moved`: an agent is at another site; the payload is its ID and the site it is moved from.
 * `found`: the found devices of an agent have changed; the payload is the agent's ID.
 * `removed`: an agent was removed with all its devices; the payload is the agent's ID.
 */
@Injectable()
export class DeviceEvents extends TypedEvents<{
  announced: { agentId: string; differs: boolean };
  informed: string;
  'update-decided': string;
  reported: { device: { id: string; agentId: string }; information: DeviceInformation };
  'counters-decided': { deviceId: string; at: Date; as: DeviceReplacement['as']; by: string };
  conditions: string;
  moved: { agentId: string; from: string | null };
  found: string;
  removed: string;
}> {}
