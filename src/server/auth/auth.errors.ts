import { ProblemError } from '../../protocol/problems';
import { InvalidRequest, TooManyRequests } from '../http/http.errors';

export class NotLoggedIn extends ProblemError {
  constructor() {
    super('not-logged-in', 'This needs a login.');
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
    super('There were too many failed logins for this user ID.', retryAfterSeconds);
  }
}
export class PasswordsBusy extends TooManyRequests {
  constructor() {
    super('Too many passwords are being checked at this moment.', 5);
  }
}
export class Forbidden extends ProblemError {
  constructor(role: string) {
    super('forbidden', `This needs the role ${role}.`);
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
    super('conflict', `There is a user ${username} already.`);
  }
}
export class LastAdmin extends ProblemError {
  constructor() {
    super('conflict', 'This is the last active administrator.');
  }
}
export class UnknownToken extends ProblemError {
  constructor() {
    super('not-found', 'There is no such API token of yours.');
  }
}
/** Who is told of a user's halted sessions has to be able to see to it. */
export class NotAnAdministrator extends InvalidRequest {
  constructor() {
    super('The administrator of a user has to be another one, active, with the role admin.', [
      { path: 'administratorId', message: 'this is no other active administrator' },
    ]);
  }
}
/** Who changes their own password has to know the one they have. */
export class WrongPassword extends InvalidRequest {
  constructor() {
    super('The current password is wrong.', [{ path: 'current', message: 'this is not your password' }]);
  }
}
