import type { z } from 'zod';
import { productVersion } from '../../journal/product-version';
import { announce, type AnnouncedDevice } from '../../protocol/control-channel';
import { containerExcess } from './json-container';

type Announcement = z.infer<typeof announce.request>;

/** Without the addresses of a device, which only the agent needs. */
type ToAnnounce = Omit<AnnouncedDevice, 'operations'> & Partial<Pick<AnnouncedDevice, 'operations'>>;

/** The announcement of this agent's devices. */
export const announcementOf = (devices: readonly ToAnnounce[]): Announcement => ({
  agentVersion: productVersion(),
  devices: devices.map(({ id, name, kind, model, serialNumber, location, applications, operations = [] }) => ({
    ...{ id, name, kind, model, serialNumber, location, operations: [...operations] },
    applications: applications.map(({ id, title, protocol, viewable, weakTls }) => ({
      ...{ id, title, protocol, viewable },
      ...(weakTls && { weakTls }),
    })),
  })),
});

/** Bytes by which the announcement exceeds one stanza; 0 if it fits. */
export const announcementExcess = (devices: readonly ToAnnounce[]): number =>
  containerExcess(announce, announcementOf(devices));
