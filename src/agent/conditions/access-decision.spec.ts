import { randomUUID } from 'node:crypto';
import type { AccessCondition, Denial, NewAccessCondition } from '../../protocol/access-conditions';
import type { Asker } from '../../protocol/asker';
import { momentOf } from '../../protocol/weekly-hours';
import { decideAccess, reasonToEnd, type AccessRequest, type RequestedAccess } from './access-decision';

const ARCHIVE: Asker = { kind: 'client', id: 'archive', name: 'Invoice archive' };
const TINA: Asker = { kind: 'user', id: 'tina', name: 'Tina' };
const BERLIN = 'Europe/Berlin';
/** A Monday in winter, 10:00 in Berlin. */
const MONDAY_10 = '2030-01-07T09:00:00Z';

type Change = Partial<NewAccessCondition> & { used?: AccessCondition['used'] };

function condition(change: Change = {}): AccessCondition {
  return {
    id: randomUUID(),
    deviceId: 'mfp-1',
    setAt: '2030-01-01T00:00:00.000Z',
    setBy: 'local page',
    who: ARCHIVE,
    access: { kind: 'box', box: 'invoices', operations: ['list', 'get'] },
    from: null,
    until: null,
    hours: [],
    times: null,
    bytes: null,
    used: { times: 0, bytes: 0 },
    ...change,
  };
}
const box = (
  operation: 'list' | 'get' | 'put' | 'delete' | null,
  name: string | null = 'invoices',
  bytes: number | null = null,
) => ({ kind: 'box', box: name, operation, bytes }) satisfies RequestedAccess;
const session = (applicationId: string) => ({ kind: 'session', applicationId }) satisfies RequestedAccess;
const SESSIONS: Change = { who: TINA, access: { kind: 'session', applications: ['web'], grant: 'operate' } };

function decide(
  conditions: AccessCondition[],
  access: RequestedAccess,
  { asker = ARCHIVE, at = MONDAY_10, zone = BERLIN }: { asker?: Asker; at?: string; zone?: string } = {},
): Denial | 'permitted' {
  const request: AccessRequest = { asker, access };
  const decision = decideAccess(conditions, request, momentOf(Date.parse(at), zone));
  return decision.permitted ? 'permitted' : decision.reason;
}

type Row = [what: string, change: Change, access: RequestedAccess, expected: Denial | 'permitted', asker?: Asker];

describe('access conditions: who and what', () => {
  it('permit nothing when there are none', () => {
    expect(decide([], box('get'))).toBe('no-condition');
    expect(decide([], session('web'))).toBe('no-condition');
  });

  const rows: Row[] = [
    ['the operation of the condition', {}, box('get'), 'permitted'],
    ['an operation of another condition', {}, box('put'), 'operation'],
    ['another box', {}, box('get', 'scans'), 'box'],
    ['every box', { access: { kind: 'box', box: null, operations: ['get'] } }, box('get', 'scans'), 'permitted'],
    ['a session with the document box', {}, box(null, null), 'permitted'],
    ['the list of all boxes', {}, box('list', null), 'permitted'],
    [
      'the list of all boxes with another operation',
      { access: { kind: 'box', box: 'invoices', operations: ['put'] } },
      box('list', null),
      'operation',
    ],
    ['another client', {}, box('get'), 'no-condition', { ...ARCHIVE, id: 'archive2' }],
    ['a user with the ID of the client', {}, box('get'), 'no-condition', { ...ARCHIVE, kind: 'user' }],
    ['the client under another name', {}, box('get'), 'permitted', { ...ARCHIVE, name: 'Renamed' }],
    ['a box under a condition for sessions', { ...SESSIONS, who: ARCHIVE }, box('get'), 'no-condition'],
    ['a session under a condition for a box', {}, session('web'), 'no-condition'],
    ['an application of the condition', SESSIONS, session('web'), 'permitted', TINA],
    ['another application', SESSIONS, session('panel'), 'operation', TINA],
  ];
  it.each(rows)('%s', (_what, change, access, expected, asker = ARCHIVE) => {
    expect(decide([condition(change)], access, { asker })).toBe(expected);
  });
});

