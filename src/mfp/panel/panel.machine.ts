import { FAULTS, type FaultName } from '../machine/faults';
import type { Key, PanelInput } from '../../protocol/simulated-mfp';
import { FIRST_STATE, type Facts, type PanelState, type Step, type Verbs, type PanelScreen } from './panel-state';
import { SCREEN_NAMES, type ScreenName } from '../../protocol/simulated-mfp';
import { addressesScreen } from './screens/addresses.screen';
import { copyScreen } from './screens/copy.screen';
import { faxScreen } from './screens/fax.screen';
import { homeScreen } from './screens/home.screen';
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
  status: statusScreen,
  settings: settingsScreen,
  jobs: jobsScreen,
};

/** A key is the target of the same meaning. */
const targetOf = (key: Key): string => (/^\d$/.test(key) ? `digit:${key}` : key === 'sleep' ? 'doze' : key);

/** What works on every screen. */
const COMMON: Verbs = {
  open: (state, name) => {
    const screen = SCREEN_NAMES.find((one) => one === name);
    return screen && { state: { ...state, screen, page: 0, address: null, typing: false } };
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

/** What works while a fault's dialog covers the screen. */
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
export const faultShown = ({ hidden }: PanelState, { memory }: Facts): FaultName | undefined =>
  memory.faults
    .filter((fault) => !hidden.includes(fault))
    .sort((a, b) => Number(FAULTS[b].stops) - Number(FAULTS[a].stops))[0];

/** What the display meets: people, the machine, and time. */
export type Happening =
  | PanelInput
  /** Nobody has touched it for a while. */
  | { type: 'idle' }
  | { type: 'fault'; fault: FaultName }
  /** Somebody wants to see which machine it is. */
  | { type: 'identify' }
  /** The machine could not do what was asked. */
  | { type: 'refusal'; text: string };

/** The display's next state, and what the machine is to do. Pure; what means nothing here leaves the state as it is. */
export function reduce(state: PanelState, happening: Happening, facts: Facts): Step {
  switch (happening.type) {
    case 'idle':
      return COMMON.doze!(state, '', facts) ?? { state };
    case 'identify':
      return { state: { ...state, awake: true } };
    case 'fault':
      return { state: { ...state, awake: true, hidden: state.hidden.filter((fault) => fault !== happening.fault) } };
    case 'refusal':
      return { state: { ...state, message: { tone: 'bad', text: happening.text } } };
    case 'touch':
      return act(state, happening.target, facts);
    case 'key':
      return act(state, targetOf(happening.key), facts);
  }
}

function act(state: PanelState, target: string, facts: Facts): Step {
  // The first touch only wakes it: nobody sees what they would press.
  if (!state.awake) return { state: { ...state, awake: true } };
  const [name = '', argument = ''] = target.split(':');
  const verbs = faultShown(state, facts) ? DIALOG : { ...COMMON, ...SCREENS[state.screen].verbs };
  const verb = Object.hasOwn(verbs, name) ? verbs[name] : undefined;
  return verb?.({ ...state, message: null }, argument, facts) ?? { state };
}
