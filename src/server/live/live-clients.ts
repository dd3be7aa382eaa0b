import { Injectable } from '@nestjs/common';
import { LIMITS } from '../../protocol/limits';
import type { LiveEvent } from '../../protocol/live';
import type { LiveClient } from './live-client';

/** The consoles that are connected to the live channel. */
@Injectable()
export class LiveClients {
  private readonly clients = new Set<LiveClient>();

  get none(): boolean {
    return this.clients.size === 0;
  }

  hasRoomFor(userId: string): boolean {
    const own = [...this.clients].filter((client) => client.userId === userId);
    return this.clients.size < LIMITS.LIVE_CLIENTS && own.length < LIMITS.LIVE_CLIENTS_PER_USER;
  }
  /** Closes those consoles of a user whose login has ended. */
  recheck(userId: string): void {
    for (const client of this.clients) if (client.userId === userId) void client.check();
  }
  add(client: LiveClient): void {
    this.clients.add(client);
  }
  remove(client: LiveClient): void {
    this.clients.delete(client);
  }

  send(event: Exclude<LiveEvent, { type: 'notice' }>): void {
    const text = JSON.stringify(event);
    for (const client of this.clients) client.send(event, text);
  }
  /** Sends to every console of one user. */
  sendTo(userId: string, event: LiveEvent): void {
    const text = JSON.stringify(event);
    for (const client of this.clients) if (client.userId === userId) client.send(event, text);
  }
}
