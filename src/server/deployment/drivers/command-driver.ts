import { releaseVersion } from '../../../protocol/names';
import { accessSync, constants } from 'node:fs';
import { Inject, Injectable } from '@nestjs/common';
import { BUILT_IN, type DeploymentTarget } from '../../../protocol/deployment';
import { LIMITS } from '../../../protocol/limits';
import { CONFIG, type Config } from '../../config/config';
import { RelayDirectory, type ConnectedRelay } from '../../relays/relay-directory';
import { RelayUnavailable } from '../../sessions/session.errors';
import { runDeployCommand, type DeployCommand } from './deploy-command';
import { DeploymentFailed } from '../deployment.errors';
import type { DeploymentEntity } from '../deployment.entity';
import { RelayMonitor } from './relay-monitor';
import { RelayDriver, type Replaced } from './relay-driver';
import { ReleasesService } from '../releases/releases.service';

/** A relay that this server does not run (systemd, compose): the configured command replaces it, then it gets a trial. */
@Injectable()
export class CommandDriver extends RelayDriver {
  readonly addresses = 'public';

  constructor(
    private readonly directory: RelayDirectory,
    private readonly monitor: RelayMonitor,
    private readonly releases: ReleasesService,
    @Inject(CONFIG) private readonly config: Config,
  ) {
    super();
  }

  get takeOverMs(): number {
    return LIMITS.DEPLOYMENT_COMMAND_MS + LIMITS.DEPLOYMENT_TAKE_OVER_MS + this.monitor.longestTrialMs;
  }
  get rollBackMs(): number {
    return LIMITS.DEPLOYMENT_DRAIN_MS + this.takeOverMs;
  }

  present(relayId: string): Promise<DeploymentTarget> {
    const relay = this.directory.serving(relayId);
    if (!relay) return Promise.reject(new RelayUnavailable(`Relay ${relayId} is not connected.`));
    const { version, pairs } = relay;
    const release = releaseVersion.safeParse(version).success ? version : BUILT_IN;
    return Promise.resolve({ release, version, pairs });
  }

  /** The operator of the relay has its releases: any version can be requested. */
  async target(present: DeploymentTarget, release?: string, pairs = present.pairs): Promise<DeploymentTarget> {
    if (release === undefined) return { ...present, pairs };
    const version = release === BUILT_IN ? (await this.releases.find(BUILT_IN)).version : release;
    return { release, version, pairs };
  }

  has(_release: string, version: string): Promise<boolean> {
    return Promise.resolve(releaseVersion.safeParse(version).success && this.config.deployment.command !== undefined);
  }

  /** The instance is that of the relay that is replaced. */
  async prepare({ relayId }: DeploymentEntity, signal: AbortSignal): Promise<string> {
    const { command } = this.config.deployment;
    try {
      accessSync(command ?? '', constants.X_OK);
    } catch {
      throw new DeploymentFailed(
        'command-failed',
        command ? `${command} cannot be executed.` : 'No command is configured.',
      );
    }
    const relay = await this.monitor.awaitServing(relayId, () => true, LIMITS.DEPLOYMENT_TRIAL_MS, signal);
    if (!relay) throw new DeploymentFailed('relay-lost', '');
    return relay.instance;
  }

  async takeOver(deployment: DeploymentEntity, signal: AbortSignal): Promise<Replaced> {
    const { relayId, toVersion: version, toPairs: pairs } = deployment;
    const isNew = (relay: ConnectedRelay) =>
      relay.instance !== deployment.instance && relay.version === version && relay.pairs === pairs;
    // it may have been replaced before this server was restarted
    const there = this.directory.serving(relayId);
    const output = there && isNew(there) ? '' : await this.run('deploy', relayId, { version, pairs }, signal);
    try {
      const relay = await this.monitor.awaitServing(relayId, isNew, LIMITS.DEPLOYMENT_TAKE_OVER_MS, signal);
      if (!relay) throw this.wrongRelay(relayId, deployment.instance);
      await this.monitor.runTrial(relayId, this.addresses, signal);
      return { instance: relay.instance, output };
    } catch (error) {
      if (!(error instanceof DeploymentFailed)) throw error;
      throw new DeploymentFailed(error.reason, error.detail, error.output || output);
    }
  }

  check({ relayId, instance }: DeploymentEntity): Promise<void> {
    const relay = this.directory.serving(relayId);
    if (!relay || relay.instance === instance) return Promise.resolve();
    return Promise.reject(new DeploymentFailed('crashed', 'It was restarted.'));
  }

  async rollBack(deployment: DeploymentEntity, halt: () => Promise<void>, signal: AbortSignal): Promise<string> {
    if (!deployment.replacedAt) return ''; // the command has not been run
    await halt();
    const { relayId, fromVersion: version, fromPairs: pairs } = deployment;
    const output = await this.run('roll-back', relayId, { version, pairs }, signal);
    const isBack = (relay: ConnectedRelay) => relay.version === version && relay.pairs === pairs;
    const relay = await this.monitor.awaitServing(relayId, isBack, LIMITS.DEPLOYMENT_TAKE_OVER_MS, signal);
    if (!relay) throw this.wrongRelay(relayId, null);
    await this.monitor.runTrial(relayId, this.addresses, signal);
    return output;
  }

  private run(
    action: DeployCommand['action'],
    relayId: string,
    target: { version: string; pairs: number },
    signal: AbortSignal,
  ): Promise<string> {
    const { command: file } = this.config.deployment;
    if (!file) throw new DeploymentFailed('command-failed', 'No command is configured.');
    return runDeployCommand({ file, action, relayId, ...target }, signal);
  }

  private wrongRelay(relayId: string, earlier: string | null): DeploymentFailed {
    const there = this.directory.serving(relayId);
    if (!there) return new DeploymentFailed('does-not-answer', 'No relay connected after the command.');
    if (there.instance === earlier)
      return new DeploymentFailed('does-not-answer', 'The earlier relay is still in service.');
    return new DeploymentFailed('wrong-version', `The relay has version ${there.version} and ${there.pairs} pairs.`);
  }
}