describe('access conditions: when', () => {
  const WORK: Change = { hours: [{ days: [1, 2, 3, 4, 5], from: '08:30', until: '17:00' }] };
  const NIGHT: Change = { hours: [{ days: [5, 7], from: '22:00', until: '06:00' }] };
  const ALL_DAY: Change = { hours: [{ days: [7], from: '00:00', until: '00:00' }] };
  const SPRING: Change = { hours: [{ days: [7], from: '02:10', until: '02:50' }] };
  const rows: [what: string, change: Change, at: string, expected: Denial | 'permitted'][] = [
    ['before the start', { from: '2030-01-07T09:00:00.001Z' }, MONDAY_10, 'not-yet'],
    ['from the start', { from: '2030-01-07T09:00:00.000Z' }, MONDAY_10, 'permitted'],
    ['until just before the end', { until: '2030-01-07T09:00:00.001Z' }, MONDAY_10, 'permitted'],
    ['no longer at the end', { until: '2030-01-07T09:00:00.000Z' }, MONDAY_10, 'expired'],

    ['within the hours', WORK, MONDAY_10, 'permitted'],
    ['at their first minute', WORK, '2030-01-07T07:30:00Z', 'permitted'],
    ['before it', WORK, '2030-01-07T07:29:59Z', 'hours'],
    ['in their last minute', WORK, '2030-01-07T15:59:59Z', 'permitted'],
    ['after it', WORK, '2030-01-07T16:00:00Z', 'hours'],
    ['on another day', WORK, '2030-01-06T10:00:00Z', 'hours'],
    [
      'when one of several hours fits',
      { hours: [...WORK.hours!, ...NIGHT.hours!] },
      '2030-01-06T22:00:00Z',
      'permitted',
    ],

    ['over midnight: in the evening', NIGHT, '2030-01-11T21:00:00Z', 'permitted'],
    ['over midnight: before the evening', NIGHT, '2030-01-11T20:59:59Z', 'hours'],
    ['over midnight: in the morning after', NIGHT, '2030-01-12T04:59:59Z', 'permitted'],
    ['over midnight: at the end of the night', NIGHT, '2030-01-12T05:00:00Z', 'hours'],
    ['over midnight: in the morning of the day itself', NIGHT, '2030-01-11T04:00:00Z', 'hours'],
    ['over midnight: from Sunday to Monday', NIGHT, '2030-01-07T04:00:00Z', 'permitted'],
    ['over midnight: in the evening after', NIGHT, '2030-01-12T21:00:00Z', 'hours'],
    ['a whole day', ALL_DAY, '2030-01-06T22:59:59Z', 'permitted'],
    ['the day after a whole day', ALL_DAY, '2030-01-06T23:00:00Z', 'hours'],

    // Berlin: 31 March 2030, 02:00 becomes 03:00; 27 October 2030, 03:00 becomes 02:00
    ['summer time: the same hour of the wall clock', WORK, '2030-07-01T06:30:00Z', 'permitted'],
    ['summer time: one hour less in UTC', WORK, '2030-07-01T15:00:00Z', 'hours'],
    ['the hour that is left out: before it', SPRING, '2030-03-31T00:59:59Z', 'hours'],
    ['the hour that is left out: after it', SPRING, '2030-03-31T01:00:00Z', 'hours'],
    ['the hour that comes twice: first', SPRING, '2030-10-27T00:10:00Z', 'permitted'],
    ['the hour that comes twice: between', SPRING, '2030-10-27T00:50:00Z', 'hours'],
    ['the hour that comes twice: again', SPRING, '2030-10-27T01:10:00Z', 'permitted'],
  ];
  it.each(rows)('%s', (_what, change, at, expected) => {
    expect(decide([condition(change)], box('get'), { at })).toBe(expected);
  });

  it.each([
    ['Asia/Tokyo', '2030-01-06T23:30:00Z', { at: Date.parse('2030-01-06T23:30:00Z'), day: 1, minute: 8 * 60 + 30 }],
    [
      'America/St_Johns',
      '2030-01-07T03:29:00Z',
      { at: Date.parse('2030-01-07T03:29:00Z'), day: 7, minute: 23 * 60 + 59 },
    ],
    ['UTC', '2030-01-07T00:00:00Z', { at: Date.parse('2030-01-07T00:00:00Z'), day: 1, minute: 0 }],
  ])('reads the wall clock of %s', (zone, at, expected) => {
    expect(momentOf(Date.parse(at), zone)).toEqual(expected);
  });
});

