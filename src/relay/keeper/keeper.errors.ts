import { isIPv6 } from 'node:net';

/** An address that a pair needs cannot be had, mostly because another program uses it. */
export class PortUnavailable extends Error {
  override readonly name = 'PortUnavailable';
  readonly code = 'port-unavailable';

  constructor(
    readonly host: string,
    readonly port: number,
    readonly why: string,
  ) {
    super(
      `${isIPv6(host) ? `[${host}]` : host}:${port} cannot be used: ${why === 'EADDRINUSE' ? 'another program has it' : why}`,
    );
  }
}

/** Another keeper works on the same data folder. */
export class KeeperRunning extends Error {
  override readonly name = 'KeeperRunning';
  readonly code = 'keeper-running';
}

/** What shall run from now on could not be written to disk; nothing was changed. */
export class NotStored extends Error {
  override readonly name = 'NotStored';
  readonly code = 'not-stored';
}
