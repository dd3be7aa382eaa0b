import { isIP } from 'node:net';
import { generate } from 'selfsigned';
import { spkiPinOf } from '../../src/tunnel/pinned-tls';

export interface TestCertificate {
  readonly key: string;
  readonly cert: string;
  readonly pin: string;
}

/** A fresh self-made certificate for localhost and 127.0.0.1. */
export const makeCertificate = (): Promise<TestCertificate> => made('localhost', ['localhost', '127.0.0.1']);

export const makeAuthority = (): Promise<TestCertificate> => made('Authority of a vendor', []);

/** A certificate for these names, signed by a private authority (a fresh one by default), whose certificate is `authority`. */
export async function makeSignedCertificate(
  names: string[],
  by?: TestCertificate,
  dates?: Dates,
): Promise<TestCertificate & { authority: string }> {
  const authority = by ?? (await makeAuthority());
  return { ...(await made(names[0]!, names, authority, dates)), authority: authority.cert };
}

interface Dates {
  readonly notBeforeDate: Date;
  readonly notAfterDate: Date;
}

async function made(
  commonName: string,
  names: string[],
  authority?: TestCertificate,
  dates?: Dates,
): Promise<TestCertificate> {
  const altNames = names.map((name) =>
    isIP(name) ? { type: 7 as const, ip: name } : { type: 2 as const, value: name },
  );
  const pems = await generate([{ name: 'commonName', value: commonName }], {
    keyType: 'ec',
    algorithm: 'sha256',
    ca: authority,
    ...dates,
    extensions: [
      { name: 'basicConstraints', cA: authority === undefined, critical: true },
      ...(altNames.length > 0 ? [{ name: 'subjectAltName' as const, altNames }] : []),
    ],
  });
  return { key: pems.private, cert: pems.cert, pin: spkiPinOf(pems.cert) };
}
