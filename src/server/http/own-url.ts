import type { Config } from '../config/config';

/** Where browsers, terminals and agents reach the server. @param port on which it listens */
export const publicUrlOf = (config: Config, port: number): string => config.http.publicUrl ?? ownUrlOf(config, port);

/** Where programs on this machine reach it. */
export function ownUrlOf({ http }: Config, port: number): string {
  const host = ['0.0.0.0', '::'].includes(http.host) ? 'localhost' : http.host;
  return `${http.tls ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
