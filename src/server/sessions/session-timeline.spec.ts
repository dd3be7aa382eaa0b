import { createJournal } from '../../journal/journal';
import type { Step } from '../../protocol/steps';
import type { SessionStepEntity } from './session-step.entity';
import { SessionTimeline } from './session-timeline';
import type { SessionsRepository } from './sessions.repository';

type Row = Omit<SessionStepEntity, 'id'>;

function timeline(addSteps: (rows: readonly Row[]) => Promise<void>): SessionTimeline {
  return new SessionTimeline({ addSteps } as SessionsRepository, createJournal('timeline', 'silent'));
}

describe('SessionTimeline', () => {
  it('stores the steps of a moment together, in their order', async () => {
    const batches: Step[][] = [];
    const written = new Promise<void>((resolve) => {
      const steps = timeline((rows) => {
        batches.push(rows.map(({ step }) => step));
        resolve();
        return Promise.resolve();
      });
      for (const step of ['S145', 'S148', 'S149'] as const) steps.step(step, 'a-session');
    });
    await written;
    expect(batches).toEqual([['S145', 'S148', 'S149']]);
  });

  it('stores at once what waits when it is read, after the batch before it, even if that failed', async () => {
    const stored: Step[] = [];
    let fail!: (error: Error) => void;
    const first = new Promise<void>((_, reject) => (fail = reject));
    const steps = timeline(async (rows) => {
      if (rows[0]!.step === 'S145') return first;
      stored.push(...rows.map(({ step }) => step));
    });
    steps.step('S145', 'a-session');
    void steps.stored();
    steps.step('S148', 'a-session');
    const all = steps.stored();
    expect(stored).toEqual([]);
    fail(new Error('the database is locked'));
    await all;
    expect(stored).toEqual(['S148']);
  });

  it('stores what waits when the server stops', async () => {
    const stored: Step[] = [];
    const steps = timeline((rows) => {
      stored.push(...rows.map(({ step }) => step));
      return Promise.resolve();
    });
    steps.step('S145', 'a-session', { detail: 'x'.repeat(400) });
    await steps.onApplicationShutdown();
    expect(stored).toEqual(['S145']);
  });

  it('keeps no more steps than its bound while the database does not answer', async () => {
    let rows = 0;
    let answer!: () => void;
    const answered = new Promise<void>((resolve) => (answer = resolve));
    const steps = timeline(async (batch) => {
      rows += batch.length;
      await answered;
    });
    for (let count = 0; count < 10_050; count++) steps.step('S145', `session-${count}`);
    answer();
    await steps.stored();
    expect(rows).toBe(10_000);
  });
});
