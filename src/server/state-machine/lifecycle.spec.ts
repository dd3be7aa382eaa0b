import { createJournal } from '../../journal/journal';
import { Lifecycle, type LifecycleRepository } from './lifecycle';
import type { FollowUp, Machine, Transition } from './machine';

type State = 'open' | 'busy' | 'done';
type Input = 'start' | 'note' | 'finish' | 'expire';
type Output = 'prepare' | 'work' | 'report';
interface Row {
  readonly id: string;
  state: State;
  deadlineAt: Date | null;
  notes: number;
}
interface Details {
  readonly from?: State;
  readonly notes?: number;
}
type Step = Transition<State, Output>;

const machine: Machine<State, Input, Output, 'patience', Step> = {
  name: 'parcel',
  idField: 'jobId',
  initial: 'open',
  ends: ['done'],
  table: {
    open: {
      enter: ['prepare'],
      timeout: { after: 'patience', input: 'expire' },
      on: { start: { to: 'busy' }, note: { to: 'open' }, expire: { to: 'done' } },
    },
    busy: {
      enter: ['work'],
      timeout: { after: 'patience', input: 'expire', restarts: true },
      on: { note: { to: 'busy' }, finish: { to: 'done', do: ['report'] }, expire: { to: 'done' } },
    },
    done: { on: {} },
  },
};

const PATIENCE_MS = 1_000;

class Rows implements LifecycleRepository<Row, State> {
  readonly rows = new Map<string, Row>();
  /** Runs before each change, as a change of another caller would. */
  beforeChange: (row: Row) => void = () => undefined;
  failing = 0;

  add(row: Partial<Row> = {}): Row {
    const added: Row = { id: `p${this.rows.size}`, state: 'open', deadlineAt: null, notes: 0, ...row };
    this.rows.set(added.id, added);
    return added;
  }
  find(id: string): Promise<Row | null> {
    const row = this.rows.get(id);
    return Promise.resolve(row ? { ...row } : null);
  }
  change(id: string, from: State, values: Partial<Row>): Promise<boolean> {
    if (this.failing-- > 0) return Promise.reject(new Error('disk full'));
    const row = this.rows.get(id)!;
    this.beforeChange(row);
    if (row.state !== from) return Promise.resolve(false);
    Object.assign(row, values);
    return Promise.resolve(true);
  }
  open(): Promise<Row[]> {
    return Promise.resolve([...this.rows.values()].filter(({ state }) => state !== 'done').map((row) => ({ ...row })));
  }
  async due(now: Date): Promise<Row[]> {
    return (await this.open()).filter(({ deadlineAt }) => deadlineAt && deadlineAt <= now);
  }
  async nextDeadline(): Promise<Date | undefined> {
    const deadlines = (await this.open()).flatMap(({ deadlineAt }) => (deadlineAt ? [deadlineAt.getTime()] : []));
    return deadlines.length > 0 ? new Date(Math.min(...deadlines)) : undefined;
  }
}

class Parcels extends Lifecycle<State, Input, Output, 'patience', Step, Row, Details> {
  readonly seen: string[] = [];
  followUp: FollowUp<Input, Details> | undefined;

  constructor(
    readonly shelf: Rows,
    table = machine,
  ) {
    super(table, shelf, createJournal('server', 'silent'));
  }
  protected valuesFor(row: Row, _: Step, { notes = 0 }: Details): Partial<Row> {
    return { notes: row.notes + notes };
  }
  protected deadlineAfter(_: 'patience', __: Row, now: Date): Date {
    return new Date(now.getTime() + PATIENCE_MS);
  }
  protected publish(row: Row, before?: Row): void {
    this.seen.push(`${before?.state ?? 'new'} -> ${row.state}`);
  }
  protected carryOut(output: Output): Promise<FollowUp<Input, Details> | undefined> {
    this.seen.push(output);
    return output === 'prepare' ? Promise.resolve(this.followUp) : Promise.resolve(undefined);
  }
  protected unknown(id: string): Error {
    return new Error(`no parcel ${id}`);
  }
  protected resume(row: Row): Promise<void> {
    return this.postpone(row, new Date(Date.now() + 2 * PATIENCE_MS));
  }
}

