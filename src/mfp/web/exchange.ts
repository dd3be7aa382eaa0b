import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logins } from '../logins';
import type { Machine } from '../machine/machine';

/** One request to the machine's web server, with what a page needs to answer it. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly url: URL;
  /** The `:names` of the route's path. */
  readonly params: Readonly<Record<string, string>>;
  readonly machine: Machine;
  readonly logins: Logins;
  /** Whether the administrator is logged in. */
  readonly administrator: boolean;
}

export type Handler = (exchange: Exchange) => void | Promise<void>;

/** A request that gets an error page. */
export class BadRequest extends Error {
  override readonly name = 'BadRequest';
  constructor(
    message: string,
    readonly status: 400 | 403 | 404 | 405 | 413 | 415 | 416 = 400,
  ) {
    super(message);
  }
}

/** The body as it comes in; unlike the request's own iterator, leaving it early keeps the connection for the answer. */
export function bodyOf(request: IncomingMessage): AsyncIterable<Buffer> {
  return { [Symbol.asyncIterator]: () => request.iterator({ destroyOnReturn: false }) };
}
