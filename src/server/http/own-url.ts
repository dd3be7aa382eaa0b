import type { Config } from '../config/config';

/** The URL of the server for browsers, terminals and agents. @param port on which it listens */
export const publicUrlOf = (config: Config, port: number): string => config.http.publicUrl ?? ownUrlOf(config, port);

/** The URL of the server for programs on this machine. */
export function ownUrlOf({ http }: Config, port: number): string {
  const host = ['0.0.0.0', '::'].includes(http.host) ? 'localhost' : http.host;
  return `${http.tls ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
