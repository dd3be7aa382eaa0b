import { X509Certificate } from 'node:crypto';
import { rootCertificates } from 'node:tls';
import { authority } from '../protocol/names';

/** What a file with authorities must contain, for error messages. */
export const AUTHORITY_RULE = 'must contain PEM certificates of authorities, at most 12,000 characters';

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** The certificates of authorities in a PEM text, without anything else; undefined if there are none, or others. */
export function authorityOf(text: string): string | undefined {
  const certificates = text.match(CERTIFICATE) ?? [];
  const { data } = authority.safeParse(certificates.join('\n'));
  return certificates.every((each) => parsed(each)?.ca) ? data : undefined;
}

/**
 * Whether a trust anchor of Node signed the certificate, or the last one of its chain.
 * @param pem with its chain
 */
export function isPubliclySigned(pem: string): boolean {
  const last = parsed(pem.match(CERTIFICATE)?.at(-1) ?? '');
  return last !== undefined && rootCertificates.some((root) => isSignedBy(last, root));
}

function isSignedBy(certificate: X509Certificate, root: string): boolean {
  const anchor = parsed(root);
  return anchor !== undefined && certificate.checkIssued(anchor) && certificate.verify(anchor.publicKey);
}

function parsed(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}
