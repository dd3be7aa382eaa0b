import { Column, Entity, PrimaryColumn } from 'typeorm';
import { Instant, Json } from '../database/column-types';

/** SCRAM keys as stored: base64 strings in the place of buffers (RFC 5802: salted, never the password). */
export interface StoredScramKeys {
  salt: string;
  iterations: number;
  storedKey: string;
  serverKey: string;
}

/** A device agent's account on the control channel. */
@Entity('agents')
export class AgentEntity {
  @PrimaryColumn({ type: 'varchar', length: 64 }) id: string;
  @Column(Json()) scramSha1: StoredScramKeys;
  @Column(Json()) scramSha256: StoredScramKeys;
  @Column({ type: 'varchar', length: 40, default: '' }) version: string;
  @Column(Instant()) createdAt: Date;
  @Column(Instant({ nullable: true })) lastSeenAt: Date | null;
}
