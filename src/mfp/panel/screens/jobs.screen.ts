import type { Job } from '../../machine/memory';
import type { Row } from '../../../protocol/simulated-mfp';
import { pagedList, pageVerb } from './paged-list';
import type { PanelScreen } from '../panel-state';

const TONES = { waiting: 'plain', printing: 'good', completed: 'plain', cancelled: 'warn', stopped: 'bad' } as const;

const toRow = ({ id, title, owner, printed, pages, result }: Job): Row => ({
  text: title,
  detail: `${result === 'printing' ? `printing, page ${Math.min(printed + 1, pages)} of ${pages}` : `${result}, ${pages} pages`} - ${owner}, job ${id}`,
  tone: TONES[result],
});

export const jobsScreen: PanelScreen = {
  title: 'Job list',
  verbs: pageVerb(({ memory }) => memory.jobs.length),
  draw: (state, { memory, status }) => [
    { size: 7, widgets: [pagedList([...memory.jobs].reverse(), state.page, toRow, 'There are no jobs.')] },
    {
      size: 2,
      widgets: [
        {
          kind: 'actions',
          actions: [{ target: 'stop', label: 'Cancel printing', icon: 'stop', tone: 'danger', disabled: !status.job }],
        },
      ],
    },
  ],
};
