/**
 * The keeper of the local relay is not running, is restarting, or did not answer in time. It may have carried out the
 * request; `status` shows whether it did.
 */
export class KeeperUnavailable extends Error {
  override readonly name = 'KeeperUnavailable';
  readonly code = 'keeper-unavailable';

  constructor(readonly detail: string) {
    super(`the relay's keeper is unavailable: ${detail}`);
  }
}

/** The keeper refused a request, with a reason, and changed nothing. */
export class KeeperRefused extends Error {
  override readonly name = 'KeeperRefused';
  readonly code = 'keeper-refused';

  constructor(readonly detail: string) {
    super(`the relay's keeper refused the request: ${detail}`);
  }
}
