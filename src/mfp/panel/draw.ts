import { FAULTS } from '../machine/faults';
import { faultShown, SCREENS } from './panel.machine';
import type { MachineFacts, PanelState } from './panel-state';
import type { Dialog, Picture } from '../../protocol/simulated-mfp';
import { toLevel } from './screens/status.screen';

/** The picture of a state. */
export function draw(state: PanelState, facts: MachineFacts): Picture {
  const { memory, status } = facts;
  const screen = SCREENS[state.screen];
  const dialog = dialogOf(state, facts);
  return {
    awake: state.awake,
    brightness: memory.brightness,
    screen: state.screen,
    title: screen.title,
    panes: screen.draw(state, facts),
    message: status.identifying === null ? state.message : { tone: 'good', text: status.identifying },
    dialog,
    bar: {
      state: status.state,
      warned: status.warnings.length > 0,
      text: status.state === 'idle' ? (status.warnings[0] ?? status.message) : status.message,
      toners: memory.supplies.filter(({ kind }) => kind === 'toner').map(toLevel),
      alerts: memory.faults.filter((fault) => state.hidden.includes(fault)).length,
    },
    keys: { start: Object.hasOwn(screen.verbs, 'start') && !dialog, stop: status.job !== null },
  };
}

function dialogOf(state: PanelState, facts: MachineFacts): Dialog | null {
  const name = faultShown(state, facts);
  if (!name) return null;
  const { title, text, steps, remedy, stops } = FAULTS[name];
  return {
    tone: stops ? 'bad' : 'warn',
    title,
    text,
    steps: [...steps],
    actions: [
      { target: 'dialog:hide', label: stops ? 'Later' : 'Close' },
      { target: 'dialog:resolve', label: remedy, tone: 'primary' },
    ],
  };
}
