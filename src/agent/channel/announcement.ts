import type { z } from 'zod';
import { productVersion } from '../../journal/product-version';
import { announce, type AnnouncedDevice } from '../../protocol/control-channel';
import { LIMITS } from '../../protocol/limits';
import { encodeContainer } from './json-container';

type Announcement = z.infer<typeof announce.request>;

/** The addresses of a device are not announced: they are the agent's own affair. */
type ToAnnounce = Omit<AnnouncedDevice, 'operations'> & Partial<Pick<AnnouncedDevice, 'operations'>>;

/** What is around the payload in the stanza: names, JID, ID. */
const ENVELOPE_BYTES = 1024;

/** What the agent announces of its devices to the control plane. */
export const announcementOf = (devices: readonly ToAnnounce[], site?: string): Announcement => ({
  agentVersion: productVersion(),
  ...(site !== undefined && { site }),
  devices: devices.map(({ id, name, kind, model, serialNumber, location, applications, operations = [] }) => ({
    ...{ id, name, kind, model, serialNumber, location, operations: [...operations] },
    applications: applications.map(({ id, title, protocol, viewable }) => ({ id, title, protocol, viewable })),
  })),
});

/** By how many bytes the announcement is too large for one stanza; 0 where it fits. */
export function announcementExcess(devices: readonly ToAnnounce[]): number {
  const payload = encodeContainer(announce.name, announce.namespace, announcementOf(devices)).toString();
  return Math.max(0, Buffer.byteLength(payload) + ENVELOPE_BYTES - LIMITS.XMPP_STANZA_BYTES);
}
