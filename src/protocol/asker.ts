import { z } from 'zod';
import { shownLine } from './shown-text';

/**
 * Who asks for access, as the server names them. The owner of the device sees `name`; access conditions compare `kind`
 * and `id`: the user ID that a person logs in with, or the ID of an external client.
 */
export const askerKind = z.enum(['user', 'client']);
export type AskerKind = z.infer<typeof askerKind>;
export const asker = z.object({
  kind: askerKind,
  id: shownLine(64).min(1),
  name: shownLine(100),
});
export type Asker = z.infer<typeof asker>;

/** Who asked for a session or a job, in the API: a user, or an external client, whose `username` is `(client) <name>`. */
export const requester = z.object({
  kind: askerKind,
  id: z.uuid(),
  username: z.string(),
  displayName: z.string(),
});
