import { Boxes } from '../boxes/boxes';
import { factoryMemory } from '../machine/factory-memory';
import { FAULT_NAMES, type FaultName } from '../machine/faults';
import { Machine } from '../machine/machine';
import { draw } from './draw';
import { reduce, SCREENS, type PanelEvent } from './panel.machine';
import { FIRST_STATE, type Effect, type PanelState } from './panel-state';
import { SCREEN_NAMES, type Button, type Picture } from '../../protocol/simulated-mfp';

const identity = { kind: 'mfp' as const, product: 'MFP', name: 'MFP', serialNumber: '1' };

/** Applies touches (`copy:...`) and keys (`#5`) one after the other. */
function play(steps: string[], start: Partial<PanelState> = {}, faults: FaultName[] = [], printing = false) {
  const machine = new Machine(identity, { ...factoryMemory('MFP', 'mfp', 0), faults }, new Boxes());
  if (printing) machine.print('Job', 'me', 9, false);
  machine.stop();
  let state: PanelState = { ...FIRST_STATE, ...start };
  const effects: Effect[] = [];
  for (const step of steps) {
    const event = (
      step.startsWith('#') ? { type: 'key', key: step.slice(1) } : { type: 'touch', target: step }
    ) as PanelEvent;
    const next = reduce(state, event, machine);
    state = next.state;
    effects.push(...(next.effects ?? []));
  }
  return { state, effects, picture: draw(state, machine), machine };
}

/** Everything on a picture that can be touched. */
function targets(picture: Picture): string[] {
  const found: string[] = [];
  JSON.stringify(picture, (key, value: unknown) => {
    const { target, disabled } = (value ?? {}) as Partial<Button>;
    if (typeof target === 'string' && !disabled) found.push(target);
    return value;
  });
  return found;
}

