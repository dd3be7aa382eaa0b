import type { Row, Widget } from '../../../protocol/simulated-mfp';
import type { MachineFacts, PanelScreen, PanelState } from '../panel-state';
import { pagedList, pageVerb } from './paged-list';

/** The box that is open; undefined: none. */
const openBox = ({ box }: PanelState, { boxes }: MachineFacts): string | undefined =>
  boxes.names.find((name) => name === box);

export const boxesScreen: PanelScreen = {
  title: 'Document box',
  verbs: {
    page: (state, argument, facts) => {
      const box = openBox(state, facts);
      const count = () => (box === undefined ? facts.boxes.names : facts.boxes.list(box)).length;
      return pageVerb(count).page!(state, argument, facts);
    },
    box: (state, index, { boxes }) => {
      const box = /^\d{1,3}$/.test(index) ? boxes.names[Number(index)] : undefined;
      return box === undefined ? undefined : { state: { ...state, box, page: 0 } };
    },
    clear: (state) => ({ state: { ...state, box: null, page: 0 } }),
    start: (state, _, facts) => {
      const box = openBox(state, facts);
      if (box === undefined)
        return { state: { ...state, message: { tone: 'warn', text: 'Choose a box for the scan.' } } };
      const message = { tone: 'good', text: `The scan is being stored in ${box}.` } as const;
      return { state: { ...state, message }, effects: [{ kind: 'scan-to-box', box }] };
    },
  },
  draw: (state, facts) => {
    const box = openBox(state, facts);
    return [
      { size: 7, widgets: [box === undefined ? boxList(state, facts) : documentList(box, state, facts)] },
      {
        size: 2,
        widgets: [
          {
            kind: 'actions',
            actions: [
              ...(box === undefined ? [] : [{ target: 'clear', label: 'All boxes' }]),
              { target: 'start', label: 'SCAN', icon: 'start', tone: 'start', disabled: box === undefined },
            ],
          },
        ],
      },
    ];
  },
};

function boxList({ page }: PanelState, { boxes }: MachineFacts): Widget {
  const toRow = (name: string): Row => {
    const { length } = boxes.list(name);
    const detail = length === 1 ? '1 document' : `${length} documents`;
    return { target: `box:${boxes.names.indexOf(name)}`, text: name, detail };
  };
  return pagedList(boxes.names, page, toRow, 'This device has no document boxes.');
}

function documentList(box: string, { page }: PanelState, { boxes }: MachineFacts): Widget {
  const toRow = ({ name, bytes, modifiedAt }: ReturnType<typeof boxes.list>[number]): Row => ({
    text: name,
    detail: `${bytes.toLocaleString('en')} bytes, ${modifiedAt.slice(0, 16).replace('T', ' ')} UTC`,
  });
  return pagedList(boxes.list(box), page, toRow, 'This box is empty. Touch SCAN to store a document in it.');
}
