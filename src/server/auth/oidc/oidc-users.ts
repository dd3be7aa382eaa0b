import { Injectable } from '@nestjs/common';
import { emailAddress, userName } from '../../../protocol/api';
import { shownText } from '../../../protocol/shown-text';
import { readOidcFiles, type OidcSettings } from '../../config/oidc-settings';
import { PROVIDER, type ActingUser } from '../actor';
import { LastAdmin, OidcRefused } from '../auth.errors';
import type { UserEntity } from '../users/user.entity';
import { UsersService } from '../users/users.service';
import { CustomerAssignment } from './customer-assignment';
import { membershipOf, type Membership } from './group-rules';
import type { Claims } from './oidc-client';

const NAME_CHARACTERS = 100;

/** The users whom the provider vouches for. */
@Injectable()
export class OidcUsers {
  constructor(
    private readonly users: UsersService,
    private readonly customers: CustomerAssignment,
  ) {}

  /**
   * The user of these claims, with the role and the customers that their groups give them now. Issuer and subject name the
   * user (OpenID Connect Core 5.7): the first login binds them to the account with the user ID, which an administrator has
   * made for single sign-on, or which is created. An account with a password is never taken over by a user ID. An account
   * without a mail address gets that of the claims.
   * @throws OidcRefused
   */
  async userOf(settings: OidcSettings, claims: Claims & { sub: string }): Promise<ActingUser> {
    const { rules } = readOidcFiles(settings);
    const membership = rules && membershipOf(claims[settings.groupsClaim], rules);
    if (rules && !membership) throw new OidcRefused('no-group');
    const known = await this.users.bySubject(settings.issuer, claims.sub);
    const user = known ?? (await this.firstLogin(settings, claims, membership));
    if (membership) await this.follow(user, membership);
    const actor = await this.users.actor(user.id);
    if (!actor) throw new OidcRefused('deactivated');
    const email = user.email === null ? addressIn(claims) : undefined;
    if (email !== undefined) await this.users.change(PROVIDER, user.id, { email });
    return actor;
  }

  private async firstLogin(
    settings: OidcSettings,
    claims: Claims & { sub: string },
    membership: Membership | undefined,
  ): Promise<UserEntity> {
    const username = usernameIn(settings, claims);
    const bound = await this.users.bindSubject(username, settings.issuer, claims.sub);
    if (bound === 'other-login') throw new OidcRefused('other-login');
    if (bound) return bound;
    if (!settings.createsUsers || !membership) throw new OidcRefused('unknown-user');
    const name = typeof claims.name === 'string' ? shownText(claims.name).slice(0, NAME_CHARACTERS).trim() : '';
    await this.users.create(PROVIDER, {
      username,
      displayName: name || username,
      role: membership.role,
      login: 'oidc',
    });
    const created = await this.users.bindSubject(username, settings.issuer, claims.sub);
    if (!created || created === 'other-login') throw new OidcRefused('other-login');
    return created;
  }

  private async follow(user: UserEntity, { role, customers }: Membership): Promise<void> {
    if (user.role !== role)
      await this.users.change(PROVIDER, user.id, { role }).catch((error: unknown) => {
        // somebody has to be able to administer the server
        if (!(error instanceof LastAdmin)) throw error;
      });
    if (role !== 'admin') await this.customers.replace(PROVIDER, user.id, customers);
  }
}

/** Providers let users enter any address; only a verified one is theirs. */
export function addressIn({ email, email_verified }: Claims): string | undefined {
  return email_verified === true ? emailAddress.safeParse(email).data : undefined;
}

/** @throws OidcRefused */
function usernameIn({ usernameClaim }: OidcSettings, claims: Claims): string {
  // as for their address
  if (usernameClaim === 'email' && claims.email_verified !== true) throw new OidcRefused('no-user-id');
  const claim = claims[usernameClaim];
  const { data } = userName.safeParse(typeof claim === 'string' ? claim.toLowerCase() : undefined);
  if (data === undefined) throw new OidcRefused('no-user-id');
  return data;
}
