// An OpenID Connect provider on loopback: node oidc-provider.mjs <port> <client's URL>
// Its login page takes any password; its accounts are those below. Prints a line when it listens.
import Provider from 'oidc-provider';

const [port, client] = process.argv.slice(2);
const issuer = `http://localhost:${port}`;

const ACCOUNTS = {
  ida: {
    ...{ preferred_username: 'ida', name: 'Ida Identity', groups: ['platen-admins'] },
    ...{ email: 'ida@acme.example', email_verified: true },
  },
  ted: {
    ...{ preferred_username: 'Ted', name: 'Ted Technician', groups: ['support', 'chess'] },
    ...{ email: 'ted@acme.example', email_verified: false },
  },
  moe: { preferred_username: 'moe', name: 'Moe', groups: ['chess'] },
  alex: { preferred_username: 'alex', name: 'Not Alex', groups: ['platen-admins'] },
};

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: 'platen',
      client_secret: 'a secret of the client',
      redirect_uris: [`${client}/api/auth/oidc/callback`],
      post_logout_redirect_uris: [`${client}/`],
      token_endpoint_auth_method: 'client_secret_post',
    },
  ],
  claims: { openid: ['sub'], profile: ['name', 'preferred_username', 'groups'], email: ['email', 'email_verified'] },
  findAccount: (_context, id) =>
    ACCOUNTS[id] && { accountId: id, claims: () => Promise.resolve({ sub: `subject-of-${id}`, ...ACCOUNTS[id] }) },
  pkce: { required: () => true },
  cookies: { keys: ['a key'] },
  features: { devInteractions: { enabled: true }, rpInitiatedLogout: { enabled: true } },
});
provider.listen(Number(port), 'localhost', () => console.log(`listening at ${issuer}`));
