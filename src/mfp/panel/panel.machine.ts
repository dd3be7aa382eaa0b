import { FAULTS, type FaultName } from '../machine/faults';
import type { Key, PanelInput } from '../../protocol/simulated-mfp';
import {
  FIRST_STATE,
  type MachineFacts,
  type PanelState,
  type Step,
  type Verbs,
  type PanelScreen,
} from './panel-state';
import { SCREEN_NAMES, type ScreenName } from '../../protocol/simulated-mfp';
import { addressesScreen } from './screens/addresses.screen';
import { boxesScreen } from './screens/boxes.screen';
import { copyScreen } from './screens/copy.screen';
import { faxScreen } from './screens/fax.screen';
import { hasScreen, homeScreen } from './screens/home.screen';
import { jobsScreen } from './screens/jobs.screen';
import { scanScreen } from './screens/scan.screen';
import { settingsScreen } from './screens/settings.screen';
import { statusScreen } from './screens/status.screen';

export const SCREENS: Readonly<Record<ScreenName, PanelScreen>> = {
  home: homeScreen,
  copy: copyScreen,
  scan: scanScreen,
  fax: faxScreen,
  addresses: addressesScreen,
  boxes: boxesScreen,
  status: statusScreen,
  settings: settingsScreen,
  jobs: jobsScreen,
};

/** The target that is equivalent to a key. */
const targetOf = (key: Key): string => (/^\d$/.test(key) ? `digit:${key}` : key === 'sleep' ? 'doze' : key);

/** Targets of every screen. */
const COMMON: Verbs = {
  open: (state, name, { identity }) => {
    const screen = SCREEN_NAMES.find((one) => one === name && hasScreen(identity.kind, one));
    return screen && { state: { ...state, screen, page: 0, address: null, box: null, typing: false } };
  },
  reset: ({ screen, hidden }) => ({ state: { ...FIRST_STATE, screen, hidden } }),
  doze: ({ hidden }) => ({ state: { ...FIRST_STATE, hidden, awake: false } }),
  stop: (state, _, { status }) =>
    status.job
      ? {
          state: { ...state, message: { tone: 'plain', text: `Job ${status.job.id} has been cancelled.` } },
          effects: [{ kind: 'cancel-job' }],
        }
      : undefined,
  alerts: (state) => ({ state: { ...state, hidden: [] } }),
};

/** Targets while the dialog of a fault covers the screen. */
const DIALOG: Verbs = {
  dialog: (state, answer, facts) => {
    const fault = faultShown(state, facts);
    if (!fault) return undefined;
    if (answer === 'hide') return { state: { ...state, hidden: [...state.hidden, fault] } };
    return answer === 'resolve' ? { state, effects: [{ kind: 'clear-fault', fault }] } : undefined;
  },
  doze: COMMON.doze!,
  stop: COMMON.stop!,
};

/** The fault whose dialog is on the display. */
export const faultShown = ({ hidden }: PanelState, { memory }: MachineFacts): FaultName | undefined =>
  memory.faults
    .filter((fault) => !hidden.includes(fault))
    .sort((a, b) => Number(FAULTS[b].stops) - Number(FAULTS[a].stops))[0];

/** Events that change the display: input, changes of the machine, and time. */
export type PanelEvent =
  | PanelInput
  /** The display has not been touched for a while. */
  | { type: 'idle' }
  | { type: 'fault'; fault: FaultName }
  /** The machine was asked to identify itself. */
  | { type: 'identify' }
  /** The machine refused an effect. */
  | { type: 'refusal'; text: string };

/** The display's next state, and the effect on the machine. Pure; meaningless events do not change the state. */
export function reduce(state: PanelState, event: PanelEvent, facts: MachineFacts): Step {
  switch (event.type) {
    case 'idle':
      return COMMON.doze!(state, '', facts) ?? { state };
    case 'identify':
      return { state: { ...state, awake: true } };
    case 'fault':
      return { state: { ...state, awake: true, hidden: state.hidden.filter((fault) => fault !== event.fault) } };
    case 'refusal':
      return { state: { ...state, message: { tone: 'bad', text: event.text } } };
    case 'touch':
      return act(state, event.target, facts);
    case 'key':
      return act(state, targetOf(event.key), facts);
  }
}

function act(state: PanelState, target: string, facts: MachineFacts): Step {
  // the first touch only wakes the display: the person could not see what was touched
  if (!state.awake) return { state: { ...state, awake: true } };
  const [name = '', argument = ''] = target.split(':');
  const verbs = faultShown(state, facts) ? DIALOG : { ...COMMON, ...SCREENS[state.screen].verbs };
  const verb = Object.hasOwn(verbs, name) ? verbs[name] : undefined;
  return verb?.({ ...state, message: null }, argument, facts) ?? { state };
}
