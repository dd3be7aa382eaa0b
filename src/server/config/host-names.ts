import { hostname } from 'node:os';
import type { Config } from './config';

/** The names of console and API: lower case, addresses without brackets. */
export function consoleNames({ http }: Config): string[] {
  const url = http.publicUrl === undefined ? [] : [new URL(http.publicUrl).hostname];
  return distinct(['localhost', '127.0.0.1', '::1', hostname(), http.host, ...http.otherNames, ...url]);
}

/** All names of this server, for its certificate. */
export function hostNames(config: Config): string[] {
  const { http, xmpp, relay } = config;
  const sessions = http.sessionDomain === undefined ? [] : [`*.${http.sessionDomain}`];
  const url = relay.publicUrl === undefined ? [] : [new URL(relay.publicUrl).hostname];
  const others = [xmpp.domain, xmpp.publicHost ?? '', xmpp.host, relay.host, ...url, ...sessions];
  return distinct([...consoleNames(config), ...others]);
}

function distinct(names: string[]): string[] {
  const all = names.map((name) => name.replace(/^\[(.*)\]$/, '$1').toLowerCase());
  return [...new Set(all)].filter((name) => !['', '0.0.0.0', '::'].includes(name));
}
