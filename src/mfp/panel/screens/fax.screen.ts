import { MFP_LIMITS } from '../../mfp-limits';
import type { MachineFacts, PanelScreen } from '../panel-state';
import { pagedList, pageVerb } from './paged-list';

const ROWS = 4;
const reachable = ({ memory }: MachineFacts) => memory.addresses.filter(({ fax }) => fax !== '');

export const faxScreen: PanelScreen = {
  title: 'Fax',
  verbs: {
    ...pageVerb((facts) => reachable(facts).length, ROWS),
    digit: (state, digit) => {
      const number = state.typing ? state.faxNumber + digit : digit;
      return /^\d$/.test(digit) && number.length <= MFP_LIMITS.PANEL_FAX_DIGITS
        ? { state: { ...state, faxNumber: number, typing: true } }
        : undefined;
    },
    clear: (state) => ({ state: { ...state, faxNumber: '', typing: false } }),
    address: (state, id, facts) => {
      const address = reachable(facts).find((one) => String(one.id) === id);
      return address && { state: { ...state, faxNumber: address.fax, typing: false } };
    },
    start: (state) => {
      const { faxNumber: number } = state;
      if (number === '') return { state: { ...state, message: { tone: 'warn', text: 'Enter a fax number first.' } } };
      const message = { tone: 'good', text: `The fax to ${number} has been sent.` } as const;
      return { state: { ...state, faxNumber: '', typing: false, message }, effects: [{ kind: 'fax', number }] };
    },
  },
  draw: (state, facts) => [
    {
      size: 5,
      widgets: [
        pagedList(
          reachable(facts),
          state.page,
          ({ id, name, fax }) => ({
            target: `address:${id}`,
            text: name,
            detail: fax,
            pressed: fax === state.faxNumber,
          }),
          'The address book has no fax numbers.',
          ROWS,
        ),
      ],
    },
    { size: 4, widgets: [{ kind: 'value', label: 'Number', value: state.faxNumber }, { kind: 'keypad' }] },
    {
      size: 2,
      widgets: [{ kind: 'actions', actions: [{ target: 'start', label: 'START', icon: 'start', tone: 'start' }] }],
    },
  ],
};
