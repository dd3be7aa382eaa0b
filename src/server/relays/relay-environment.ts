import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Certificate } from '../config/certificate';
import type { Config } from '../config/config';
import { isLoopback } from '../../protocol/loopback';
import { HERE } from '../../tunnel/reverse-proxies';

/** ID of the relay that this server starts. */
export const LOCAL_RELAY = 'local';
/** Its data folder, inside the server's. */
export const RELAY_FOLDER = 'relay';

/** On one port: where this server serves the relay; the number of the pair follows. */
export const RELAY_PREFIX = '/relay';

/** Settings whose change does not require a new relay process. */
const IGNORED = ['PLATEN_LOG_LEVEL', 'PLATEN_RELAY_PAIRS'];

/**
 * Environment of the local relay (relay/relay-config.ts). Its secret and certificate are in files of mode 0600 in
 * `folder`, because other processes of the same user can read an environment.
 * @param serverUrl the control plane's address for the relay
 */
export function relayEnvironment(
  config: Config,
  certificate: Certificate,
  { folder, secret, serverUrl }: { folder: string; secret: string; serverUrl: string },
): Record<string, string> {
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text, { mode: 0o600 });
    return join(folder, name);
  };
  const { host, port, pairs } = config.relay;
  const proxies = proxiesOf(config);
  const speaksTls = hasTls(config);
  // the relay reads these files again when they are renewed
  const own = config.tls;
  return {
    PLATEN_RELAY_ID: LOCAL_RELAY,
    PLATEN_RELAY_SECRET_FILE: file('secret', secret),
    PLATEN_RELAY_DATA: folder,
    PLATEN_RELAY_HOST: host,
    PLATEN_RELAY_PORT: String(port),
    PLATEN_RELAY_PAIRS: String(pairs),
    PLATEN_RELAY_PUBLIC_URL: relayUrl(config) ?? '',
    PLATEN_RELAY_BEHIND_PROXY: proxies.length > 0 ? proxies.join(',') : 'no',
    PLATEN_SERVER_URL: serverUrl,
    PLATEN_SERVER_PIN: certificate.pin,
    PLATEN_SERVER_CERTIFICATE: own?.certificate ?? '',
    PLATEN_LOG_LEVEL: config.logLevel,
    PLATEN_TLS_CERTIFICATE: speaksTls ? (own?.certificate ?? file('tls.crt', certificate.certificate)) : '',
    PLATEN_TLS_KEY: speaksTls ? (own?.key ?? file('tls.key', certificate.key)) : '',
    PLATEN_TLS_CA: certificate.authority === undefined ? '' : file('authority.crt', certificate.authority),
  };
}

/** Whether a running relay has the desired settings, except for those whose change it does not need, or notices itself. */
export function hasDesiredSettings(running: Record<string, string>, desired: Record<string, string>): boolean {
  const ignored = desired.PLATEN_SERVER_CERTIFICATE ? [...IGNORED, 'PLATEN_SERVER_PIN'] : IGNORED;
  return Object.entries(desired).every(([name, value]) => ignored.includes(name) || (running[name] ?? '') === value);
}

const proxiesOf = ({ http }: Config): readonly string[] => (http.onePort ? HERE : http.proxies);
const hasTls = (config: Config): boolean => !isLoopback(config.relay.host) && proxiesOf(config).length === 0;

/** The address of the local relay that peers dial; undefined if the relay announces its own. */
export function relayUrl(config: Config): string | undefined {
  const { relay, http } = config;
  if (http.onePort) return `${new URL(http.publicUrl!).origin.replace('https:', 'wss:')}${RELAY_PREFIX}/{pair}`;
  if (relay.publicUrl) return relay.publicUrl;
  if (relay.port === 0) return undefined; // only the relay will know it
  const known = !isLoopback(relay.host) && http.publicUrl ? new URL(http.publicUrl).hostname : bracketed(relay.host);
  return isWildcard(known) ? undefined : `${hasTls(config) ? 'wss' : 'ws'}://${known}:${relay.port}`;
}

const bracketed = (host: string): string => (host.includes(':') ? `[${host}]` : host);
const isWildcard = (host: string): boolean => ['0.0.0.0', '[::]'].includes(host);