describe('a life cycle', () => {
  let rows: Rows;
  let parcels: Parcels;
  beforeEach(async () => {
    jest.useFakeTimers();
    rows = new Rows();
    parcels = new Parcels(rows);
    await parcels.onApplicationBootstrap();
  });
  afterEach(() => {
    parcels.onModuleDestroy();
    jest.useRealTimers();
  });
  const started = (): Row => {
    const row = rows.add();
    row.deadlineAt = parcels.deadlineOf(row);
    parcels.start({ ...row });
    return row;
  };

  it('saves, publishes, and carries out the outputs of the transition before those of the new state', async () => {
    const { id } = started();
    expect(await parcels.apply(id, 'start', { notes: 2 })).toMatchObject({ state: 'busy', notes: 2 });
    await parcels.apply(id, 'finish');
    expect(rows.rows.get(id)).toMatchObject({ state: 'done', notes: 2, deadlineAt: null });
    expect(parcels.seen).toEqual([
      ...['new -> open', 'prepare'],
      ...['open -> busy', 'work'],
      ...['busy -> done', 'report'],
    ]);
  });

  it('applies the input that an output returns', async () => {
    parcels.followUp = { input: 'start', notes: 7 };
    const { id } = started();
    await jest.advanceTimersByTimeAsync(0);
    expect(rows.rows.get(id)).toMatchObject({ state: 'busy', notes: 7 });
  });

  it('ignores an input that the state does not accept, or that is for another state', async () => {
    const { id } = started();
    expect(await parcels.apply(id, 'finish')).toBeUndefined();
    expect(await parcels.apply(id, 'start', { from: 'busy' })).toBeUndefined();
    expect(rows.rows.get(id)).toMatchObject({ state: 'open' });
    await expect(parcels.apply('nothing', 'start')).rejects.toThrow('no parcel nothing');
  });

  it('applies an input to the state that a concurrent change has reached', async () => {
    const row = started();
    rows.beforeChange = (each) => {
      rows.beforeChange = () => undefined;
      each.state = 'busy';
    };
    expect(await parcels.apply(row.id, 'expire')).toMatchObject({ state: 'done' });
    expect(parcels.seen.at(-1)).toBe('busy -> done');
  });

  it('gives up if concurrent changes always come first', async () => {
    const { id } = started();
    rows.beforeChange = (row) => (row.state = row.state === 'open' ? 'busy' : 'open');
    await expect(parcels.apply(id, 'note')).rejects.toThrow('parcel p0 was changed 5 times while note was applied');
  });

  it('applies the timeout of a state when its deadline has passed', async () => {
    const { id } = started();
    await jest.advanceTimersByTimeAsync(PATIENCE_MS - 1);
    expect(rows.rows.get(id)).toMatchObject({ state: 'open' });
    await jest.advanceTimersByTimeAsync(1);
    expect(rows.rows.get(id)).toMatchObject({ state: 'done' });
  });

  it.each([
    ['does not extend a deadline', 'open', 'done'],
    ['restarts a deadline that counts from the last input', 'busy', 'busy'],
  ] as const)('%s (%s)', async (_, state, afterwards) => {
    const { id } = started();
    if (state === 'busy') await parcels.apply(id, 'start');
    await jest.advanceTimersByTimeAsync(PATIENCE_MS / 2);
    await parcels.apply(id, 'note');
    await jest.advanceTimersByTimeAsync(PATIENCE_MS / 2);
    expect(rows.rows.get(id)).toMatchObject({ state: afterwards });
  });

  it('retries an expiry that could not be saved, without delaying those of other rows', async () => {
    const [first, second] = [started(), started()];
    rows.failing = 1;
    await jest.advanceTimersByTimeAsync(PATIENCE_MS);
    expect([rows.rows.get(first.id)!.state, rows.rows.get(second.id)!.state].sort()).toEqual(['done', 'open']);
    await jest.advanceTimersByTimeAsync(10 * PATIENCE_MS);
    expect([rows.rows.get(first.id)!.state, rows.rows.get(second.id)!.state]).toEqual(['done', 'done']);
  });

  it('resumes open rows after a restart, and expires those whose deadline has passed', async () => {
    parcels.onModuleDestroy();
    const overdue = rows.add({ deadlineAt: new Date(Date.now() - 60_000) });
    const later = rows.add({ deadlineAt: new Date(Date.now() + 60_000) });
    const again = new Parcels(rows);
    await again.onApplicationBootstrap();
    expect(overdue.deadlineAt).toEqual(new Date(Date.now() + 2 * PATIENCE_MS));
    expect(later.deadlineAt).toEqual(new Date(Date.now() + 60_000));
    await jest.advanceTimersByTimeAsync(2 * PATIENCE_MS);
    expect([overdue.state, later.state]).toEqual(['done', 'open']);
    again.onModuleDestroy();
  });

  it('does nothing after the server has stopped', async () => {
    const { id } = started();
    parcels.onModuleDestroy();
    await jest.advanceTimersByTimeAsync(10 * PATIENCE_MS);
    expect(rows.rows.get(id)).toMatchObject({ state: 'open' });
    expect(jest.getTimerCount()).toBe(0);
  });

  it('does not start with an unsound table', async () => {
    const table = { ...machine.table, busy: { ...machine.table.busy, on: {} } };
    const flawed = new Parcels(rows, { ...machine, table });
    await expect(flawed.onApplicationBootstrap()).rejects.toThrow('the parcel machine is not sound: busy has no exit');
  });
});
