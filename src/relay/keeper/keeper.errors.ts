import { isIPv6 } from 'node:net';

/** A pair's address is not available, usually because another program uses it. */
export class PortUnavailable extends Error {
  override readonly name = 'PortUnavailable';
  readonly code = 'port-unavailable';

  constructor(
    readonly host: string,
    readonly port: number,
    readonly why: string,
  ) {
    super(
      `${isIPv6(host) ? `[${host}]` : host}:${port} cannot be used: ${why === 'EADDRINUSE' ? 'another program is using it' : why}`,
    );
  }
}

/** Another keeper uses the same data folder. */
export class KeeperRunning extends Error {
  override readonly name = 'KeeperRunning';
  readonly code = 'keeper-running';
}

/** The desired run could not be stored; nothing was changed. */
export class NotStored extends Error {
  override readonly name = 'NotStored';
  readonly code = 'not-stored';
}
