/** One cell of a table. Features add what else a transition says: an ending, a reason, a failure. */
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
    /** Counts from the last input, not from the moment at which the state was entered. */
    readonly restarts?: true;
  };
  readonly on: Partial<Record<Input, Step>>;
}

/** An input that follows from an output, and what it brings. */
export type FollowUp<Input, Details> = Details & { readonly input: Input };

/** A life cycle as data: state x input -> next state and outputs. */
export interface Machine<
  State extends string,
  Input extends string,
  Output extends string,
  Wait extends string,
  Step extends Transition<State, Output> = Transition<State, Output>,
> {
  /** What goes through this life cycle, in the singular: `session`. */
  readonly name: string;
  /** The field of its ID in the journal. */
  readonly idField: string;
  readonly initial: State;
  readonly ends: readonly State[];
  readonly table: Readonly<Record<State, StateRow<Input, Output, Wait, Step>>>;
  /** Rules of the feature's own for one state. @returns flaws in words that follow the name of the state */
  flaws?(this: void, state: State, row: StateRow<Input, Output, Wait, Step>): string[];
}

/** The transition for an input; undefined if the state does not take it. */
export const transition = <State extends string, Input extends string, Step>(
  { table }: { readonly table: Readonly<Record<State, { readonly on: Partial<Record<Input, Step>> }>> },
  state: State,
  input: Input,
): Step | undefined => table[state].on[input];

/** @returns every flaw of a machine in words; the server refuses to start with one */
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
      row.timeout && !next && `does not take its own timeout ${row.timeout.input}`,
      next?.to === state && 'stays as it is after its timeout',
      ...(flaws?.(state, row) ?? []),
    ];
    return found.filter((flaw) => typeof flaw === 'string').map((flaw) => `${state} ${flaw}`);
  });
}
