import { Inject, Injectable } from '@nestjs/common';
import { BUILT_IN } from '../../protocol/deployment';
import { CONFIG, type Config } from '../config/config';
import { KeeperClient } from '../relays/keeper-client';
import { KeeperUnavailable } from '../relays/keeper.errors';
import { RelayDirectory } from '../relays/relay-directory';
import { LOCAL_RELAY } from '../relays/relay-environment';
import { DeploymentsRepository } from './deployments.repository';
import { releaseOf } from './drivers/local-driver';
import { ReleasesInUse } from './releases/releases-in-use';

@Injectable()
export class RelayReleasesInUse extends ReleasesInUse {
  constructor(
    private readonly keeper: KeeperClient,
    private readonly directory: RelayDirectory,
    private readonly repository: DeploymentsRepository,
    @Inject(CONFIG) private readonly config: Config,
  ) {
    super();
  }

  async servingNames(): Promise<string[]> {
    const { local } = this.config.relay;
    const others = this.directory.allServing().filter(({ id }) => !local || id !== LOCAL_RELAY);
    const names = others.map(({ version }) => version);
    return local ? [await this.localName(), ...names] : names;
  }

  async namesInUse(): Promise<string[]> {
    const open = await this.repository.open();
    const needed = open.flatMap(({ fromRelease, toRelease }) => [fromRelease, toRelease]);
    return [...(await this.servingNames()), ...needed];
  }

  /** By the last deployment if the keeper does not answer. */
  private async localName(): Promise<string> {
    try {
      return releaseOf((await this.keeper.status()).wanted);
    } catch (error) {
      if (!(error instanceof KeeperUnavailable)) throw error;
      return (await this.repository.lastDeployed(LOCAL_RELAY))?.toRelease ?? BUILT_IN;
    }
  }
}
