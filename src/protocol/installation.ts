import { z } from 'zod';
import { secret } from './names';

/**
 * One installation of an agent, as it identifies itself when it binds a resource (RFC 6120 7.7): the requested resource
 * is `<run>.<installation ID>.<continuation>.<next>`. The resource that is bound is still the server's choice.
 *
 * The agent makes `next` for this login and stores it first. It replaces `continuation` as soon as the server has accepted
 * it, so that of two copies of an agent's folder the one that logs in second presents an outdated continuation. A login that
 * is repeated because its answer was lost presents the same `next` again, and is accepted.
 */
export const presentedInstallation = z.object({
  /** Identifies the process; never stored. A stream of another run may be a running copy. */
  run: z.uuid(),
  installationId: z.uuid(),
  continuation: secret,
  next: secret,
});
export type PresentedInstallation = z.infer<typeof presentedInstallation>;

export const installationResource = ({ run, installationId, continuation, next }: PresentedInstallation): string =>
  [run, installationId, continuation, next].join('.');

/** Undefined for any other resource: the agent identifies no installation. */
export function readInstallation(resource: string): PresentedInstallation | undefined {
  const [run, installationId, continuation, next, ...more] = resource.split('.');
  if (more.length > 0) return undefined;
  return presentedInstallation.safeParse({ run, installationId, continuation, next }).data;
}
