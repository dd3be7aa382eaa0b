import { Injectable } from '@nestjs/common';
import { Journal } from '../../journal/journal';

type Listener<Payload> = (payload: Payload) => unknown;

/**
 * Events inside the server, by name and payload: `class JobEvents extends TypedEvents<{ changed: JobEntity }> {}`.
 * A listener that throws or rejects is logged; it affects neither the publisher nor the other listeners.
 */
@Injectable()
export class TypedEvents<Payloads extends Record<string, unknown>> {
  private readonly listeners: { [Name in keyof Payloads]?: Listener<Payloads[Name]>[] } = {};

  constructor(private readonly journal: Journal) {}

  /** Calls the listeners in the order in which they were added. Does not wait for asynchronous ones. */
  publish<Name extends keyof Payloads & string>(name: Name, payload: Payloads[Name]): void {
    for (const listener of this.listeners[name] ?? []) void this.call(name, listener, payload);
  }

  on<Name extends keyof Payloads & string>(name: Name, listener: Listener<Payloads[Name]>): void {
    (this.listeners[name] ??= []).push(listener);
  }

  private async call<Payload>(name: string, listener: Listener<Payload>, payload: Payload): Promise<void> {
    try {
      await listener(payload);
    } catch (error) {
      this.journal.unexpected(error, `handling the event "${name}" of ${this.constructor.name}`);
    }
  }
}
