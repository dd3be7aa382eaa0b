import type { OidcRefusal } from '../../protocol/account';
import type { ClientScope } from '../../protocol/external-clients';
import { LIMITS } from '../../protocol/limits';
import { ProblemError } from '../../protocol/problems';
import { InvalidRequest, TooManyRequests } from '../http/http.errors';

export class NotLoggedIn extends ProblemError {
  constructor() {
    super('not-logged-in', 'This requires a login.');
  }
}
/** The same for an unknown user, a wrong password and a deactivated account. */
export class LoginRefused extends ProblemError {
  constructor() {
    super('login-refused', 'User ID or password is wrong.');
  }
}
export class TooManyLogins extends TooManyRequests {
  constructor(retryAfterSeconds: number) {
    super('After failed logins, the next one has to wait.', retryAfterSeconds);
  }
}
export class PasswordsBusy extends TooManyRequests {
  constructor() {
    super('Too many passwords are being checked at the moment.', 5);
  }
}
export class Forbidden extends ProblemError {
  constructor(role: string) {
    super('forbidden', `This requires the role ${role}.`);
  }
}
/** Of an API token without `accounts`. */
export class AccountsNotCovered extends ProblemError {
  constructor() {
    super(
      'forbidden',
      'This API token does not cover users and external clients. Use the console, or a token that does.',
    );
  }
}
/** What a program gives away covers no more than the program itself. */
export class OutranksToken extends InvalidRequest {
  constructor() {
    super('A token that is created with another token covers no more than that one.', [
      { path: 'accounts', message: 'the token of the request does not cover users and external clients' },
    ]);
  }
}
/** Most routes are for users only. */
export class ClosedToClients extends ProblemError {
  constructor() {
    super('forbidden', 'External clients cannot use this part of the API.');
  }
}
export class BeyondLimits extends ProblemError {
  constructor(what: string) {
    super('forbidden', `The limits of this external client do not include ${what}.`);
  }
}
/** RFC 6750 3.1 */
export class InsufficientScope extends ProblemError {
  constructor(readonly scope: ClientScope) {
    super('insufficient-scope', `This requires the scope ${scope}.`);
  }
  override challenge(): string {
    return `Bearer realm="platen", error="insufficient_scope", scope="${this.scope}"`;
  }
}
export class CrossSite extends ProblemError {
  constructor() {
    super('cross-site', 'The request was made by a page of another site.');
  }
}
export class UnknownUser extends ProblemError {
  constructor() {
    super('not-found', 'There is no such user.');
  }
}
export class UserExists extends ProblemError {
  constructor(username: string) {
    super('conflict', `A user ${username} already exists.`);
  }
}
export class LastAdmin extends ProblemError {
  constructor() {
    super('conflict', 'This is the last active administrator.');
  }
}
export class UnknownToken extends ProblemError {
  constructor() {
    super('not-found', 'You have no such API token.');
  }
}
/** What a program gives away does not work for longer than the program itself. */
export class OutlivesToken extends InvalidRequest {
  constructor() {
    super('A token that is created with another token expires no later than that one.', [
      { path: 'expiresInDays', message: 'this is later than the end of the token of the request' },
    ]);
  }
}
/** The administrator of a user is notified of that user's halted sessions, and must be able to act on them. */
export class NotAnAdministrator extends InvalidRequest {
  constructor() {
    super('The administrator of a user must be another active user with the role admin.', [
      { path: 'administratorId', message: 'this is not another active administrator' },
    ]);
  }
}
/** A user who changes their own password must know the current one. */
export class WrongPassword extends InvalidRequest {
  constructor() {
    super('The current password is wrong.', [{ path: 'current', message: 'this is not your password' }]);
  }
}
/** Among the first that an attacker tries (NIST SP 800-63B 3.1.1.2). */
export class GuessablePassword extends InvalidRequest {
  constructor(path: 'password' | 'next') {
    super('The new password is too easy to guess.', [
      { path, message: 'this is among the first passwords that an attacker tries; choose several words' },
    ]);
  }
}
/** The password was right; see `GET /api/auth/login`. */
export class SecondFactorRequired extends ProblemError {
  constructor() {
    super('second-factor-required', 'The password was right. The login also needs a second factor.');
  }
}
/** The password was right; see `GET /api/auth/login`. */
export class SecondFactorMissing extends ProblemError {
  constructor() {
    super('second-factor-missing', 'The password was right. The role of the user also requires a second factor.');
  }
}
export class NoPendingLogin extends ProblemError {
  constructor() {
    super('not-logged-in', 'The login was not completed in time. Enter the password again.');
  }
}
/** At a login. */
export class WrongCode extends ProblemError {
  constructor() {
    super('factor-refused', 'The code is wrong, or has been used.');
  }
}
export class PasskeyRefused extends ProblemError {
  constructor() {
    super('factor-refused', 'The passkey was not accepted.');
  }
}
/** While an authenticator app is set up. */
export class WrongFactorCode extends InvalidRequest {
  constructor() {
    super('The code is wrong.', [{ path: 'code', message: 'this is not the code that the app shows now' }]);
  }
}
export class UnknownFactor extends ProblemError {
  constructor() {
    super('not-found', 'There is no such second factor.');
  }
}
export class LastFactor extends ProblemError {
  constructor() {
    super('conflict', 'Your role requires a second factor. Add another one before you remove this one.');
  }
}
export class TooManyFactors extends ProblemError {
  constructor() {
    super('conflict', `There are already ${LIMITS.FACTORS_PER_USER} second factors.`);
  }
}
export class LoginTooOld extends ProblemError {
  constructor() {
    super('login-too-old', 'How a user logs in, and their address, can only be changed shortly after a login.');
  }
}
export class BrowserLoginRequired extends ProblemError {
  constructor() {
    super('forbidden', 'API tokens cannot change how a user logs in, and not their own address. Use the console.');
  }
}
export class LoginWithToken extends ProblemError {
  constructor() {
    super('invalid-request', 'A login takes no token. Send the request without the header Authorization.');
  }
}
export class OidcNotConfigured extends ProblemError {
  constructor() {
    super('not-found', 'This server has no single sign-on.');
  }
}
/** The provider knows the user, and Platen does not let them in. */
export class OidcRefused extends Error {
  override readonly name = 'OidcRefused';
  constructor(readonly why: OidcRefusal) {
    super(why);
  }
}
export class UnknownLogin extends ProblemError {
  constructor() {
    super('not-found', 'There is no such login of this user.');
  }
}
export class UnknownClient extends ProblemError {
  constructor() {
    super('not-found', 'There is no such external client.');
  }
}
export class ClientExists extends ProblemError {
  constructor(name: string) {
    super('conflict', `An external client ${name} already exists, perhaps revoked.`);
  }
}
export class ClientRevoked extends ProblemError {
  constructor() {
    super('conflict', 'This external client is revoked. Create another one.');
  }
}
export class TooManyClients extends ProblemError {
  constructor() {
    super('conflict', `There are already ${LIMITS.CLIENTS} external clients.`);
  }
}
