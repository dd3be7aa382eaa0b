import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { FactorKind } from '../../../protocol/account';
import { Instant, Int64, Uuid } from '../../database/column-types';
import { Encrypted } from '../../database/encrypted-column';

/** What a user presents beside the password. */
@Entity('second_factors')
export class SecondFactorEntity {
  @PrimaryColumn(Uuid()) id: string;
  @Index('ix_second_factors_user') @Column(Uuid()) userId: string;
  @Column({ type: 'varchar', length: 16 }) kind: FactorKind;
  @Column({ type: 'varchar', length: 100 }) name: string;
  /** `totp`: in base32; `passkey`: its public key in base64url. */
  @Column(Encrypted<string>()) secret: string;
  /** ID of a passkey in base64url (WebAuthn 5.1: at most 1,023 bytes). */
  @Index('ux_second_factors_credential', { unique: true })
  @Column({ type: 'varchar', length: 1364, nullable: true })
  credentialId: string | null;
  /** It only grows, so that nothing is accepted twice. `totp`: the time step of the last code; `passkey`: its signature counter. */
  @Column(Int64({ default: 0 })) counter: number;
  @Column(Instant()) createdAt: Date;
  /** null: being set up; it proves nothing. */
  @Column(Instant({ nullable: true })) confirmedAt: Date | null;
  @Column(Instant({ nullable: true })) lastUsedAt: Date | null;
}
