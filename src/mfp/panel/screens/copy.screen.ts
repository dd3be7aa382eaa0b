import { MFP_LIMITS } from '../../mfp-limits';
import { FAULTS } from '../../machine/faults';
import type { MachineFacts, PanelScreen } from '../panel-state';

const paperIn = (tray: 1 | 2, { memory }: MachineFacts): string => memory.settings[tray === 1 ? 'tray1' : 'tray2'];

export const copyScreen: PanelScreen = {
  title: 'Copy',
  verbs: {
    digit: (state, digit) => {
      if (!/^\d$/.test(digit)) return undefined;
      const copies = state.typing ? state.copies * 10 + Number(digit) : Number(digit);
      const valid = copies >= 1 && copies <= MFP_LIMITS.PANEL_COPIES;
      return valid ? { state: { ...state, copies, typing: true } } : undefined;
    },
    clear: (state) => ({ state: { ...state, copies: 1, typing: false } }),
    colour: (state, mode) =>
      mode === 'on' || mode === 'off' ? { state: { ...state, colour: mode === 'on' } } : undefined,
    tray: (state, tray) =>
      tray === '1' || tray === '2' ? { state: { ...state, tray: tray === '1' ? 1 : 2 } } : undefined,
    start: (state, _, facts) => {
      // the fault that stops the machine is shown again; no job is queued
      if (facts.memory.faults.some((fault) => FAULTS[fault].stops)) return { state: { ...state, hidden: [] } };
      const { copies, colour, tray } = state;
      const text = copies === 1 ? 'The copy is being printed.' : `${copies} copies are being printed.`;
      return {
        state: { ...state, typing: false, message: { tone: 'good', text } },
        effects: [{ kind: 'copy', copies, colour, paper: paperIn(tray, facts) }],
      };
    },
  },
  draw: (state, facts) => [
    {
      size: 5,
      widgets: [
        {
          kind: 'choice',
          label: 'Colour mode',
          options: [
            { target: 'colour:off', label: 'Black & white', icon: 'mono', pressed: !state.colour },
            { target: 'colour:on', label: 'Full colour', icon: 'colour', pressed: state.colour },
          ],
        },
        {
          kind: 'choice',
          label: 'Paper',
          options: ([1, 2] as const).map((tray) => ({
            target: `tray:${tray}`,
            label: `Tray ${tray}`,
            note: paperIn(tray, facts),
            icon: 'tray',
            pressed: state.tray === tray,
          })),
        },
      ],
    },
    { size: 4, widgets: [{ kind: 'value', label: 'Copies', value: String(state.copies) }, { kind: 'keypad' }] },
    {
      size: 2,
      widgets: [{ kind: 'actions', actions: [{ target: 'start', label: 'START', icon: 'start', tone: 'start' }] }],
    },
  ],
};
