import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { Hash, Instant, Json, Uuid } from '../../database/column-types';

/** A browser's login. The session ID itself is stored only in the browser's cookie. */
@Entity('cookie_sessions')
export class CookieSessionEntity {
  @PrimaryColumn(Hash()) idHash: string;
  @Index('ix_cookie_sessions_user') @Column(Uuid({ nullable: true })) userId: string | null;
  @Column(Json()) data: object;
  /** Recorded now and then. */
  @Column(Instant({ nullable: true })) lastUsedAt: Date | null;
  @Index('ix_cookie_sessions_expires') @Column(Instant()) expiresAt: Date;
}
