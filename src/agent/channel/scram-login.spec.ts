import { ScramLogin } from './scram-login';

/** The exchange printed in RFC 7677 3: user "user", password "pencil". */
const CREDENTIALS = { username: 'user', password: 'pencil' };
const CLIENT_NONCE = 'rOprNGfwEbeRWgbNEkqO';
const NONCE = `${CLIENT_NONCE}%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0`;
const SALT = 'W22ZaJ0SNY7soEsUEjb6gQ==';
const PROOF = 'dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=';
const SIGNATURE = '6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=';

/** The login up to the client's final message. */
async function afterChallenge(serverFirst = `r=${NONCE},s=${SALT},i=4096`): Promise<[ScramLogin, string]> {
  const login = new ScramLogin(CLIENT_NONCE);
  await login.response(CREDENTIALS);
  login.challenge(serverFirst);
  return [login, await login.response(CREDENTIALS)];
}

describe("an agent's login", () => {
  it('reproduces the exchange in RFC 7677', async () => {
    const login = new ScramLogin(CLIENT_NONCE);
    expect(await login.response(CREDENTIALS)).toBe(`n,,n=user,r=${CLIENT_NONCE}`);
    login.challenge(`r=${NONCE},s=${SALT},i=4096`);
    expect(await login.response(CREDENTIALS)).toBe(`c=biws,r=${NONCE},p=${PROOF}`);
    expect(login.isServerProven).toBe(false);
    login.success(`v=${SIGNATURE}`);
    expect(login.isServerProven).toBe(true);
  });

  it.each([
    ['no nonce of its own', `r=${CLIENT_NONCE},s=${SALT},i=4096`],
    ['another nonce', `r=${NONCE.slice(1)},s=${SALT},i=4096`],
    ['no salt', `r=${NONCE},i=4096`],
    ['few iterations', `r=${NONCE},s=${SALT},i=4095`],
    ['no iterations', `r=${NONCE},s=${SALT},i=0`],
    ['iterations for hours', `r=${NONCE},s=${SALT},i=999999999`],
    ['an extension that must be known', `m=x,r=${NONCE},s=${SALT},i=4096`],
    ['nothing', ''],
  ])('sends no proof to a server with %s', async (_name, serverFirst) => {
    await expect(afterChallenge(serverFirst)).rejects.toMatchObject({ name: 'ServerNotProven' });
  });

  it.each([
    ['another signature', `v=${SIGNATURE.replace('6', '7')}`],
    ['a signature of another length', 'v=AAAA'],
    ['an error', 'e=other-error'],
    ['no signature', ''],
  ])('does not believe a success with %s', async (_name, serverFinal) => {
    const [login] = await afterChallenge();
    expect(() => login.success(serverFinal)).toThrow('did not prove');
    expect(login.isServerProven).toBe(false);
  });

  it('does not believe a success before the proof', async () => {
    const login = new ScramLogin(CLIENT_NONCE);
    await login.response(CREDENTIALS);
    expect(() => login.success(`v=${SIGNATURE}`)).toThrow('did not prove');
  });
});
