import { basename, dirname } from 'node:path';
import { Injectable } from '@nestjs/common';
import { BUILT_IN, releaseName, type DeploymentTarget } from '../../../protocol/deployment';
import type { RelayRun } from '../../../protocol/keeper-rpc';
import { LIMITS } from '../../../protocol/limits';
import { PROTOCOL_VERSION } from '../../../protocol/version';
import { KeeperClient } from '../../relays/keeper-client';
import { KeeperRefused, KeeperUnavailable } from '../../relays/keeper.errors';
import { RelayDirectory, type ConnectedRelay } from '../../relays/relay-directory';
import { LOCAL_RELAY } from '../../relays/relay-environment';
import { TrialFailed } from '../../relays/relay-trial.errors';
import { RelayTrial } from '../../relays/relay-trial';
import { RelayUnavailable } from '../../sessions/session.errors';
import { DeploymentFailed } from '../deployment.errors';
import type { DeploymentEntity } from '../deployment.entity';
import { pause } from '../pause';
import { RelayDriver, type Replaced } from './relay-driver';
import { ReleaseRefused, UnknownRelease } from '../releases/releases.errors';
import { ReleasesService } from '../releases/releases.service';

/** What takes over; without `version`, no other instance is accepted. */
interface Successor {
  readonly instance: string;
  readonly run: RelayRun;
  readonly version?: string;
}

/** The relay that this server runs: its keeper starts a candidate beside the serving relay, and swaps them. */
@Injectable()
export class LocalDriver extends RelayDriver {
  readonly addresses = 'local';

  constructor(
    private readonly keeper: KeeperClient,
    private readonly directory: RelayDirectory,
    private readonly trial: RelayTrial,
    private readonly releases: ReleasesService,
  ) {
    super();
  }

  get takeOverMs(): number {
    return LIMITS.DEPLOYMENT_TAKE_OVER_MS + LIMITS.RETRY_MAX_MS;
  }
  get rollBackMs(): number {
    return LIMITS.DEPLOYMENT_TRIAL_MS + LIMITS.DEPLOYMENT_DRAIN_MS + this.takeOverMs;
  }

  async present(): Promise<DeploymentTarget> {
    const { wanted, serving } = await this.keeper.status().catch((error: unknown) => {
      if (error instanceof KeeperUnavailable) throw new RelayUnavailable(error.message);
      throw error;
    });
    const release = releaseOf(wanted);
    const version = serving?.version ?? this.directory.serving(LOCAL_RELAY)?.version;
    return { release, version: version ?? (await this.releases.find(release)).version, pairs: wanted.pairs };
  }

  async target(present: DeploymentTarget, release = present.release, pairs = present.pairs): Promise<DeploymentTarget> {
    const { version } = await this.releases.find(release);
    return { release, version, pairs };
  }

  async has(name: string, version: string): Promise<boolean> {
    try {
      return (await this.releases.find(name)).version === version;
    } catch (error) {
      if (error instanceof UnknownRelease) return false;
      throw error;
    }
  }

  /** The instance is the candidate's. */
  async prepare(deployment: DeploymentEntity, signal: AbortSignal): Promise<string> {
    const end = performance.now() + LIMITS.DEPLOYMENT_TRIAL_MS - LIMITS.TRIAL_MS;
    const run = await this.verified(deployment);
    const instance = await this.start(run, end, signal);
    const relay = await this.ready(instance, end, signal);
    if (relay.version !== deployment.toVersion)
      throw new DeploymentFailed('wrong-version', `It reports version ${relay.version}.`);
    if (relay.pairs !== deployment.toPairs)
      throw new DeploymentFailed('does-not-answer', `It runs ${relay.pairs} pairs instead of ${deployment.toPairs}.`);
    await this.trial.run(relay, 'local').catch(async (error: unknown) => {
      if (!(error instanceof TrialFailed)) throw error;
      const exit = (await this.askKeeper(() => this.keeper.status(), performance.now(), signal)).lastExit;
      throw new DeploymentFailed('trial-failed', error.detail, exit?.instance === instance ? exit.lines : '');
    });
    return instance;
  }

  async takeOver(
    { instance, toRelease, toPairs, toVersion }: DeploymentEntity,
    signal: AbortSignal,
  ): Promise<Replaced> {
    const to = await this.runOf(toRelease, toPairs);
    return { instance: await this.swap({ instance: instance!, run: to, version: toVersion }, signal), output: '' };
  }

  async check(deployment: DeploymentEntity): Promise<void> {
    const status = await this.keeper.status().catch((error: unknown) => {
      if (error instanceof KeeperUnavailable) return undefined; // the relay ends with its keeper, which is noticed
      throw error;
    });
    if (!status) return;
    const to = await this.runOf(deployment.toRelease, deployment.toPairs);
    if (!isSameRun(status.wanted, to)) throw new DeploymentFailed('relay-lost', 'Another relay replaced it.');
    if (status.restarts > 0) throw new DeploymentFailed('crashed', status.lastExit?.how ?? '', status.lastExit?.lines);
  }

  async rollBack(deployment: DeploymentEntity, halt: () => Promise<void>, signal: AbortSignal): Promise<string> {
    const { fromRelease, fromPairs, fromVersion, replacedAt } = deployment;
    const end = performance.now() + LIMITS.DEPLOYMENT_TRIAL_MS;
    const from = await this.runOf(fromRelease, fromPairs);
    for (; ; await pause(signal)) {
      const { candidate, wanted, serving } = await this.askKeeper(() => this.keeper.status(), end, signal);
      const serves = serving?.state === 'serving';
      if (candidate) await this.askKeeper(() => this.keeper.discard(), end, signal);
      // the same run may have another version if the server itself was replaced
      else if (!isSameRun(wanted, from) || (serves && replacedAt && serving.version !== fromVersion)) break;
      else if (serves) return '';
      if (performance.now() >= end)
        throw new DeploymentFailed('does-not-answer', 'The earlier relay is not in service.');
    }
    const instance = await this.start(from, end, signal);
    await this.ready(instance, end, signal);
    await halt();
    await this.swap({ instance, run: from }, signal);
    return '';
  }

