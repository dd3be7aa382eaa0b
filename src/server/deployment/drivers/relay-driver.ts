import type { DeploymentTarget } from '../../../protocol/deployment';
import type { DeploymentEntity } from '../deployment.entity';

/** What serves now, and what was written while it was put there. */
export interface Replaced {
  readonly instance: string;
  readonly output: string;
}

/** How a relay is replaced. Whatever can fail throws DeploymentFailed, and can be asked again after a restart. */
export abstract class RelayDriver {
  /** How long taking over may take, in milliseconds; what it waits for itself ends before. */
  abstract readonly takeOverMs: number;
  /** The same of putting back. */
  abstract readonly rollBackMs: number;
  /** How trials dial the relay that serves. */
  abstract readonly addresses: 'local' | 'public';

  /** What serves now. @throws RelayUnavailable */
  abstract present(relayId: string): Promise<DeploymentTarget>;

  /** @param release undefined: the one that serves. @throws UnknownRelease */
  abstract target(present: DeploymentTarget, release?: string, pairs?: number): Promise<DeploymentTarget>;

  /** Whether this very version can be deployed (again). */
  abstract has(release: string, version: string): Promise<boolean>;

  /**
   * Has the new relay proved as far as that is possible while the present one serves.
   * @returns what is kept as the deployment's `instance`
   */
  abstract prepare(deployment: DeploymentEntity, signal: AbortSignal): Promise<string>;

  /** Puts the new relay in the place of the present one, which carries nothing. */
  abstract takeOver(deployment: DeploymentEntity, signal: AbortSignal): Promise<Replaced>;

  /** Looks once whether the new relay, which has taken over, still runs as it did. */
  abstract check(deployment: DeploymentEntity): Promise<void>;

  /**
   * Puts the earlier relay back, whatever has been done by then.
   * @param halt ends, in order, what the relay carries that has to go
   * @returns what was written meanwhile
   */
  abstract rollBack(deployment: DeploymentEntity, halt: () => Promise<void>, signal: AbortSignal): Promise<string>;
}
