import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, type Config } from '../../config/config';
import { RelayDirectory } from '../../relays/relay-directory';
import { LOCAL_RELAY } from '../../relays/relay-environment';
import { CommandDriver } from './command-driver';
import { DeploymentUnsupported, UnknownRelay } from '../deployment.errors';
import { LocalDriver } from './local-driver';
import type { RelayDriver } from './relay-driver';

/** Chooses the driver that deploys a relay. */
@Injectable()
export class RelayDrivers {
  constructor(
    private readonly local: LocalDriver,
    private readonly command: CommandDriver,
    private readonly directory: RelayDirectory,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** For a new deployment. @throws UnknownRelay, DeploymentUnsupported */
  find(relayId: string): RelayDriver {
    if (this.isLocal(relayId)) return this.local;
    if (!this.directory.serving(relayId)) throw new UnknownRelay(relayId);
    if (!this.config.deployment.command) throw new DeploymentUnsupported(relayId);
    return this.command;
  }

  /** For an existing deployment. */
  of(relayId: string): RelayDriver {
    return this.isLocal(relayId) ? this.local : this.command;
  }

  private isLocal(relayId: string): boolean {
    return this.config.relay.local && relayId === LOCAL_RELAY;
  }
}
