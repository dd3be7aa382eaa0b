import { performance } from 'node:perf_hooks';
import { PageTurns } from './page-turns';

describe('the turns of pages', () => {
  let now: number;
  let done: string[];
  let turns: PageTurns;
  beforeEach(() => {
    jest.useFakeTimers();
    now = 1_000;
    jest.spyOn(performance, 'now').mockImplementation(() => now);
    done = [];
    turns = new PageTurns();
  });
  afterEach(() => {
    jest.restoreAllMocks();
    jest.useRealTimers();
  });
  const pass = (ms: number): void => {
    now += ms;
    jest.advanceTimersByTime(ms);
  };
  const take = (session: object, name: string, ms: number, bytes = 0): void =>
    turns.take(session, bytes, () => {
      now += ms;
      done.push(name);
    });

  it('come at once while there is little to do', () => {
    for (const name of ['a', 'b', 'c']) take(turns, name, 0.1);
    expect(done).toEqual(['a', 'b', 'c']);
  });

  it('leave three quarters of the time to others', () => {
    take(turns, 'a', 10);
    take(turns, 'b', 10);
    pass(29);
    expect(done).toEqual(['a']);
    pass(1);
    expect(done).toEqual(['a', 'b']);
    take(turns, 'c', 10);
    pass(29);
    expect(done).toEqual(['a', 'b']);
    pass(1);
    expect(done).toEqual(['a', 'b', 'c']);
  });

  it('count bytes, which are compressed in other threads', () => {
    take(turns, 'a', 0, 1_000_000);
    take(turns, 'b', 0);
    expect(done).toEqual(['a']);
    pass(80);
    expect(done).toEqual(['a', 'b']);
  });

  it('are taken by one session after the other', () => {
    const [one, other] = [{}, {}];
    take(one, 'first', 10);
    for (const name of ['a', 'b', 'c']) take(one, name, 10);
    take(other, 'A', 10);
    for (let n = 0; n < 4; n++) pass(30);
    expect(done).toEqual(['first', 'a', 'A', 'b', 'c']);
  });

  it('are taken in order by what a turn adds', () => {
    turns.take(turns, 0, () => {
      take(turns, 'inner', 0);
      done.push('outer');
    });
    expect(done).toEqual(['outer', 'inner']);
  });
});
