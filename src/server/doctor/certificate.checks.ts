import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { note, problem, type CheckFinding } from '../../protocol/check-finding';
import { isLoopback } from '../../protocol/loopback';
import { endpointOf } from '../../tunnel/pinned-tls';
import { isOfUnknownAuthority, type Certificate } from '../config/certificate';
import type { Config } from '../config/config';
import { relayUrl } from '../relays/relay-environment';
import { shownSite, siteName } from './site-name';

const DAY_MS = 24 * 60 * 60_000;
/** Certificates of 90 days are renewed 30 days before they expire, those of hours or days when a third of that is left. */
const EXPIRES_SOON_MS = 14 * DAY_MS;
const EXPIRES_SOON_PART = 1 / 6;

/** Of the certificate that this server presents; a reverse proxy's is seen on the ways in. */
export function* certificateChecks(config: Config, certificate: Certificate): Generator<CheckFinding> {
  const { http, relay } = config;
  if (!http.tls) return;
  const x509 = new X509Certificate(certificate.certificate);
  yield validity('certificate', x509);
  if (certificate.selfSigned) yield note('certificate', `is made by the server; its key is ${certificate.pin}`);
  else if (isOfUnknownAuthority(certificate))
    yield problem(
      'certificate',
      'no public authority has signed it; set PLATEN_TLS_CA to the PEM file of the one that has',
    );
  const named = [http.publicUrl, relay.local ? relayUrl(config) : undefined].flatMap((url) =>
    url ? [endpointOf(new URL(url)).host] : [],
  );
  const site = siteName(config);
  const names = [...new Set([...named, ...http.otherNames, ...(site === undefined ? [] : [site])])].filter(
    (name) => !isLoopback(name),
  );
  const missing = names.filter((name) => (isIP(name) ? x509.checkIP(name) : x509.checkHost(name)) === undefined);
  if (missing.length > 0)
    yield problem(
      'certificate',
      `is not for ${missing.map(shownSite).join(', ')}; have one made with these names, too`,
    );
}

function validity(subject: string, { validFrom, validTo }: X509Certificate): CheckFinding {
  const leftMs = Date.parse(validTo) - Date.now();
  if (Date.parse(validFrom) > Date.now()) return problem(subject, `is not valid before ${validFrom}; check the clock`);
  if (leftMs < 0) return problem(subject, `expired on ${validTo}; renew it`);
  const lifetimeMs = Date.parse(validTo) - Date.parse(validFrom);
  if (leftMs < Math.min(EXPIRES_SOON_MS, lifetimeMs * EXPIRES_SOON_PART))
    return problem(subject, `expires on ${validTo}; renew it, and have it renewed automatically`);
  return note(subject, `is valid until ${validTo}`);
}

/** For the end of a finding. @throws Error if it is not valid, or not for long */
export function validUntil(presented: X509Certificate | undefined): string {
  if (!presented) return '';
  const { isProblem, text } = validity('', presented);
  if (isProblem) throw new Error(`its certificate ${text}`);
  return `, its certificate ${text}`;
}
