import { PostgresQueryRunner } from 'typeorm/driver/postgres/PostgresQueryRunner';
import { SqliteQueryRunner } from 'typeorm/driver/sqlite/SqliteQueryRunner';
import { ControlPlane } from '../../../test/support/server/control-plane';

/** Those that timers issue beside the messages, and the beginnings and ends of transactions. */
const NOT_COUNTED = [
  /session_steps/,
  /external_clients/,
  /^(BEGIN|START|COMMIT)/,
  /WHERE .*\."(relayId|deadlineAt)"/,
  /0=1/,
];
/** A statement of something else may come between; hardly each time. */
const ROUNDS = 3;

/**
 * Statements are most of the work of a session, and SQLite runs one after the other. They grow unnoticed, one by one; here
 * they are counted for each message.
 */
describe('the statements of a session', () => {
  let plane: ControlPlane;
  let spies: { readonly mock: { readonly calls: [string, ...unknown[]][] }; mockClear: () => void }[];
  beforeAll(async () => (plane = await ControlPlane.start()));
  afterAll(() => plane?.stop());
  beforeEach(() => {
    spies = [SqliteQueryRunner, PostgresQueryRunner].map(({ prototype }) => jest.spyOn(prototype, 'query'));
  });
  afterEach(() => jest.restoreAllMocks());

  it('are as few for each message as they were', async () => {
    const counts = new Map<string, number>();
    const during = async <T>(message: string, act: () => Promise<T>): Promise<T> => {
      for (const spy of spies) spy.mockClear();
      const result = await act();
      const issued = spies.flatMap(({ mock }) => mock.calls.map(([statement]) => statement));
      const counted = issued.filter((each) => !NOT_COUNTED.some((other) => other.test(each)));
      counts.set(message, Math.min(counts.get(message) ?? Infinity, counted.length));
      return result;
    };
    const warming = await plane.established(); // after the first one, the server has stored what it knows of the device
    for (const half of ['device', 'terminal'] as const) await plane.relay.end(warming.link, half, 'lost');

    for (let round = 0; round < ROUNDS; round++) {
      const id = await during('request', () => plane.requested());
      await during('YES', async () => {
        await plane.decide(id, 'approved');
        await plane.agent.awaitRequest('connection-info', id);
      });
      const polled = await during('poll', () => plane.connection('tom', id));
      const link = await plane.presentedLink(id);
      const token = polled.status === 'ready' ? polled.connection.token : '';
      await during('token', () => plane.relay.authenticate(link.linkId, 'terminal', token));
      await during('first start log', () => plane.relay.start(link, 'device'));
      await during('second start log', () => plane.relay.start(link, 'terminal'));
      await during('request for the end', () => plane.relay.requestTermination(link.linkId, 'terminal'));
      await during('first end log', () => plane.relay.end(link, 'terminal', 'requested'));
      await during('second end log', () => plane.relay.end(link, 'device', 'requested'));
    }
    expect(Object.fromEntries(counts)).toEqual({
      request: 22,
      YES: 5,
      poll: 3,
      token: 1,
      'first start log': 3,
      'second start log': 4,
      'request for the end': 2,
      'first end log': 4,
      'second end log': 4,
    });
  });
});
