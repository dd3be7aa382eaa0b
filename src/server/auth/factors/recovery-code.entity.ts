import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { Hash, Uuid } from '../../database/column-types';

/** A recovery code that has not been used; using it deletes the row. */
@Entity('recovery_codes')
export class RecoveryCodeEntity {
  @PrimaryColumn(Hash()) codeHash: string;
  @Index('ix_recovery_codes_user') @Column(Uuid()) userId: string;
}
