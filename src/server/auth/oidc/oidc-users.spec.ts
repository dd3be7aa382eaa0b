import { addressIn } from './oidc-users';

describe('the mail address of a user of single sign-on', () => {
  it.each<[what: string, claims: object, address: string | undefined]>([
    ['is a verified one', { email: 'ida@acme.example', email_verified: true }, 'ida@acme.example'],
    ['is none that is not verified', { email: 'ida@acme.example', email_verified: false }, undefined],
    ['is none that is verified in words only', { email: 'ida@acme.example', email_verified: 'true' }, undefined],
    ['is none without the claim', { email: 'ida@acme.example' }, undefined],
    ['is none that mail servers do not take', { email: 'ida at acme', email_verified: true }, undefined],
    ['is none of several', { email: ['ida@acme.example'], email_verified: true }, undefined],
    ['is none that is too long', { email: `${'i'.repeat(250)}@acme.example`, email_verified: true }, undefined],
    [
      'is none with further headers',
      { email: 'ida@acme.example\r\nBcc: all@acme.example', email_verified: true },
      undefined,
    ],
  ])('%s', (_what, claims, address) => {
    expect(addressIn(claims as Record<string, unknown>)).toBe(address);
  });
});
