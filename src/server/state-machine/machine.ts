import type { SubjectField } from '../../journal/log-fields';

/** One cell of a table. Features add their own fields: an ending, a reason, a failure. */
export interface Transition<State extends string, Output extends string> {
  readonly to: State;
  /** Carried out, in this order, once the transition is saved. */
  readonly do?: readonly Output[];
}

export interface StateRow<Input extends string, Output extends string, Wait extends string, Step> {
  /** Carried out when the state is entered, after the outputs of the transition. */
  readonly enter?: readonly Output[];
  readonly timeout?: {
    readonly after: Wait;
    readonly input: Input;
    /** Counts from the last input instead of the entry into the state. */
    readonly restarts?: true;
  };
  readonly on: Partial<Record<Input, Step>>;
}

/** An input that follows from an output, with its values. */
export type FollowUp<Input, Details> = Details & { readonly input: Input };

/** A life cycle as data: state x input -> next state and outputs. */
export interface Machine<
  State extends string,
  Input extends string,
  Output extends string,
  Wait extends string,
  Step extends Transition<State, Output> = Transition<State, Output>,
> {
  /** The kind of its rows, in the singular: `session`. */
  readonly name: string;
  /** The field of its ID in the journal. */
  readonly idField: SubjectField;
  readonly initial: State;
  readonly ends: readonly State[];
  readonly table: Readonly<Record<State, StateRow<Input, Output, Wait, Step>>>;
  /** Additional checks of one state by the feature. @returns flaws, as predicates of the state's name */
  flaws?(this: void, state: State, row: StateRow<Input, Output, Wait, Step>): string[];
}

/** The transition for an input; undefined if the state does not accept it. */
export const transition = <State extends string, Input extends string, Step>(
  { table }: { readonly table: Readonly<Record<State, { readonly on: Partial<Record<Input, Step>> }>> },
  state: State,
  input: Input,
): Step | undefined => table[state].on[input];

/** @returns a description of every flaw of a machine; the server does not start with one */
export function flawsOf<State extends string>(machine: Machine<State, string, string, string>): string[] {
  const { table, initial, ends, flaws } = machine;
  const reached = new Set([initial]);
  for (const state of reached) for (const next of Object.values(table[state].on)) reached.add(next!.to);

  return (Object.keys(table) as State[]).flatMap((state) => {
    const row = table[state];
    const isEnd = ends.includes(state);
    const hasExit = Object.keys(row.on).length > 0;
    const next = row.timeout && row.on[row.timeout.input];
    const found = [
      !reached.has(state) && 'is never reached',
      isEnd && hasExit && 'has an exit',
      !isEnd && !hasExit && 'has no exit',
      !isEnd && !row.timeout && 'waits without a timeout',
      row.timeout && !next && `does not accept its own timeout ${row.timeout.input}`,
      next?.to === state && 'does not change at its timeout',
      ...(flaws?.(state, row) ?? []),
    ];
    return found.filter((flaw) => typeof flaw === 'string').map((flaw) => `${state} ${flaw}`);
  });
}
