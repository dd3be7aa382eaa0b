import { newAccessCondition } from '../../protocol/access-conditions';
import type { DisplayInput, DisplayState } from '../../protocol/device-display';
import type { Button, Picture } from '../../protocol/simulated-mfp';
import { Boxes } from '../boxes/boxes';
import { factoryMemory } from '../machine/factory-memory';
import { Machine } from '../machine/machine';
import { MFP_LIMITS } from '../mfp-limits';
import { draw } from '../panel/draw';
import { FIRST_STATE } from '../panel/panel-state';
import { ownPicture } from './own-picture';
import { FIRST_OWN_SCREEN, refresh, touch, type OwnFacts, type OwnScreen } from './own-screen';
import vectors from '../../../test/vectors/device-display.json';

const [FULL, EMPTY] = vectors.states as unknown as [DisplayState, DisplayState];
const ASKED = FULL.asking[0]!.remoteSessionId;
const LIVE = FULL.live[0]!.remoteSessionId;
const CONDITION = FULL.conditions[0]!.id;
const LATER = MFP_LIMITS.ANSWER_AFTER_MS;
const CALM: DisplayState = { ...FULL, asking: [], refused: null };

const machine = new Machine(
  { kind: 'mfp', product: 'MFP', name: 'MFP', serialNumber: '1' },
  factoryMemory('MFP', 'mfp', 0),
  new Boxes(),
);
const shared = draw(FIRST_STATE, machine);
machine.stop();

/** Applies touches and keys (`#5`) at a time, in milliseconds since the state arrived. */
function play(
  state: DisplayState | undefined,
  touches: string[],
  now: number = LATER,
  start: OwnScreen = FIRST_OWN_SCREEN,
) {
  const received = state && { ...state, receivedAt: 0 };
  const facts: OwnFacts = { state: received, boxes: ['invoices', 'scans'], now, timeOfDay: Date.UTC(2026, 0, 1) };
  let screen = refresh(start, { ...facts, now: 0 });
  const inputs: DisplayInput[] = [];
  let reached = 0;
  for (const target of touches) {
    const key = target.startsWith('#');
    const step = touch(
      screen,
      key ? { type: 'key', key: target.slice(1) as 'stop' } : { type: 'touch', target },
      facts,
    );
    ({ screen } = step);
    if (step.input) inputs.push(step.input);
    if (step.shared) reached++;
  }
  return { screen, inputs, reached, picture: ownPicture(shared, screen, facts) };
}

const targetsOf = (picture: Picture): string[] => {
  const found: string[] = [];
  JSON.stringify(picture, (_key, value: unknown) => {
    const { target, disabled } = (value ?? {}) as Partial<Button>;
    if (typeof target === 'string' && !disabled) found.push(target);
    return value;
  });
  return found;
};

