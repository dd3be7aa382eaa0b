import type { AlertEntity } from '../alert.entity';
import type { Condition } from './conditions';
import { reconcile, suspended, type AlertChange, type Target } from './reconcile';

const NOW = new Date('2026-03-02T09:00:00.000Z');
const before = (minutes: number) => new Date(NOW.getTime() - minutes * 60_000);
const TARGET: Target = { customerId: 'c', siteId: 's', agentId: 'a', deviceId: 'd', deviceName: 'Hall' };
const jam = (more: Partial<Condition> = {}): Condition => ({
  ...{ rule: 'jam', subject: '', severity: 'warning', facts: { code: 'media-jam' } },
  ...{ raises: true, holdMs: 10 * 60_000 },
  ...more,
});
const only = (changes: AlertChange[]): AlertChange => {
  expect(changes).toHaveLength(1);
  return changes[0]!;
};
/** The alert that waits since so many minutes. */
const waiting = (minutes: number): AlertEntity => {
  const change = only(reconcile([], [jam()], TARGET, before(minutes)));
  if (change.do !== 'insert') throw new Error('not inserted');
  return change.alert;
};
const open = (): AlertEntity => ({ ...waiting(60), state: 'open', dueAt: null, raisedAt: before(50) });

describe('alerts', () => {
  it('wait until their condition has lasted long enough', () => {
    expect(waiting(0)).toMatchObject({ state: 'waiting', since: NOW, dueAt: before(-10), raisedAt: null });
    expect(reconcile([waiting(9)], [jam()], TARGET, NOW)).toEqual([]);
    const raised = only(reconcile([waiting(10)], [jam()], TARGET, NOW));
    expect(raised).toMatchObject({ event: 'raised', from: 'waiting', alert: { state: 'open', raisedAt: NOW } });
  });

  it('are raised at once without a wait, or if the condition began earlier', () => {
    for (const condition of [jam({ holdMs: 0 }), jam({ since: before(11) })])
      expect(only(reconcile([], [condition], TARGET, NOW))).toMatchObject({ do: 'insert', event: 'raised' });
  });

  it('are not raised by a condition that only keeps them', () => {
    expect(reconcile([], [jam({ raises: false })], TARGET, NOW)).toEqual([]);
    expect(only(reconcile([waiting(20)], [jam({ raises: false })], TARGET, NOW))).toMatchObject({ do: 'delete' });
    expect(reconcile([open()], [jam({ raises: false })], TARGET, NOW)).toEqual([]);
  });

  it('are forgotten while they wait, and resolved when they are open', () => {
    expect(only(reconcile([waiting(3)], [], TARGET, NOW))).toMatchObject({ do: 'delete' });
    const resolved = only(reconcile([open()], [], TARGET, NOW));
    const values = { state: 'resolved', openKey: null, resolvedAt: NOW, resolution: 'cleared' };
    expect(resolved).toMatchObject({ do: 'update', event: 'resolved', from: 'open', values });
  });

  it('stay as they are if the conditions say nothing about their rule', () => {
    expect(reconcile([open()], [], TARGET, NOW, () => false)).toEqual([]);
  });

  it('follow facts, severity and place without another event', () => {
    const moved = { ...TARGET, siteId: 'other', deviceName: 'Yard' };
    const change = only(reconcile([open()], [jam({ severity: 'error', facts: { code: 'x' } })], moved, NOW));
    expect(change).toMatchObject({
      values: { siteId: 'other', deviceName: 'Yard', severity: 'error', facts: { code: 'x' } },
    });
    expect(change).not.toHaveProperty('event');
  });

  it('are of one target and subject each', () => {
    const two = reconcile([open()], [jam(), jam({ subject: 'tray' })], TARGET, NOW);
    expect(only(two)).toMatchObject({ do: 'insert' });
    const [other] = reconcile([], [jam()], { ...TARGET, deviceId: 'e' }, NOW);
    expect(other).toMatchObject({ do: 'insert', alert: { openKey: expect.not.stringMatching(open().openKey!) } });
  });

  it('are not due without current information, and due again with it', () => {
    const [change] = suspended([waiting(20), open()]);
    expect(change).toMatchObject({ values: { dueAt: null } });
    const paused = { ...waiting(5), dueAt: null };
    expect(only(reconcile([paused], [jam()], TARGET, NOW))).toMatchObject({ values: { dueAt: before(-5) } });
  });
});
