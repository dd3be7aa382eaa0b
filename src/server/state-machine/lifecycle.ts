import type { OnApplicationBootstrap, OnModuleDestroy } from '@nestjs/common';
import type { Journal } from '../../journal/journal';
import type { SubjectField } from '../../journal/log-fields';
import { LIMITS } from '../../protocol/limits';
import { timerMs } from '../../protocol/waits';
import { flawsOf, transition, type FollowUp, type Machine, type Transition } from './machine';

/** The columns that every row with a life cycle has. */
export interface LifecycleRow<State extends string> {
  readonly id: string;
  readonly state: State;
  /** End of this state's wait; null without a timeout. */
  deadlineAt: Date | null;
}

export interface LifecycleRepository<Row, State extends string> {
  find(id: string): Promise<Row | null>;
  /** @returns false if the row was no longer in `from` */
  change(id: string, from: State, values: Partial<Row>): Promise<boolean>;
  /** Rows that have not ended. */
  open(): Promise<Row[]>;
  /** Open rows whose deadline has passed. */
  due(now: Date): Promise<Row[]>;
  /** The earliest deadline of all open rows. */
  nextDeadline(): Promise<Date | undefined>;
}

/** Attempts to save a change while concurrent changes come first. */
const MAX_ATTEMPTS = 5;

/**
 * Runs the life cycles of all rows of one kind, and is the only writer of their state: look the transition up, save it
 * `WHERE state = :from`, publish it, carry out its outputs. One timer serves the earliest deadline; the deadlines
 * themselves are in the database, so they outlive the server.
 */
export abstract class Lifecycle<
  State extends string,
  Input extends string,
  Output extends string,
  Wait extends string,
  Step extends Transition<State, Output>,
  Row extends LifecycleRow<State>,
  /**
   * Values of an input. `from`: it is for that state only. `row`: the row, if it is known and nothing but its state has
   * changed since; it is then not read again unless its state has.
   */
  Details extends { readonly from?: State; readonly row?: Row },
