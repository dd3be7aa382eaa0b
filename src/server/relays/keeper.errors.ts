/**
 * The keeper of this server's relay could not be asked: it is not running, is being started again, or did not answer in
 * time. Whether what was asked has been done is unknown; `status` says.
 */
export class KeeperUnavailable extends Error {
  override readonly name = 'KeeperUnavailable';
  readonly code = 'keeper-unavailable';

  constructor(readonly detail: string) {
    super(`the program that keeps the relay cannot be asked: ${detail}`);
  }
}

/** The keeper answered that it cannot do what was asked, and why; it has changed nothing. */
export class KeeperRefused extends Error {
  override readonly name = 'KeeperRefused';
  readonly code = 'keeper-refused';

  constructor(readonly detail: string) {
    super(`the program that keeps the relay refused: ${detail}`);
  }
}
