import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { Language, Role, User } from '../../../protocol/api';
import { Instant, Uuid } from '../../database/column-types';

@Entity('users')
@Index('ux_users_subject', ['issuer', 'subject'], { unique: true })
export class UserEntity {
  @PrimaryColumn(Uuid()) id: string;
  @Index('ux_users_username', { unique: true }) @Column({ type: 'varchar', length: 64 }) username: string;
  @Column({ type: 'varchar', length: 100 }) displayName: string;
  @Column({ type: 'varchar', length: 32 }) role: Role;
  @Column({ type: 'boolean', default: true }) active: boolean;
  /** See `passwords.ts`. */
  @Column({ type: 'varchar', length: 200 }) passwordHash: string;
  @Column(Instant()) createdAt: Date;
  @Column({ type: 'varchar', length: 254, nullable: true }) email: string | null;
  @Column({ type: 'varchar', length: 8, nullable: true }) language: Language | null;
  /** An active administrator, who is also notified when a session of this user is halted (E18). */
  @Column(Uuid({ nullable: true })) administratorId: string | null;
  /** How the user logs in; with `oidc`, the password hash matches nothing. */
  @Column({ type: 'varchar', length: 16, default: 'password' }) login: User['login'];
  /** Who the user is at the provider of single sign-on; null before the first login there. */
  @Column({ type: 'varchar', length: 500, nullable: true }) issuer: string | null;
  @Column({ type: 'varchar', length: 255, nullable: true }) subject: string | null;
}
