import { Passport } from 'passport';
import { Strategy } from 'passport-local';
import type { Actor } from '../actor';
import type { LoginBrowser } from './login-browser';
import type { UsersService } from '../users/users.service';

/** Injection token of this server's Passport; the instance that the package exports is shared by the whole process. */
export const PASSPORT = Symbol('Passport');

export type ServerPassport = ReturnType<typeof createPassport>;

/** What the login strategy reports besides the actor. */
export interface LoginInfo {
  /** The user ID exists. */
  readonly known: boolean;
}

/** Logs in with user ID and password; stores the user's ID in the session and looks the user up for every request. */
export function createPassport(users: UsersService, browsers: LoginBrowser): InstanceType<typeof Passport> {
  const passport = new Passport();
  passport.use(
    new Strategy({ passReqToCallback: true }, (request, username, password, done) => {
      users
        .verify(username, password, browsers.of(request, username) !== undefined)
        .then(
          ({ actor, known }) => done(null, actor ?? false, { message: '', known } as { message: string } & LoginInfo),
          done,
        );
    }),
  );
  passport.serializeUser((user, done) => done(null, (user as Actor).userId));
  passport.deserializeUser((id: string, done) => {
    users.actor(id).then((actor) => done(null, actor ?? false), done);
  });
  return passport;
}
