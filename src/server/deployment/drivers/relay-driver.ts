import type { DeploymentTarget } from '../../../protocol/deployment';
import type { DeploymentEntity } from '../deployment.entity';

/** The relay that is in service now, and the output of its installation. */
export interface Replaced {
  readonly instance: string;
  readonly output: string;
}

/** Replaces a relay. Every step throws DeploymentFailed if it fails, and can be repeated after a restart. */
export abstract class RelayDriver {
  /** How long the take-over may last, in milliseconds; its own waits end earlier. */
  abstract readonly takeOverMs: number;
  /** The same for a roll-back. */
  abstract readonly rollBackMs: number;
  /** How trials dial the serving relay. */
  abstract readonly addresses: 'local' | 'public';

  /** What is in service now. @throws RelayUnavailable */
  abstract present(relayId: string): Promise<DeploymentTarget>;

  /** @param release undefined: the one in service. @throws UnknownRelease */
  abstract target(present: DeploymentTarget, release?: string, pairs?: number): Promise<DeploymentTarget>;

  /** Whether exactly this version can be deployed. */
  abstract has(release: string, version: string): Promise<boolean>;

  /**
   * Tests the new relay as far as that is possible while the present one is in service.
   * @returns the `instance` of the deployment
   */
  abstract prepare(deployment: DeploymentEntity, signal: AbortSignal): Promise<string>;

  /** Replaces the present relay, which carries no session, with the new one. */
  abstract takeOver(deployment: DeploymentEntity, signal: AbortSignal): Promise<Replaced>;

  /** Checks once that the new relay, which has taken over, is still running. */
  abstract check(deployment: DeploymentEntity): Promise<void>;

  /**
   * Puts the earlier relay back in service, however far the deployment has come.
   * @param halt halts the sessions of the relay that is replaced
   * @returns the output
   */
  abstract rollBack(deployment: DeploymentEntity, halt: () => Promise<void>, signal: AbortSignal): Promise<string>;
}
