import { LOW_LEVEL } from '../../machine/machine';
import type { Supply } from '../../machine/memory';
import type { Level } from '../../../protocol/simulated-mfp';
import type { PanelScreen } from '../panel-state';

export const toLevel = ({ name, colour, level }: Supply): Level => ({
  name,
  colour,
  percent: Math.ceil(level),
  low: level <= LOW_LEVEL,
});

export const statusScreen: PanelScreen = {
  title: 'Status / Supplies',
  verbs: {},
  draw: (_state, { identity, memory, status }) => [
    { size: 5, widgets: [{ kind: 'levels', levels: memory.supplies.map(toLevel) }] },
    {
      size: 4,
      widgets: [
        {
          kind: 'facts',
          label: memory.settings.name,
          facts: [
            ['Model', identity.product],
            ['Serial number', identity.serialNumber],
            ['Firmware', memory.firmware],
            ['Pages in total', status.pagesTotal.toLocaleString('en')],
            ['Copies', memory.counters.copies.toLocaleString('en')],
            ['Scans', memory.counters.scans.toLocaleString('en')],
            ['Faxes sent', memory.counters.faxesSent.toLocaleString('en')],
          ],
        },
      ],
    },
  ],
};
