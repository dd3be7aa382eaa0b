import { z } from 'zod';
import { foundDevice } from '../../protocol/found-device';

const port = z.int().min(1).max(65_535);

/** How a found device is reached, beside SNMP. */
export const foundServices = z.object({
  ipp: z.object({ scheme: z.enum(['ipp', 'ipps']), port, path: z.string().max(200) }).optional(),
  web: z.object({ scheme: z.enum(['http', 'https']), port }).optional(),
});

/** A device as it was seen at an address, once. */
export const sighting = foundDevice
  .pick({ address: true, identity: true, model: true, kind: true, location: true, foundBy: true })
  .extend({ services: foundServices });
export type Sighting = z.infer<typeof sighting>;
