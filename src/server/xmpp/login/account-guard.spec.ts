import { AccountGuard } from './account-guard';
import { xmppLimits } from '../xmpp-limits';

const WINDOW = 1_000;
const limits = xmppLimits({
  XMPP_AUTH_TRIES_PER_ACCOUNT: 3,
  XMPP_AUTH_TRIES_FROM_ALL_NETWORKS: 5,
  XMPP_AUTH_WINDOW_MS: WINDOW,
  XMPP_AUTH_WATCHED_ACCOUNTS: 4,
  XMPP_AUTH_WATCHED_NETWORKS: 4,
});

describe('account guard', () => {
  let now: number;
  let guard: AccountGuard;
  const fail = (network: string, times = 1, account = 'agent') => {
    for (let i = 0; i < times; i++) guard.admit(account, network);
  };
  beforeEach(() => {
    now = 0;
    guard = new AccountGuard(limits, () => now);
  });

  it('refuses an account to a network that has failed too often, until the window is over', () => {
    fail('n1', 3);
    expect(guard.admit('agent', 'n1')).toBeUndefined();
    now = WINDOW - 1;
    expect(guard.admit('agent', 'n1')).toBeUndefined();
    now = WINDOW;
    expect(guard.admit('agent', 'n1')).toBeDefined();
  });

  it('does not affect other accounts and other networks', () => {
    fail('n1', 3);
    expect(guard.admit('agent', 'n2')).toBeDefined();
    expect(guard.admit('other', 'n1')).toBeDefined();
  });

  it('counts guesses that run at the same time', () => {
    const admitted = Array.from({ length: 10 }, () => guard.admit('agent', 'n1')).filter(Boolean);
    expect(admitted).toHaveLength(3);
  });

  it('refuses every network that has failed, once failures from anywhere are too many, but never a new one', () => {
    fail('n1', 2);
    fail('n2', 2);
    fail('n3', 1);
    expect(guard.admit('agent', 'n3')).toBeUndefined();
    expect(guard.admit('agent', 'home of the agent')).toBeDefined();
  });

  it('forgets the failures of a network that logs in', () => {
    fail('n1', 2);
    guard.admit('agent', 'n1')!.succeeded();
    fail('n1', 2);
    expect(guard.admit('agent', 'n1')).toBeDefined();
  });

  it('does not count a peer that disconnects before its guess', () => {
    for (let i = 0; i < 20; i++) guard.admit('agent', 'n1')!.abandoned();
    expect(guard.admit('agent', 'n1')).toBeDefined();
  });

  it('uses bounded memory', () => {
    fail('n1', 3, 'first');
    for (let i = 0; i < 4; i++) fail('n1', 1, `later-${i}`);
    expect(guard.admit('first', 'n1')).toBeDefined();
    fail('n1', 3, 'agent');
    for (let i = 0; i < 4; i++) fail(`later-${i}`);
    expect(guard.admit('agent', 'n1')).toBeDefined();
  });
});
