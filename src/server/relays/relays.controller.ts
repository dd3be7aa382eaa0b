import { Controller, Get } from '@nestjs/common';
import { z } from 'zod';
import { relay } from '../../protocol/api';
import { Permit } from '../auth/permit';
import { Answers } from '../http/answers';
import { RelayDirectory } from './relay-directory';

@Controller('api/relays')
@Permit('admin')
export class RelaysController {
  constructor(private readonly directory: RelayDirectory) {}

  @Get()
  @Answers(z.array(relay))
  list(): Promise<z.infer<typeof relay>[]> {
    return Promise.all(
      this.directory.connected().map(async ({ id, version, pairs, peer }) => {
        const health = await peer.call('health', {}).catch(() => undefined);
        return {
          id,
          version,
          pairs,
          connected: health !== undefined,
          links: health?.links ?? 0,
          draining: false,
          driver: 'none',
        };
      }),
    );
  }
}
