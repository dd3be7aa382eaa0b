import type { z } from 'zod';
import {
  announcedApplication,
  type announce,
  type AnnouncedDevice,
  type DeviceOnWire,
} from '../../protocol/control-channel';
import { deviceKind } from '../../protocol/device-kinds';
import { isLater } from '../../protocol/later-names';
import { operation } from '../../protocol/maintenance';

type AnnouncedOnWire = z.output<typeof announce.request>;
/** What an agent has announced, in names that this server knows. */
export type Announcement = Omit<AnnouncedOnWire, 'devices'> & { readonly devices: readonly AnnouncedDevice[] };

/** Names in one line of the log. */
const NAMES_SHOWN = 20;

/**
 * Without the operations and applications that only a later version knows; a device of an unknown kind is an `mfp`, which may
 * have everything that its agent announces. Pure.
 * @returns also the unknown names, each once
 */
export function knownPartOf(announced: AnnouncedOnWire): { announcement: Announcement; unknown: string[] } {
  const unknown = new Set<string>();
  const knows = (list: z.ZodEnum, name: string): boolean => {
    if (isLater(list, name)) unknown.add(name);
    return list.safeParse(name).success;
  };
  const known = ({ kind, operations, applications, ...device }: DeviceOnWire): AnnouncedDevice => ({
    ...device,
    kind: knows(deviceKind, kind) ? deviceKind.parse(kind) : 'mfp',
    operations: operations.filter((each) => knows(operation, each)).map((each) => operation.parse(each)),
    applications: applications
      .filter(({ protocol }) => knows(PROTOCOL, protocol))
      .map((each) => announcedApplication.parse(each)),
  });
  const devices = announced.devices.map(known);
  return { announcement: { ...announced, devices }, unknown: [...unknown].slice(0, NAMES_SHOWN) };
}

const PROTOCOL = announcedApplication.shape.protocol.removeDefault();
