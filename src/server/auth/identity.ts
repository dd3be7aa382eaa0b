import type { Actor } from './actor';

/** Who makes a request, and how that was shown. */
export interface Identity {
  readonly actor: Actor;
  /** ID of the API token; undefined with a browser's cookie. */
  readonly apiTokenId: string | undefined;
}

const identities = new WeakMap<object, Identity>();

export function identify(request: object, identity: Identity): void {
  identities.set(request, identity);
}
export function identityOf(request: object): Identity | undefined {
  return identities.get(request);
}
