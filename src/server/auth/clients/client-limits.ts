import type { Operation } from '../../../protocol/maintenance';
import type { Actor } from '../actor';
import { BeyondLimits } from '../auth.errors';

/** The limits of external clients on what they do at a device. Which devices they reach is decided by `Reach`. */

/** @throws BeyondLimits */
export function checkApplication({ client }: Actor, applicationId: string): void {
  const permitted = client?.limits.applications;
  if (permitted && !permitted.includes(applicationId)) throw new BeyondLimits(`the application ${applicationId}`);
}

/** @throws BeyondLimits */
export function checkOperation({ client }: Actor, operation: Operation): void {
  const permitted = client?.limits.operations;
  if (permitted && !permitted.includes(operation)) throw new BeyondLimits(`the operation ${operation}`);
}
