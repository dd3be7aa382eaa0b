import { LOW_LEVEL } from '../../machine/machine';
import type { Button } from '../../../protocol/simulated-mfp';
import type { DeviceKind } from '../../../protocol/device-kinds';
import { FUNCTIONS } from '../../../protocol/device-kinds';
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

/** Whether a device of this kind has the screen. */
export function hasScreen(kind: DeviceKind, screen: string): boolean {
  const functions = FUNCTIONS[kind];
  if (screen === 'copy' || screen === 'scan' || screen === 'fax') return functions.includes(screen);
  if (screen === 'addresses') return functions.includes('scan') || functions.includes('fax');
  // the display stores scans in the boxes
  return screen !== 'boxes' || functions.includes('scan');
}

export const homeScreen: PanelScreen = {
  title: 'Home',
  verbs: {},
  draw: (_state, { identity, memory }) => {
    const open = memory.jobs.filter(({ result }) => result === 'printing' || result === 'waiting').length;
    const low = memory.supplies.filter(({ level }) => level <= LOW_LEVEL).length;
    const notes: Record<string, string | undefined> = {
      'open:jobs': open > 0 ? `${open} open` : undefined,
      'open:status': low > 0 ? `${low} low` : undefined,
    };
    return [
      {
        size: 1,
        widgets: [
          {
            kind: 'tiles',
            tiles: TILES.filter(({ target }) => hasScreen(identity.kind, target.slice('open:'.length))).map((tile) => ({
              ...tile,
              note: notes[tile.target],
            })),
          },
        ],
      },
    ];
  },
};
