import { Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';
import type { UpdateDecision } from '../../protocol/device-information';
import type { Step } from '../../protocol/steps';
import { Instant, Json, Uuid } from '../database/column-types';

/** An entry of a session's timeline: a numbered step of the control plane. */
@Entity('session_steps')
@Index('ix_session_steps_session', ['sessionId'])
export class SessionStepEntity {
  @PrimaryGeneratedColumn('increment') id: number;
  @Column(Uuid()) sessionId: string;
  @Column({ type: 'varchar', length: 8 }) step: Step;
  /** Which substitute, and what it answered. */
  @Column({ type: 'varchar', length: 300, default: '' }) detail: string;
  /** Of the step `update`. */
  @Column(Json({ nullable: true })) decision: UpdateDecision | null;
  @Column(Instant()) at: Date;
}