>
  implements OnApplicationBootstrap, OnModuleDestroy
{
  private timer: NodeJS.Timeout | undefined;
  private armedFor = Infinity;
  private isExpiring = false;
  /** Between the start and the stop of the server. */
  private isRunning = false;

  protected constructor(
    private readonly machine: Machine<State, Input, Output, Wait, Step>,
    private readonly rows: LifecycleRepository<Row, State>,
    protected readonly journal: Journal,
  ) {}

  /** Values to save with a transition, besides `state` and `deadlineAt`. */
  protected abstract valuesFor(row: Row, step: Step, details: Details): Partial<Row>;
  /** End of a wait that starts now. */
  protected abstract deadlineAfter(wait: Wait, row: Row, now: Date): Date | null;
  /** @param before undefined for a new row */
  protected abstract publish(row: Row, before?: Row): void;
  /** Carries out one output. The part before its first `await` is done when `apply` returns. */
  protected abstract carryOut(
    output: Output,
    row: Row,
    details?: Details,
  ): Promise<FollowUp<Input, Details> | undefined | void>;
  /** @returns the error for an ID without a row */
  protected abstract unknown(id: string): Error;
  /** Continues with an open row after a restart of the server. */
  protected abstract resume(row: Row): Promise<void>;

  /** A deadline has passed. */
  protected async expire({ id, state }: Row, input: Input): Promise<void> {
    await this.apply(id, input, { from: state } as Details);
  }

  async onApplicationBootstrap(): Promise<void> {
    const flaws = flawsOf(this.machine);
    if (flaws.length > 0) throw new Error(`the ${this.machine.name} machine is not sound: ${flaws.join('; ')}`);
    for (const row of await this.rows.open()) await this.resume(row);
    this.isRunning = true;
    this.arm(await this.rows.nextDeadline());
  }

  onModuleDestroy(): void {
    this.isRunning = false;
    clearTimeout(this.timer);
  }

  /** Starts the life cycle of a row that was inserted in its initial state. */
  start(row: Row): void {
    this.publish(row);
    this.arm(row.deadlineAt);
    this.enter(row);
  }

  /**
   * Applies one input. When it returns, the change is saved.
   * @returns the changed row; undefined if its state does not accept the input
   * @throws the error of an unknown ID
   */
  async apply(id: string, input: Input, details = {} as Details): Promise<Row | undefined> {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const row = (attempt === 0 && details.row) || (await this.rows.find(id));
      if (!row) throw this.unknown(id);
      const step = transition(this.machine, row.state, input);
      if (!step || (details.from && details.from !== row.state)) return undefined;
      const isEntered = step.to !== row.state;
      const values: Partial<Row> = { ...this.valuesFor(row, step, details), state: step.to };
      const changed: Row = { ...row, ...values };
      if (isEntered || this.machine.table[step.to].timeout?.restarts) values.deadlineAt = this.deadlineOf(changed);
      if (!(await this.rows.change(id, row.state, values))) continue;

      Object.assign(changed, values);
      this.arm(changed.deadlineAt);
      this.publish(changed, row);
      for (const output of step.do ?? []) void this.follow(output, changed, details);
      if (isEntered) this.enter(changed);
      return changed;
    }
    throw new Error(`${this.machine.name} ${id} was changed ${MAX_ATTEMPTS} times while ${input} was applied`);
  }

  /** The end of the wait of the row's state if it started now. */
  deadlineOf(row: Row, now = new Date()): Date | null {
    const { timeout } = this.machine.table[row.state];
    return timeout ? this.deadlineAfter(timeout.after, row, now) : null;
  }

  protected enter(row: Row): void {
    for (const output of this.machine.table[row.state].enter ?? []) void this.follow(output, row);
  }

  /** Saves a later deadline for the same state. */
  protected async postpone(row: Row, deadlineAt: Date): Promise<void> {
    if (row.deadlineAt && row.deadlineAt >= deadlineAt) return;
    await this.rows.change(row.id, row.state, { deadlineAt } as Partial<Row>);
  }

  private async follow(output: Output, row: Row, details?: Details): Promise<void> {
    try {
      const followUp = await this.carryOut(output, row, details);
      if (followUp) await this.apply(row.id, followUp.input, followUp);
    } catch (error) {
      this.journal.unexpected(error, `carrying out ${output} of ${this.machine.name} ${row.id}`);
    }
  }

  /** Makes the timer fire no later than `at`. */
  private arm(at: Date | null | undefined): void {
    if (!this.isRunning || !at || at.getTime() >= this.armedFor) return;
    clearTimeout(this.timer);
    this.armedFor = at.getTime();
    const wait = timerMs(this.armedFor - Date.now());
    this.timer = setTimeout(() => {
      this.armedFor = Infinity;
      if (!this.isExpiring) void this.expireDue();
    }, wait);
  }

  private async expireDue(): Promise<void> {
    this.isExpiring = true;
    let next: Date | undefined = new Date(Date.now() + LIMITS.RETRY_FIRST_MS);
    try {
      const expired = (await this.rows.due(new Date())).map((row) => this.expireOne(row));
      // a failed one is retried; the others do not wait for it
      if ((await Promise.all(expired)).every(Boolean)) next = await this.rows.nextDeadline();
    } catch (error) {
      this.journal.unexpected(error, `looking for deadlines of ${this.machine.name}s`);
    }
    this.isExpiring = false;
    this.arm(next);
  }

  private async expireOne(row: Row): Promise<boolean> {
    const { timeout } = this.machine.table[row.state];
    const subject: { [name in SubjectField]?: string } = { [this.machine.idField]: row.id };
    this.journal.info('a deadline has passed', { ...subject, state: row.state, input: timeout?.input });
    try {
      if (timeout) await this.expire(row, timeout.input);
      return true;
    } catch (error) {
      this.journal.unexpected(error, `ending the wait of ${this.machine.name} ${row.id}`);
      return false;
    }
  }
}
