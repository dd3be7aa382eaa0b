import type { Step } from '../../protocol/steps';
import type { Half } from '../../protocol/remote-session';
import type { EndedBy } from './relayed-session';

/** Fig. 9 and 10: the steps of the Cloud Hub while a half is established. */
export const OPENING_STEPS = {
  device: { authenticate: 'S173', store: 'S176', report: 'S177' },
  terminal: { authenticate: 'S206', store: 'S209', report: 'S210' },
} as const satisfies Record<Half, Record<string, Step>>;

export interface EndingSteps {
  readonly store?: Step;
  readonly report?: Step;
  /** The Cloud Hub notifies the device, or the Web Agent, which then notifies the terminal. */
  readonly notify?: Step;
  readonly webAgentNotifies?: Step;
}
const DEVICE_ENDING: EndingSteps = { store: 'S295', report: 'S296', notify: 'S299' };

/** Fig. 14, 15 and 17: the steps while a half ends in order. */
export const ENDING_STEPS: Record<EndedBy, Record<Half, EndingSteps>> = {
  requested: {
    device: DEVICE_ENDING,
    terminal: { store: 'S267', report: 'S268', notify: 'S271', webAgentNotifies: 'S272' },
  },
  'control-plane': {
    device: DEVICE_ENDING,
    terminal: { store: 'S332', report: 'S333', notify: 'S336', webAgentNotifies: 'S337' },
  },
  other: { device: {}, terminal: {} },
};