describe('screen machine of the operation panel', () => {
  it.each<[string, string[], Partial<PanelState>, Partial<PanelState>]>([
    ['a tile opens its screen', ['open:copy'], {}, { screen: 'copy' }],
    ['an unknown screen is ignored', ['open:cinema'], {}, { screen: 'home' }],
    ['a target of another screen is ignored', ['colour:on'], {}, { colour: false }],
    ['a property that every object has is no target', ['constructor', 'open:constructor'], {}, FIRST_STATE],
    ['digits make a number', ['digit:1', '#2'], { screen: 'copy' }, { copies: 12, typing: true }],
    ['a number does not start with 0', ['#0'], { screen: 'copy' }, { copies: 1, typing: false }],
    ['a fourth digit is ignored', ['#9', '#9', '#9', '#9'], { screen: 'copy' }, { copies: 999 }],
    ['a digit after START starts a new number', ['#4', '#start', '#7'], { screen: 'copy' }, { copies: 7 }],
    ['C clears the number', ['#4', '#clear'], { screen: 'copy' }, { copies: 1 }],
    ['a colour mode is selected', ['colour:on'], { screen: 'copy' }, { colour: true }],
    ['a tray is selected', ['tray:2'], { screen: 'copy' }, { tray: 2 }],
    ['an unknown tray is ignored', ['tray:3'], { screen: 'copy' }, { tray: 1 }],
    [
      'Reset resets the settings and stays on the screen',
      ['#9', 'colour:on', '#reset'],
      { screen: 'copy' },
      { copies: 1, colour: false, screen: 'copy' },
    ],
    ['an address is selected', ['address:2'], { screen: 'scan' }, { address: 2 }],
    ['an unknown address is ignored', ['address:99'], { screen: 'scan' }, { address: null }],
    [
      'a scan needs a recipient',
      ['start'],
      { screen: 'scan' },
      { message: { tone: 'warn', text: 'Choose a recipient for the scan.' } },
    ],
    ['a fax number keeps its zeros', ['#0', '#3', '#0'], { screen: 'fax' }, { faxNumber: '030' }],
    ['a fax number comes from the address book', ['address:2'], { screen: 'fax' }, { faxNumber: '+49 30 5550 120' }],
    ['a list turns its pages', ['page:next', 'page:next'], { screen: 'jobs' }, { page: 2 }],
    ['a list has a first page', ['page:previous'], { screen: 'jobs' }, { page: 0 }],
    ['a list has a last page', Array<string>(20).fill('page:next'), { screen: 'jobs' }, { page: 7 }],
    [
      'the energy key puts the display to sleep',
      ['#sleep'],
      { screen: 'copy', copies: 5 },
      { ...FIRST_STATE, awake: false },
    ],
    ['the first touch only wakes', ['open:copy'], { awake: false }, { awake: true, screen: 'home' }],
    ['the first key only wakes', ['#sleep'], { awake: false }, { awake: true }],
    ['the next input removes the message', ['open:fax'], { message: { tone: 'good', text: 'x' } }, { message: null }],
  ])('%s', (_what, steps, start, expected) => {
    expect(play(steps, start).state).toMatchObject(expected);
  });

  it.each<[string, string[], PanelState['screen'], Effect[]]>([
    [
      'START copies',
      ['#3', 'colour:on', 'tray:2', 'start'],
      'copy',
      [{ kind: 'copy', copies: 3, colour: true, paper: 'A3' }],
    ],
    ['START scans', ['address:1', '#start'], 'scan', [{ kind: 'scan', address: 1 }]],
    ['START faxes', ['#1', '#2', '#start', '#start'], 'fax', [{ kind: 'fax', number: '12' }]],
    ['START on a screen without it', ['#start'], 'home', []],
    [
      'more and less brightness',
      ['brightness:more', 'brightness:less', 'brightness:sideways'],
      'settings',
      [
        { kind: 'set-brightness', level: 5 },
        { kind: 'set-brightness', level: 3 },
      ],
    ],
    [
      'more and fewer minutes until sleep',
      ['sleep:more', 'sleep:less'],
      'settings',
      [
        { kind: 'set-sleep', minutes: 30 },
        { kind: 'set-sleep', minutes: 10 },
      ],
    ],
    ['Stop without a job', ['#stop'], 'copy', []],
  ])('gives the machine the right effects: %s', (_what, steps, screen, effects) => {
    expect(play(steps, { screen }).effects).toEqual(effects);
  });

  it('Stop cancels the job that is printing, also under a dialog', () => {
    expect(play(['#stop'], {}, [], true).effects).toEqual([{ kind: 'cancel-job' }]);
    expect(play(['#stop'], {}, ['paper-jam'], true).effects).toEqual([{ kind: 'cancel-job' }]);
  });

  it('a fault covers the screen until it is hidden or cleared', () => {
    const covered = play(['open:copy', '#5'], {}, ['paper-jam']);
    expect(covered.state).toEqual(FIRST_STATE);
    expect(covered.picture.dialog).toMatchObject({ title: 'Paper jam', tone: 'bad' });
    expect(play(['dialog:resolve'], {}, ['paper-jam']).effects).toEqual([{ kind: 'clear-fault', fault: 'paper-jam' }]);

    const aside = play(['dialog:hide', 'open:copy'], {}, ['paper-jam']);
    expect(aside.picture).toMatchObject({ screen: 'copy', dialog: null, bar: { alerts: 1, state: 'stopped' } });
    expect(play(['alerts'], { hidden: ['paper-jam'] }, ['paper-jam']).picture.dialog).not.toBeNull();
    // nothing is queued at a machine that is stopped
    const start = play(['start'], { screen: 'copy', hidden: ['paper-jam'] }, ['paper-jam']);
    expect([start.effects, start.picture.dialog?.title]).toEqual([[], 'Paper jam']);
  });

  it('shows the fault that stops the machine before the one that does not', () => {
    expect(play([], {}, ['toner-low', 'cover-open']).picture.dialog?.title).toBe('Cover open');
  });

  it('a new fault wakes the display, and is shown again when it was hidden', () => {
    const { machine } = play([], {}, ['paper-jam']);
    const { state } = reduce(
      { ...FIRST_STATE, awake: false, hidden: ['paper-jam'] },
      { type: 'fault', fault: 'paper-jam' },
      machine,
    );
    expect(state).toMatchObject({ awake: true, hidden: [] });
  });

  it.each(SCREEN_NAMES)('every target of the screen %s does something', (screen) => {
    const { picture, machine } = play([], { screen, message: null }, [], true);
    for (const target of targets(picture)) {
      // a selected option may be selected again
      const before = { ...FIRST_STATE, screen, message: { tone: 'plain', text: 'old' } } as const;
      expect([target, reduce(before, { type: 'touch', target }, machine).state.message === before.message]).toEqual([
        target,
        false,
      ]);
    }
    expect(SCREENS[screen].title).not.toBe('');
  });

  it('reaches every screen from home, and home from every screen', () => {
    expect(targets(play([]).picture).filter((target) => target.startsWith('open:'))).toHaveLength(
      SCREEN_NAMES.length - 1,
    );
    for (const screen of SCREEN_NAMES) expect(play(['open:home'], { screen }).state.screen).toBe('home');
  });

  it.each(FAULT_NAMES)('the dialog of %s can be answered', (fault) => {
    const { picture } = play([], {}, [fault]);
    expect(targets(picture).filter((target) => target.startsWith('dialog:'))).toEqual([
      'dialog:hide',
      'dialog:resolve',
    ]);
  });
});
