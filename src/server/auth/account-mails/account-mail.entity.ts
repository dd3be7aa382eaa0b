import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { Instant, Json, Uuid } from '../../database/column-types';

/** What a user is mailed about their account. */
export type AccountEvent =
  /** A login from a browser, or a program, that has not logged in to the account before. */
  | 'new-browser'
  | 'recovery-code-used'
  | 'factor-added'
  | 'factor-removed'
  | 'recovery-codes-replaced'
  | 'password-changed'
  /** An API token that covers users and external clients. */
  | 'token-created'
  /** Another API token. */
  | 'api-token-created'
  | 'client-created'
  /** By an administrator: all second factors were removed. */
  | 'factors-reset'
  | 'logins-ended'
  | 'password-set'
  | 'single-sign-on-set'
  /** To the address that the account had before. */
  | 'address-changed'
  /** Many passwords were refused. */
  | 'passwords-refused'
  /** The password was right, and several codes were wrong. */
  | 'codes-refused';

/** Nothing in it is free text, so that no mail carries what someone else has written. */
export interface AccountEventFacts {
  /** IP address of the request. */
  readonly address?: string;
  /** `Firefox, Windows`; absent for what is no known browser. */
  readonly browser?: string;
  /** User ID of someone else who did it, or `(command line)`. */
  readonly by?: string;
  /** Recovery codes that are left. */
  readonly left?: number;
}

/** One event that is to be mailed; several of one user are one mail, with one `mailId`. */
@Entity('account_mails')
@Index('ix_account_mails_user', ['userId', 'at'])
@Index('ix_account_mails_due', ['state', 'nextAttemptAt'])
export class AccountMailEntity {
  @PrimaryColumn(Uuid()) id: string;
  @Column(Uuid()) userId: string;
  /** The user's address at the time of the event. */
  @Column({ type: 'varchar', length: 254 }) recipient: string;
  @Column({ type: 'varchar', length: 32 }) event: AccountEvent;
  @Column(Json()) facts: AccountEventFacts;
  @Index('ix_account_mails_at') @Column(Instant()) at: Date;
  @Column({ type: 'varchar', length: 16 }) state: 'pending' | 'sent' | 'given-up';
  @Column({ type: 'integer', default: 0 }) attempts: number;
  /** When the next attempt is due; null if there is none. */
  @Column(Instant({ nullable: true })) nextAttemptAt: Date | null;
  /** Start of the current attempt; null if there is none. */
  @Column(Instant({ nullable: true })) claimedAt: Date | null;
  /** Of the mail in which it is sent, since the first attempt. */
  @Column(Uuid({ nullable: true })) mailId: string | null;
}
