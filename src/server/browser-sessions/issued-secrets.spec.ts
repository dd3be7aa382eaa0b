import { IssuedSecrets } from './issued-secrets';

describe('issued secrets', () => {
  beforeEach(() => jest.useFakeTimers({ now: 0 }));
  afterEach(() => jest.useRealTimers());

  it('can be redeemed once', () => {
    const tickets = new IssuedSecrets(3);
    const ticket = tickets.issue(30_000);
    expect(ticket).toMatch(/^[\w-]{43}$/);
    expect([tickets.redeem(`${ticket}x`), tickets.redeem(ticket), tickets.redeem(ticket)]).toEqual([
      false,
      true,
      false,
    ]);
  });
  it('expire', () => {
    const tickets = new IssuedSecrets(3);
    const [early, late] = [tickets.issue(30_000), tickets.issue(30_000)];
    jest.advanceTimersByTime(29_999);
    expect(tickets.redeem(early)).toBe(true);
    jest.advanceTimersByTime(1);
    expect(tickets.redeem(late)).toBe(false);
  });
  it('are limited in number: the oldest is dropped', () => {
    const entries = new IssuedSecrets(2);
    const [a, b, c] = [entries.issue(), entries.issue(), entries.issue()];
    expect([a, b, c].map((each) => entries.isValid(each))).toEqual([false, true, true]);
    expect(entries.isValid(undefined)).toBe(false);
  });
});
