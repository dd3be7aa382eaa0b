import { EventEmitter } from 'node:events';
import { PassThrough, type Duplex } from 'node:stream';
import { LIMITS } from '../protocol/limits';
import { TunnelWindows, WindowEstimate, type WindowedConnection } from './tunnel-windows';

const MB = 1024 * 1024;
const [LEAST, MOST] = [LIMITS.TUNNEL_STREAM_WINDOW_BYTES, LIMITS.TUNNEL_CONNECTION_WINDOW_BYTES];

it('keeps what is on the way of a tunnel below what the relay reads ahead', () => {
  expect(MOST).toBeLessThan(LIMITS.RELAY_READ_AHEAD_BYTES);
});

describe('WindowEstimate', () => {
  type RoundTrip = readonly [ms: number, received: number];
  // prettier-ignore
  it.each<[string, RoundTrip[], number]>([
    ['is the least before anything is measured', [], LEAST],
    ['does not grow on a short path, however much arrives', [[1, 0], [1, 100 * MB], [1, 100 * MB]], LEAST],
    ['does not grow on a long path while little arrives', [[80, 0], [80, LEAST / 2 - 1], [80, 0]], LEAST],
    ['grows on a long path when half of it has arrived in one round trip', [[80, 0], [80, LEAST / 2]], 4 * LEAST],
    ['grows until it is the most', [[80, 0], [80, MB], [80, 4 * MB], [80, 5 * MB]], MOST],
    ['is what a gigabit carries in the shortest round trip', [[20, 0], [300, 2 * MB], [300, 2 * MB]], 2_500_000],
    ['shrinks when a shorter round trip is seen', [[80, 0], [80, MB], [20, 0]], 2_500_000],
  ])('%s', (_what, roundTrips, expected) => {
    const estimate = new WindowEstimate();
    for (const [ms, received] of roundTrips) estimate.measured(ms, received);
    expect(estimate.bytes).toBe(expected);
  });

  it('forgets a short round trip after ten others', () => {
    const estimate = new WindowEstimate();
    for (const ms of [1, ...Array.from({ length: 9 }, () => 80)]) estimate.measured(ms, LEAST);
    expect(estimate.bytes).toBe(LEAST);
    estimate.measured(80, LEAST);
    expect(estimate.bytes).toBeGreaterThan(LEAST);
  });
});

describe('TunnelWindows', () => {
  /** A connection whose pings are answered when the test says so. */
  class FakeSession extends EventEmitter {
    isOpen = true;
    readonly windows: string[] = [];
    #answer: ((error: Error | null, ms: number) => void) | undefined;

    get isPinging(): boolean {
      return this.#answer !== undefined;
    }
    ping(answer: (error: Error | null, ms: number) => void): boolean {
      if (this.#answer) throw new Error('one ping at a time is enough');
      this.#answer = answer;
      return true;
    }
    pong(ms: number, error: Error | null = null): void {
      const answer = this.#answer;
      this.#answer = undefined;
      answer!(error, ms);
    }
    setConnectionWindow(bytes: number): void {
      this.windows.push(`connection ${bytes / MB}`);
    }
    setStreamWindow(bytes: number): void {
      this.windows.push(`streams ${bytes / MB}`);
    }
  }
  let session: FakeSession;
  let bytes: PassThrough;
  let windows: TunnelWindows;
  const receive = (count: number) => bytes.emit('data', Buffer.alloc(count));
  const openStream = () => {
    const stream = new EventEmitter();
    windows.opened(stream as Duplex);
    return stream;
  };
  /** A path of 80 ms has been found fast enough for the largest window. */
  const grown = () => {
    session.emit('settings');
    session.pong(80);
    for (const megabytes of [1, 4]) {
      receive(megabytes * MB); // begins the measurement
      receive(megabytes * MB);
      session.pong(80);
    }
    expect(session.windows.splice(0)).toEqual([
      'connection 1',
      'connection 4',
      'streams 4',
      'connection 5',
      'streams 5',
    ]);
  };

  beforeEach(() => {
    session = new FakeSession();
    bytes = new PassThrough();
    windows = new TunnelWindows(session as unknown as WindowedConnection, bytes);
  });

  it('measures before anything is carried, then when half a window has arrived', () => {
    expect(session.isPinging).toBe(false);
    session.emit('settings');
    session.pong(80);
    receive(LEAST / 2 - 1);
    expect(session.isPinging).toBe(false);
    receive(1);
    expect(session.isPinging).toBe(true);
  });

  it('widens the connection and its streams', () => grown());

  it('measures seldom when the window cannot grow', () => {
    grown();
    receive(6 * MB);
    expect(session.isPinging).toBe(false);
    receive(32 * MB);
    expect(session.isPinging).toBe(true);
  });

  it('narrows the streams while there are many of them', () => {
    grown();
    const streams = Array.from({ length: LIMITS.TUNNEL_WIDE_STREAMS }, openStream);
    expect(session.windows).toEqual([]);
    streams.push(openStream(), openStream());
    expect(session.windows.splice(0)).toEqual(['streams 1']);
    for (const stream of streams.splice(0, 2)) stream.emit('close');
    receive(64 * MB);
    session.pong(80);
    expect(session.windows).toEqual(['streams 5']);
  });

  it.each([
    ['a ping fails', () => session.pong(80, new Error('cancelled'))],
    ['the connection ends meanwhile', () => ((session.isOpen = false), session.pong(80))],
  ])('changes nothing when %s', (_what, end) => {
    session.emit('settings');
    session.pong(80);
    receive(MB); // begins the measurement
    receive(MB);
    expect(session.windows.splice(0)).toEqual(['connection 1']);
    end();
    expect(session.windows).toEqual([]);
  });
});
