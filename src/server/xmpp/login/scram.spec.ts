import { readClientFirst, ScramExchange, scramKeys } from './scram';

/** The exchanges printed in RFC 5802 5 and RFC 7677 3: user "user", password "pencil". */
const VECTORS = [
  {
    algorithm: 'sha1' as const,
    clientFirst: 'n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL',
    serverNonce: '3rfcNHYJY1ZVvWVs7j',
    salt: 'QSXCR+Q6sek8bf92',
    serverFirst: 'r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096',
    clientFinal: 'c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=',
    serverFinal: 'v=rmF9pqV8S7suAoZWja4dJRkFsKQ=',
  },
  {
    algorithm: 'sha256' as const,
    clientFirst: 'n,,n=user,r=rOprNGfwEbeRWgbNEkqO',
    serverNonce: '%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0',
    salt: 'W22ZaJ0SNY7soEsUEjb6gQ==',
    serverFirst: 'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096',
    clientFinal:
      'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=',
    serverFinal: 'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=',
  },
];

async function exchangeOf(vector: (typeof VECTORS)[number]): Promise<ScramExchange> {
  const keys = await scramKeys('pencil', vector.algorithm, 4096, Buffer.from(vector.salt, 'base64'));
  return new ScramExchange(vector.algorithm, keys, readClientFirst(vector.clientFirst)!, vector.serverNonce);
}

describe.each(VECTORS)('SCRAM-$algorithm', (vector) => {
  it('reproduces the exchange in its RFC', async () => {
    const exchange = await exchangeOf(vector);
    expect(exchange.serverFirst).toBe(vector.serverFirst);
    expect(exchange.verify(vector.clientFinal)).toBe(vector.serverFinal);
  });

  it.each([
    ['another proof', (final: string) => final.replace(/p=./, 'p=A')],
    ['a proof of another length', (final: string) => final.replace(/p=.*/, 'p=AAAA')],
    ['no proof', (final: string) => final.replace(/,p=.*/, '')],
    ['another nonce', (final: string) => final.replace('r=', 'r=x')],
    ['another gs2 header', (final: string) => final.replace('c=biws', 'c=eSws')],
  ])('refuses %s', async (_what, bend) => {
    const exchange = await exchangeOf(vector);
    expect(exchange.verify(bend(vector.clientFinal))).toBeUndefined();
  });
});

describe('client-first-message', () => {
  it.each([
    ['n,,n=agent,r=abc', { gs2Header: 'n,,', bare: 'n=agent,r=abc', username: 'agent', nonce: 'abc' }],
    ['y,,n=agent,r=abc,ext=1', { gs2Header: 'y,,', bare: 'n=agent,r=abc,ext=1', username: 'agent', nonce: 'abc' }],
    ['n,a=agent@d,n=agent,r=abc', { gs2Header: 'n,a=agent@d,', authorizationId: 'agent@d', username: 'agent' }],
    ['n,,n=a=2Cb=3Dc,r=abc', { username: 'a,b=c' }],
  ])('reads %s', (message, expected) => expect(readClientFirst(message)).toMatchObject(expected));

  it.each([
    '',
    'n,,',
    'n,,n=,r=abc',
    'n,,n=agent',
    'n,,n=agent,r=',
    'p=tls-exporter,,n=agent,r=abc',
    'n,,m=x,n=agent,r=abc',
  ])('refuses %j', (message) => expect(readClientFirst(message)).toBeUndefined());
});

it('generates a new salt each time', async () => {
  const [one, two] = await Promise.all([scramKeys('x', 'sha256'), scramKeys('x', 'sha256')]);
  expect(one.salt.equals(two.salt)).toBe(false);
});
