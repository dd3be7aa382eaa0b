import { Controller, Get, Inject } from '@nestjs/common';
import { z } from 'zod';
import { relay } from '../../protocol/api';
import { Permit } from '../auth/access/access.guard';
import { CONFIG, type Config } from '../config/config';
import { Answers } from '../http/answers';
import { RelayDirectory } from './relay-directory';
import { LOCAL_RELAY } from './relay-environment';

type Relay = z.infer<typeof relay>;

@Controller('api/relays')
@Permit('admin')
export class RelaysController {
  constructor(
    private readonly directory: RelayDirectory,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  @Get()
  @Answers(z.array(relay))
  list(): Promise<Relay[]> {
    return Promise.all(
      this.directory.allServing().map(async ({ id, version, pairs, peer }) => {
        const health = await peer.call('health', {}).catch(() => undefined);
        const draining = this.directory.isDraining(id);
        const links = health?.links ?? 0;
        return { id, version, pairs, connected: health !== undefined, links, draining, driver: this.driverOf(id) };
      }),
    );
  }

  private driverOf(relayId: string): Relay['driver'] {
    if (this.config.relay.local && relayId === LOCAL_RELAY) return 'local';
    return this.config.deployment.command ? 'command' : 'none';
  }
}