  private async runOf(release: string, pairs: number): Promise<RelayRun> {
    return { file: (await this.releases.find(release)).file, pairs };
  }

  /** A stored release may have been damaged since its upload. */
  private async verified({ toRelease, toPairs }: DeploymentEntity): Promise<RelayRun> {
    try {
      const { file, protocol } = await this.releases.find(toRelease);
      if (protocol !== PROTOCOL_VERSION)
        throw new DeploymentFailed(
          'wrong-protocol',
          `It uses protocol version ${protocol}, this server ${PROTOCOL_VERSION}.`,
        );
      await this.releases.verify(toRelease);
      return { file, pairs: toPairs };
    } catch (error) {
      if (error instanceof ReleaseRefused || error instanceof UnknownRelease)
        throw new DeploymentFailed('release-damaged', error.detail);
      throw error;
    }
  }

  /** @returns the instance of the candidate */
  private async start(run: RelayRun, end: number, signal: AbortSignal): Promise<string> {
    const answer = await this.askKeeper(() => this.keeper.tryRelease(run), end, signal).catch((error: unknown) => {
      if (error instanceof KeeperRefused) throw new DeploymentFailed('does-not-start', error.detail);
      throw error;
    });
    if (answer.outcome === 'port-in-use') throw new DeploymentFailed('port-in-use', answer.detail);
    return answer.instance;
  }

  /** Waits until the candidate has reported to its keeper and to this server. */
  private async ready(instance: string, end: number, signal: AbortSignal): Promise<ConnectedRelay> {
    for (;;) {
      const { candidate, lastExit } = await this.askKeeper(() => this.keeper.status(), end, signal);
      if (lastExit?.instance === instance) throw new DeploymentFailed('does-not-start', lastExit.how, lastExit.lines);
      if (candidate?.instance !== instance) throw candidateLost();
      if (candidate.protocol !== null && candidate.protocol !== PROTOCOL_VERSION)
        throw new DeploymentFailed(
          'wrong-protocol',
          `It uses protocol version ${candidate.protocol}, this server ${PROTOCOL_VERSION}.`,
        );
      const relay = this.directory.candidate(LOCAL_RELAY, instance);
      if (relay && candidate.state === 'ready') return relay;
      if (performance.now() >= end) {
        const where = candidate.state === 'ready' ? 'It has not reported to this server.' : 'It has not started.';
        throw new DeploymentFailed('does-not-answer', where);
      }
      await pause(signal);
    }
  }

  /**
   * Has the candidate take over, and waits until it is in service and has reported to this server.
   * @returns the serving instance: another one if the keeper was restarted and runs the desired release again
   */
  private async swap({ instance, run, version }: Successor, signal: AbortSignal): Promise<string> {
    const end = performance.now() + this.takeOverMs;
    for (let asked = false; ; await pause(signal)) {
      const { serving, candidate, wanted, lastExit } = await this.askKeeper(() => this.keeper.status(), end, signal);
      const isDesired = isSameRun(wanted, run);
      const isSuccessor = serving?.instance === instance || (isDesired && serving?.version === version);
      if (serving?.state === 'serving' && isSuccessor) {
        if (this.directory.serving(LOCAL_RELAY)?.instance === serving.instance) return serving.instance;
      } else {
        if (lastExit?.instance === instance)
          throw new DeploymentFailed('take-over-failed', lastExit.how, lastExit.lines);
        if (!isDesired && ![serving?.instance, candidate?.instance].includes(instance)) throw candidateLost();
      }
      if (!asked && candidate?.instance === instance) asked = await this.askToTakeOver(instance, end, signal);
      if (performance.now() >= end) throw new DeploymentFailed('take-over-failed', 'It was not in service in time.');
    }
  }

  private async askToTakeOver(instance: string, end: number, signal: AbortSignal): Promise<boolean> {
    try {
      return await this.askKeeper(() => this.keeper.takeOver(instance), end, signal);
    } catch (error) {
      if (error instanceof KeeperRefused) throw new DeploymentFailed('take-over-failed', error.detail);
      throw error;
    }
  }

  /** Repeats a request while the keeper is being restarted. */
  private async askKeeper<T>(request: () => Promise<T>, end: number, signal: AbortSignal): Promise<T> {
    for (;;) {
      try {
        return await request();
      } catch (error) {
        if (!(error instanceof KeeperUnavailable)) throw error;
        if (performance.now() >= end) throw new DeploymentFailed('keeper-lost', error.detail);
      }
      await pause(signal);
    }
  }
}

const candidateLost = (): DeploymentFailed =>
  new DeploymentFailed('keeper-lost', 'The keeper was restarted without the new relay.');

const isSameRun = (one: RelayRun, other: RelayRun): boolean => one.file === other.file && one.pairs === other.pairs;

/** The name of the release of a run: its script is in a folder of that name. */
export function releaseOf({ file }: Pick<RelayRun, 'file'>): string {
  const name = file === null ? BUILT_IN : basename(dirname(file));
  return releaseName.safeParse(name).success ? name : BUILT_IN;
}
