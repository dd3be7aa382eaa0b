import { Injectable } from '@nestjs/common';
import { LIMITS } from '../../protocol/limits';
import type { LiveClose, LiveEvent } from '../../protocol/live';
import type { Place } from '../customers/reach';
import type { LiveClient } from './live-client';

/** Of events that only administrators receive. */
export const ANYWHERE: Place = { siteId: null };

/** The consoles that are connected to the live channel. */
@Injectable()
export class LiveClients {
  private readonly clients = new Set<LiveClient>();

  get none(): boolean {
    return this.clients.size === 0;
  }

  hasRoomFor(userId: string): boolean {
    return this.clients.size < LIMITS.LIVE_CLIENTS && this.of(userId).length < LIMITS.LIVE_CLIENTS_PER_USER;
  }
  /** Closes those consoles of a user whose login has ended. */
  recheck(userId: string): void {
    for (const client of this.of(userId)) void client.check();
  }
  add(client: LiveClient): void {
    this.clients.add(client);
  }
  remove(client: LiveClient): void {
    this.clients.delete(client);
  }

  /** Sends to every console whose user sees what is at one of these places. */
  send(event: Exclude<LiveEvent, { type: 'notice' }>, ...places: Place[]): void {
    const text = JSON.stringify(event);
    for (const client of this.clients) client.send(event, places, text);
  }
  /** Sends to the consoles of one user. */
  sendTo(userId: string, event: LiveEvent, place: Place): void {
    const text = JSON.stringify(event);
    for (const client of this.of(userId)) client.send(event, [place], text);
  }
  /** Closes the consoles of one user. */
  end(userId: string, why: LiveClose): void {
    for (const client of this.of(userId)) client.end(why);
  }

  private of(userId: string): LiveClient[] {
    return [...this.clients].filter((client) => client.userId === userId);
  }
}