describe("the screen of the device's own display", () => {
  it.each<[string, string, DisplayInput[]]>([
    ['YES', `access-yes:${ASKED}`, [{ do: 'approve', remoteSessionId: ASKED, grant: 'operate' }]],
    ['View only', `access-view:${ASKED}`, [{ do: 'approve', remoteSessionId: ASKED, grant: 'view' }]],
    ['NO', `access-no:${ASKED}`, [{ do: 'decline', remoteSessionId: ASKED }]],
    [
      'YES for a while',
      `access-longer:${ASKED}`,
      [{ do: 'approve', remoteSessionId: ASKED, grant: 'operate', alsoForMinutes: 30 }],
    ],
    ['YES to another request', `access-yes:${LIVE}`, []],
    ['a touch beside the dialog', 'open:copy', []],
    ['a property of every object', `constructor:${ASKED}`, []],
    ['End now under the dialog', `access-end:${LIVE}`, []],
    ['START under the dialog', '#start', []],
  ])('answers %s to a request', (_what, target, inputs) => {
    const played = play(FULL, [target]);
    expect(played.inputs).toEqual(inputs);
    expect(played.reached).toBe(0);
  });

  it('takes no answer from a finger that was on its way when the dialog appeared', () => {
    expect(play(FULL, [`access-yes:${ASKED}`], LATER - 1).inputs).toEqual([]);
  });

  it('takes one answer to a request, and shows the next request as a new dialog', () => {
    const second = { ...FULL.asking[0]!, remoteSessionId: LIVE };
    const { inputs, picture } = play({ ...FULL, asking: [FULL.asking[0]!, second] }, [
      `access-yes:${ASKED}`,
      `access-yes:${ASKED}`,
      `access-yes:${LIVE}`,
    ]);
    expect(inputs).toHaveLength(1);
    expect(picture.dialog?.actions[0]?.target).toBe(`access-yes:${LIVE}`);
  });

  it('shows who asks, for what, why and how long, and how long is left to answer', () => {
    const { picture } = play({ ...FULL, asking: [{ ...FULL.asking[0]!, reason: 'a\u202eb\nc' }] }, []);
    expect(picture).toMatchObject({
      awake: true,
      dialog: {
        facts: [
          ['Who', 'Tina Technician (user tina)'],
          ['From', 'platen.example.com'],
          ['Access to', 'Operation panel'],
          ['For', '60 minutes at most'],
          ['Reason', 'a b c'],
        ],
        note: 'Answer within 1:58',
      },
    });
  });

  it('offers View only where the application supports it', () => {
    const { inputs, picture } = play({ ...FULL, asking: [{ ...FULL.asking[0]!, viewable: false }] }, [
      `access-view:${ASKED}`,
    ]);
    expect(inputs).toEqual([]);
    expect(picture.dialog?.actions.map(({ label }) => label)).not.toContain('View only');
  });

  it('shows a request no longer than it can be answered', () => {
    expect(play(FULL, [`access-yes:${ASKED}`], 118_000)).toMatchObject({ inputs: [], picture: { dialog: null } });
  });

  it('wakes the display for a request and for an open session', () => {
    const asleep = { ...shared, awake: false };
    const facts = (state: DisplayState) => ({
      state: { ...state, receivedAt: 0 },
      boxes: [],
      now: 0,
      timeOfDay: 0,
    });
    const awake = (state: DisplayState) =>
      ownPicture(asleep, refresh(FIRST_OWN_SCREEN, facts(state)), facts(state)).awake;
    expect([awake(EMPTY), awake(CALM), awake({ ...FULL, live: [] })]).toEqual([false, true, true]);
  });

  it('ends an open session at its bar', () => {
    const { inputs, picture } = play(CALM, [`access-end:${LIVE}`, `access-end:${ASKED}`]);
    expect(inputs).toEqual([{ do: 'end', remoteSessionId: LIVE }]);
    expect(picture.live?.text).toBe('Remote access: Billing service: Web pages, view only');
  });

  it('revokes the condition that is shown, and no other', () => {
    expect(play(CALM, [`access-revoke:${CONDITION}`]).inputs).toEqual([]);
    const shown = ['access:conditions', `access-condition:${CONDITION}`];
    expect(play(CALM, [...shown, `access-revoke:${LIVE}`]).inputs).toEqual([]);
    expect(play(CALM, [...shown, `access-revoke:${CONDITION}`]).inputs).toEqual([
      { do: 'revoke-condition', id: CONDITION },
    ]);
  });

  it('shows what was denied, and why', () => {
    expect(JSON.stringify(play(CALM, ['access:denials']).picture.panes)).toContain(
      'The condition does not include this operation or application.',
    );
  });

  const next = 'access-step:next';
  const who = { kind: 'user', id: 'tina', name: 'Tina Technician' };
  it.each<[string, string[], object]>([
    [
      'sessions, always',
      ['access-row:0', next, 'access-row:0', next, next, next, next],
      { access: { kind: 'session', applications: ['panel'], grant: 'operate' }, until: null, hours: [], times: null },
    ],
    [
      'view-only sessions in certain hours, twice',
      [
        ...['access-row:0', next, 'access-row:0', next, 'access-row:1', next],
        ...[
          'access-row:3',
          'access-less:from',
          'access-more:until',
          next,
          'access-more:often',
          'access-more:often',
          next,
        ],
      ],
      {
        access: { kind: 'session', applications: ['panel'], grant: 'view' },
        hours: [{ days: [1, 2, 3, 4, 5], from: '07:00', until: '19:00' }],
        times: 2,
      },
    ],
    [
      'one box for a day',
      [
        ...['access-row:0', next, 'access-row:1', next, 'access-row:2', 'access-row:1', next],
        ...['access-row:1', 'access-more:duration', 'access-more:duration', next, next],
      ],
      { access: { kind: 'box', box: 'invoices', operations: ['list', 'put'] }, until: '2026-01-02T00:00:00.000Z' },
    ],
    [
      'every box',
      ['access-row:0', next, 'access-row:3', next, next, next, next],
      { access: { kind: 'box', box: null, operations: ['list', 'get'] } },
    ],
  ])('sets a condition by touches: %s', (_what, touches, condition) => {
    const { inputs, screen } = play(CALM, ['access:conditions', 'access:new', ...touches, 'access:set']);
    expect(inputs).toEqual([{ do: 'set-condition', condition: expect.objectContaining({ who, ...condition }) }]);
    const [input] = inputs;
    if (input?.do === 'set-condition') expect(newAccessCondition.parse(input.condition)).toEqual(input.condition);
    expect(screen.view?.name).toBe('conditions');
  });

  it.each<[string, string[]]>([
    ['before all was chosen', ['access:new', 'access:set']],
    ['without a person', ['access:new', next, next, next, next, next, 'access:set']],
    [
      'without an operation',
      [
        'access:new',
        'access-row:0',
        next,
        'access-row:1',
        next,
        'access-row:0',
        'access-row:1',
        next,
        next,
        next,
        'access:set',
      ],
    ],
    ['with a row that does not exist', ['access:new', 'access-row:9', next, 'access:set']],
    ['that was cancelled', ['access:new', 'access-step:back', 'access:set']],
  ])('sets no condition %s', (_what, touches) => {
    expect(play(CALM, touches).inputs).toEqual([]);
  });

  it('knows a row by what it was when the wizard was opened, not by its place in a newer list', () => {
    const { screen } = play(CALM, ['access:new']);
    const other = { kind: 'user' as const, id: 'eve', name: 'Eve' };
    const newer = { ...CALM, askers: [other, ...CALM.askers] };
    const touches = ['access-row:0', next, 'access-row:0', next, next, next, next, 'access:set'];
    expect(play(newer, touches, LATER, screen).inputs).toEqual([
      { do: 'set-condition', condition: expect.objectContaining({ who }) },
    ]);
  });

  it('shows nothing to press that is not known any more', () => {
    const touches = ['access:conditions', 'access:new', `access-end:${LIVE}`, 'access:set', `access-yes:${ASKED}`];
    const { inputs, picture } = play(undefined, touches);
    expect(inputs).toEqual([]);
    expect(picture.dialog).toBeNull();
    expect(picture.live).toBeNull();
    expect(JSON.stringify(picture.panes)).toContain('Remote access is not available');
    expect(targetsOf(picture).filter((target) => target.startsWith('access'))).toEqual([]);
  });

  it('leaves its screens at Home, Reset and energy saving; other touches reach the shared screen only outside', () => {
    for (const way of ['open:home', '#reset', '#sleep'])
      expect(play(CALM, ['access:conditions', way]).screen.view).toBeNull();
    expect(play(CALM, ['access:conditions', 'open:copy', '#1', 'open:home', 'open:copy', '#1']).reached).toBe(2);
  });

  it('does what each of its targets says, on every screen', () => {
    const seen = new Set<string>();
    const explore = (touches: string[]): void => {
      const { picture } = play(CALM, touches);
      expect(picture.title).not.toBe('');
      for (const target of targetsOf(picture).filter((each) => each.startsWith('access'))) {
        if (seen.has(target)) continue;
        seen.add(target);
        const { inputs, screen } = play(CALM, [...touches, target]);
        expect([target, inputs.length > 0 || screen !== FIRST_OWN_SCREEN]).toEqual([target, true]);
        explore([...touches, target]);
      }
    };
    explore([]);
    expect(seen).toContain('access:new');
  });
});
