import { z } from 'zod';

/**
 * Who asks for access, as the server names them. The owner of the device sees `name`; access conditions compare `kind`
 * and `id`: the user ID that a person logs in with, or the ID of an external client.
 */
export const asker = z.object({
  kind: z.enum(['user', 'client']),
  id: z.string().min(1).max(64),
  name: z.string().max(100),
});
export type Asker = z.infer<typeof asker>;
