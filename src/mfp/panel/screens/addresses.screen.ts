import { findAddress } from '../../machine/address-book';
import { pagedList, pageVerb } from './paged-list';
import type { PanelScreen } from '../panel-state';

export const addressesScreen: PanelScreen = {
  title: 'Address book',
  verbs: {
    ...pageVerb(({ memory }) => memory.addresses.length),
    address: (state, id, facts) =>
      findAddress(facts, Number(id)) ? { state: { ...state, address: Number(id) } } : undefined,
    clear: (state) => ({ state: { ...state, address: null } }),
  },
  draw: (state, facts) => {
    const chosen = findAddress(facts, state.address ?? 0);
    return [
      {
        size: 5,
        widgets: [
          pagedList(
            facts.memory.addresses,
            state.page,
            ({ id, name, email, fax }) => ({
              target: `address:${id}`,
              text: name,
              detail: email || fax,
              pressed: id === chosen?.id,
            }),
            'The address book is empty.',
          ),
        ],
      },
      {
        size: 4,
        widgets: [
          chosen
            ? {
                kind: 'facts',
                label: chosen.name,
                facts: [
                  ['E-mail', chosen.email || '-'],
                  ['Fax', chosen.fax || '-'],
                ],
              }
            : { kind: 'text', text: 'Touch an entry to see its details. Change entries on the web pages.' },
        ],
      },
    ];
  },
};
