import { LOW_LEVEL } from '../../machine/machine';
import type { Button } from '../../../protocol/simulated-mfp';
import type { PanelScreen } from '../panel-state';

const TILES: Button[] = [
  { target: 'open:copy', label: 'Copy', icon: 'copy' },
  { target: 'open:scan', label: 'Scan', icon: 'scan' },
  { target: 'open:fax', label: 'Fax', icon: 'fax' },
  { target: 'open:addresses', label: 'Address book', icon: 'addresses' },
  { target: 'open:boxes', label: 'Document box', icon: 'boxes' },
  { target: 'open:status', label: 'Status / Supplies', icon: 'status' },
  { target: 'open:settings', label: 'Settings', icon: 'settings' },
  { target: 'open:jobs', label: 'Job list', icon: 'jobs' },
];

export const homeScreen: PanelScreen = {
  title: 'Home',
  verbs: {},
  draw: (_state, { memory }) => {
    const open = memory.jobs.filter(({ result }) => result === 'printing' || result === 'waiting').length;
    const low = memory.supplies.filter(({ level }) => level <= LOW_LEVEL).length;
    const notes: Record<string, string | undefined> = {
      'open:jobs': open > 0 ? `${open} open` : undefined,
      'open:status': low > 0 ? `${low} low` : undefined,
    };
    return [
      { size: 1, widgets: [{ kind: 'tiles', tiles: TILES.map((tile) => ({ ...tile, note: notes[tile.target] })) }] },
    ];
  },
};
