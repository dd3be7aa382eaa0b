import { rootCertificates } from 'node:tls';
import { makeCertificate, makeSignedCertificate } from '../../test/support/test-certificate';
import { authorityOf, isPubliclySigned } from './authority';

describe('authorities in a PEM text', () => {
  it('are taken without what stands around them', async () => {
    const [one, two] = [await makeSignedCertificate(['localhost']), await makeSignedCertificate(['localhost'])];
    const text = `Root of a vendor\r\n${one.authority}\n# the next one\n${two.authority}\n`;
    const found = authorityOf(text)!;
    expect(found.match(/BEGIN CERTIFICATE/g)).toHaveLength(2);
    expect(found).not.toContain('vendor');
    expect(authorityOf(found)).toBe(found);
  });

  it.each([
    ['nothing', () => Promise.resolve('')],
    ['a private key', async () => (await makeCertificate()).key],
    ['the certificate of a server', async () => (await makeSignedCertificate(['localhost'])).cert],
    ['a damaged certificate', async () => (await makeCertificate()).cert.replace(/M[^\n]{8}/, 'M')],
    ['too many', async () => (await makeCertificate()).cert.repeat(40)],
  ])('are not found in %s', async (_, text) => {
    expect(authorityOf(await text())).toBeUndefined();
  });
});

describe('a certificate', () => {
  it('of a public authority chains to a trust anchor of Node', () => {
    expect(isPubliclySigned(rootCertificates[0]!)).toBe(true);
  });

  it('of a private authority does not', async () => {
    const { cert, authority } = await makeSignedCertificate(['localhost']);
    expect([cert, `${cert}\n${authority}`, 'no certificate'].map(isPubliclySigned)).toEqual([false, false, false]);
  });
});
