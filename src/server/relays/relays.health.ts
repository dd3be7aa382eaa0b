import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Readiness } from '../http/readiness';
import { RelayDirectory } from './relay-directory';

/** Ready while a relay is connected, so that a session requested now would get one. */
@Injectable()
export class RelaysHealth implements OnModuleInit {
  constructor(
    private readonly directory: RelayDirectory,
    private readonly readiness: Readiness,
  ) {}

  onModuleInit(): void {
    this.readiness.add('relays', () => {
      const connected = this.directory.allServing().map((relay) => relay.id);
      if (connected.length === 0) return Promise.reject(new Error('no relay is connected'));
      return Promise.resolve({ connected });
    });
  }
}
