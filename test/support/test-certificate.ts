import { generate } from 'selfsigned';
import { spkiPinOf } from '../../src/tunnel/pinned-tls';

export interface TestCertificate {
  readonly key: string;
  readonly cert: string;
  readonly pin: string;
}

/** A fresh self-made certificate for localhost and 127.0.0.1. */
export async function makeCertificate(): Promise<TestCertificate> {
  const pems = await generate([{ name: 'commonName', value: 'localhost' }], {
    keyType: 'ec',
    extensions: [
      { name: 'basicConstraints', cA: true },
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: 'localhost' },
          { type: 7, ip: '127.0.0.1' },
        ],
      },
    ],
  });
  return { key: pems.private, cert: pems.cert, pin: spkiPinOf(pems.cert) };
}
