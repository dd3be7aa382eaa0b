import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { Hash, Instant, Uuid } from '../../database/column-types';

/** Credential of a program; revoking it deletes the row. */
@Entity('api_tokens')
export class ApiTokenEntity {
  @PrimaryColumn(Uuid()) id: string;
  @Index('ix_api_tokens_user') @Column(Uuid()) userId: string;
  /** The token that it was created with; null: a login in a browser. */
  @Index('ix_api_tokens_parent') @Column(Uuid({ nullable: true })) parentId: string | null;
  @Column({ type: 'varchar', length: 100 }) name: string;
  /** Whether it covers users and external clients. */
  @Column({ type: 'boolean', default: false }) accounts: boolean;
  @Column(Hash()) secretHash: string;
  @Column(Instant()) createdAt: Date;
  @Column(Instant({ nullable: true })) expiresAt: Date | null;
  @Column(Instant({ nullable: true })) lastUsedAt: Date | null;
}
