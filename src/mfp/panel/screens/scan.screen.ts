import { findAddress } from '../../machine/address-book';
import type { MachineFacts, PanelScreen } from '../panel-state';
import { pagedList, pageVerb } from './paged-list';

const reachable = ({ memory }: MachineFacts) => memory.addresses.filter(({ email }) => email !== '');

export const scanScreen: PanelScreen = {
  title: 'Scan to e-mail',
  verbs: {
    ...pageVerb((facts) => reachable(facts).length),
    address: (state, id, facts) =>
      reachable(facts).some((address) => String(address.id) === id)
        ? { state: { ...state, address: Number(id) } }
        : undefined,
    clear: (state) => ({ state: { ...state, address: null } }),
    start: (state, _, facts) => {
      const address = findAddress(facts, state.address ?? 0);
      if (!address) return { state: { ...state, message: { tone: 'warn', text: 'Choose a recipient for the scan.' } } };
      const message = { tone: 'good', text: `The scan has been sent to ${address.name}.` } as const;
      return { state: { ...state, address: null, message }, effects: [{ kind: 'scan', address: address.id }] };
    },
  },
  draw: (state, facts) => [
    {
      size: 7,
      widgets: [
        pagedList(
          reachable(facts),
          state.page,
          ({ id, name, email }) => ({
            target: `address:${id}`,
            text: name,
            detail: email,
            pressed: id === state.address,
          }),
          'The address book has no e-mail addresses.',
        ),
      ],
    },
    {
      size: 2,
      widgets: [{ kind: 'actions', actions: [{ target: 'start', label: 'START', icon: 'start', tone: 'start' }] }],
    },
  ],
};
