import type { ClientScope } from '../../../protocol/external-clients';
import type { Operation } from '../../../protocol/maintenance';
import type { Actor } from '../actor';
import { BeyondLimits } from '../auth.errors';

/** The limits of external clients on what they do at a device. Which devices they reach is decided by `Reach`. */

export const permitsApplication = ({ client }: Actor, applicationId: string): boolean =>
  client?.limits.applications?.includes(applicationId) ?? true;

export const permitsOperation = ({ client }: Actor, operation: Operation): boolean =>
  client?.limits.operations?.includes(operation) ?? true;

const hasScope = ({ client }: Actor, scope: ClientScope): boolean => client?.scopes.has(scope) ?? true;

/** Whether a client could still request this session. Always true for a user. */
export const permitsSession = (actor: Actor, { applicationId }: { applicationId: string }): boolean =>
  hasScope(actor, 'sessions:write') && permitsApplication(actor, applicationId);

/** Whether a client could still request this job. Always true for a user. */
export const permitsJob = (actor: Actor, { operation }: { operation: Operation }): boolean =>
  hasScope(actor, 'jobs:write') && permitsOperation(actor, operation);

/** @throws BeyondLimits */
export function checkApplication(actor: Actor, applicationId: string): void {
  if (!permitsApplication(actor, applicationId)) throw new BeyondLimits(`the application ${applicationId}`);
}

/** @throws BeyondLimits */
export function checkOperation(actor: Actor, operation: Operation): void {
  if (!permitsOperation(actor, operation)) throw new BeyondLimits(`the operation ${operation}`);
}
