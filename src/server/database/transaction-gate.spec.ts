import { TransactionGate, TransactionGateTimeout } from './transaction-gate';

describe('transaction gate', () => {
  it('reports a deadlock instead of hanging', async () => {
    const gate = new TransactionGate(20);
    const transaction = {};
    await gate.enter(transaction);
    await expect(gate.statement({}, () => Promise.resolve())).rejects.toThrow(TransactionGateTimeout);
    await expect(gate.statement(transaction, () => Promise.resolve('own'))).resolves.toBe('own');
    gate.leave(transaction);
    await expect(gate.statement({}, () => Promise.resolve('free'))).resolves.toBe('free');
  });

  it('starts a transaction only after the running statements have ended', async () => {
    const gate = new TransactionGate();
    const order: string[] = [];
    let finish!: () => void;
    const running = new Promise<void>((resolve) => (finish = resolve));
    const statement = gate.statement({}, () => running.then(() => order.push('statement')));
    const transaction = gate.enter({}).then(() => order.push('transaction'));
    await new Promise(setImmediate);
    finish();
    await Promise.all([statement, transaction]);
    expect(order).toEqual(['statement', 'transaction']);
  });

  it('admits in the order of arrival', async () => {
    const gate = new TransactionGate();
    const order: string[] = [];
    const [first, second] = [{}, {}];
    await gate.enter(first);
    const all = [
      gate.statement({}, () => Promise.resolve(order.push('a'))),
      gate.enter(second).then(() => order.push('second')),
      gate.statement({}, () => Promise.resolve(order.push('b'))),
    ];
    gate.leave(first);
    await Promise.all(all.slice(0, 2));
    expect(order).toEqual(['a', 'second']);
    gate.leave(second);
    await Promise.all(all);
    expect(order).toEqual(['a', 'second', 'b']);
  });

  it('is opened only by the transaction that closed it', async () => {
    const gate = new TransactionGate(20);
    await gate.enter({});
    gate.leave({});
    await expect(gate.enter({})).rejects.toThrow(TransactionGateTimeout);
  });
});
