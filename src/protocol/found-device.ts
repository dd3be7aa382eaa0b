import { z } from 'zod';
import { deviceIdentity } from './device-identity';
import { deviceKind } from './device-kinds';
import { oneOf, someOf } from './later-names';
import { deviceId, instant } from './names';
import { shownLine } from './shown-text';

/** How an agent has found a device: announced by DNS-SD (RFC 6763), or answering at an address of the owner's ranges. */
export const foundBy = z.enum(['dns-sd', 'ipp', 'snmp']);
export type FoundBy = z.infer<typeof foundBy>;

/** A device that an agent has found and that is none of its devices. */
export const foundDevice = z.object({
  /** Chosen by the agent; stays the same for the same device. */
  id: z.uuid(),
  /** In a range that the owner of the agent allows. */
  address: z.ipv4(),
  /** Its marks; a device that is only announced by DNS-SD has no serial number yet. */
  identity: deviceIdentity,
  /** Make and model. */
  model: shownLine(200),
  /** As far as the device says it; otherwise `printer`. */
  kind: oneOf(deviceKind, 'printer'),
  location: shownLine(200),
  foundBy: someOf(foundBy),
  firstFoundAt: instant,
  foundAt: instant,
});
export type FoundDevice = z.infer<typeof foundDevice>;

/** What an administrator decides about a device that is taken in. */
export const newDevice = z.object({
  deviceId,
  name: shownLine(100).min(1),
  kind: deviceKind,
  location: shownLine(200).default(''),
});
export type NewDevice = z.infer<typeof newDevice>;