describe('access conditions: how often', () => {
  const rows: Row[] = [
    ['the last of the times', { times: 3, used: { times: 2, bytes: 0 } }, box('get'), 'permitted'],
    ['one more', { times: 3, used: { times: 3, bytes: 0 } }, box('get'), 'times'],
    ['the last session', { ...SESSIONS, times: 1 }, session('web'), 'permitted', TINA],
    ['one more session', { ...SESSIONS, times: 1, used: { times: 1, bytes: 0 } }, session('web'), 'times', TINA],
    [
      'a document that just fits',
      { bytes: 100, used: { times: 1, bytes: 40 } },
      box('get', 'invoices', 60),
      'permitted',
    ],
    [
      'one that would pass the limit',
      { bytes: 100, used: { times: 1, bytes: 40 } },
      box('get', 'invoices', 61),
      'bytes',
    ],
    ['unknown length with a byte left', { bytes: 100, used: { times: 1, bytes: 99 } }, box('get'), 'permitted'],
    ['unknown length with nothing left', { bytes: 100, used: { times: 1, bytes: 100 } }, box('get'), 'bytes'],
    ['a list, which has no document', { bytes: 100, used: { times: 1, bytes: 100 } }, box('list'), 'permitted'],
  ];
  it.each(rows)('%s', (_what, change, access, expected, asker = ARCHIVE) => {
    expect(decide([condition(change)], access, { asker })).toBe(expected);
  });
});

describe('several access conditions', () => {
  const over = { until: '2030-01-01T00:00:00.000Z' };
  const later = { from: '2030-02-01T00:00:00.000Z' };
  const used = { times: 1, used: { times: 1, bytes: 0 } };
  const rows: [closest: Denial, others: Change[]][] = [
    ['no-condition', [{ who: TINA }, SESSIONS]],
    ['box', [{ who: TINA }, { access: { kind: 'box', box: 'scans', operations: ['get'] } }]],
    [
      'operation',
      [
        { access: { kind: 'box', box: 'scans', operations: ['get'] } },
        { access: { kind: 'box', box: 'invoices', operations: ['put'] } },
      ],
    ],
    ['not-yet', [{ access: { kind: 'box', box: 'invoices', operations: ['put'] } }, later]],
    ['expired', [later, over]],
    ['hours', [over, { hours: [{ days: [2], from: '00:00', until: '00:00' }] }]],
    ['times', [{ hours: [{ days: [2], from: '00:00', until: '00:00' }] }, used]],
    ['bytes', [used, { bytes: 1, used: { times: 0, bytes: 1 } }]],
  ];
  it.each(rows)('deny with the reason of the closest: %s', (reason, changes) => {
    const conditions = changes.map(condition);
    expect(decide(conditions, box('get'))).toBe(reason);
    expect(decide(conditions.toReversed(), box('get'))).toBe(reason);
    expect(decide([...conditions, condition()], box('get'))).toBe('permitted');
  });

  it('use one that does not count first, then in the order in which they were set', () => {
    const [counted, first, second] = [condition({ times: 5 }), condition(), condition()];
    const chosen = (conditions: AccessCondition[]) =>
      decideAccess(conditions, { asker: ARCHIVE, access: box('get') }, momentOf(Date.parse(MONDAY_10)));
    expect(chosen([counted, first, second])).toEqual({ permitted: true, condition: first });
    expect(chosen([counted])).toEqual({ permitted: true, condition: counted });
  });
});

describe('what runs on an access condition', () => {
  it.each<[string, Change, Denial | undefined]>([
    ['continues', {}, undefined],
    ['continues when everything has been used', { times: 1, used: { times: 1, bytes: 0 } }, undefined],
    ['ends with the period', { until: MONDAY_10 }, 'expired'],
    ['ends with the hours', { hours: [{ days: [1], from: '08:00', until: '10:00' }] }, 'hours'],
  ])('%s', (_what, change, expected) => {
    expect(reasonToEnd(condition(change), momentOf(Date.parse(MONDAY_10), BERLIN))).toBe(expected);
  });
});
