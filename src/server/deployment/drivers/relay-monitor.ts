import { Inject, Injectable } from '@nestjs/common';
import { LIMITS } from '../../../protocol/limits';
import { CONFIG, type Config } from '../../config/config';
import { RelayDirectory, type ConnectedRelay } from '../../relays/relay-directory';
import { TrialFailed } from '../../relays/relay-trial.errors';
import { RelayTrial } from '../../relays/relay-trial';
import { DeploymentFailed } from '../deployment.errors';
import type { DeploymentEntity } from '../deployment.entity';
import { pause } from '../pause';
import type { RelayDriver } from './relay-driver';

/** A relay that has lost its link reconnects within this time. */
const maxAbsenceMs = (): number => LIMITS.RETRY_MAX_MS + LIMITS.DIAL_TIMEOUT_MS;

/** Monitors a relay that has taken over, and runs the trial again at the end. */
@Injectable()
export class RelayMonitor {
  constructor(
    private readonly directory: RelayDirectory,
    private readonly trial: RelayTrial,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** The longest time that `runTrial` takes. */
  get longestTrialMs(): number {
    return maxAbsenceMs() + LIMITS.TRIAL_MS;
  }
  /** The longest time that `monitor` takes. */
  get longestMs(): number {
    return this.config.deployment.proveMs + this.longestTrialMs;
  }

  /** @throws DeploymentFailed */
  async monitor(deployment: DeploymentEntity, driver: RelayDriver, signal: AbortSignal): Promise<void> {
    const { proveMs } = this.config.deployment;
    const elapsedMs = Math.max(0, Date.now() - deployment.enteredAt.getTime()); // also before a restart of the server
    const end = performance.now() + Math.max(0, proveMs - elapsedMs);
    let seenAt = performance.now();
    do {
      await driver.check(deployment);
      const isConnected = this.directory.serving(deployment.relayId) !== undefined;
      if (isConnected) seenAt = performance.now();
      if (performance.now() - seenAt > maxAbsenceMs()) throw new DeploymentFailed('relay-lost', '');
      await pause(signal, Math.min(LIMITS.DEPLOYMENT_POLL_MS, Math.max(0, end - performance.now())));
    } while (performance.now() < end);
    await this.runTrial(deployment.relayId, driver.addresses, signal);
    await driver.check(deployment);
  }

  /** A complete synthetic session through the serving relay. @throws DeploymentFailed */
  async runTrial(relayId: string, addresses: 'local' | 'public', signal: AbortSignal): Promise<void> {
    const relay = await this.awaitServing(relayId, () => true, maxAbsenceMs(), signal);
    if (!relay) throw new DeploymentFailed('relay-lost', '');
    try {
      await this.trial.run(relay, addresses);
    } catch (error) {
      if (error instanceof TrialFailed) throw new DeploymentFailed('trial-failed', error.detail);
      throw error;
    }
  }

  /** Waits for a relay; undefined: it did not connect in time. */
  async awaitServing(
    relayId: string,
    isExpected: (relay: ConnectedRelay) => boolean,
    ms: number,
    signal: AbortSignal,
  ): Promise<ConnectedRelay | undefined> {
    for (const end = performance.now() + ms; ; await pause(signal)) {
      const relay = this.directory.serving(relayId);
      if (relay && isExpected(relay)) return relay;
      if (performance.now() >= end) return undefined;
    }
  }
}
