import type { IppAttribute } from '../../ipp/ipp-message';
import { FAULTS, type Fault } from '../machine/faults';
import type { MachineStatus } from '../../protocol/simulated-mfp';
import { isLow, warningText, type Machine } from '../machine/machine';
import type { Supply } from '../machine/memory';

/** RFC 8011 5.4.11 */
const PRINTER_STATES = { idle: 3, printing: 4, stopped: 5 } as const satisfies Record<MachineStatus['state'], number>;

interface Condition extends Pick<Fault, 'reason' | 'alert'> {
  readonly stops: boolean;
  readonly text: string;
}

/** Kinds of supplies: prtMarkerSuppliesClass and Type (RFC 3805, PWG 5100.13), and the alert when one runs out. */
const KINDS = {
  toner: {
    class: 'supplyThatIsConsumed',
    type: 'toner',
    low: { reason: 'toner-low', code: 'markerTonerAlmostEmpty' },
    out: { reason: 'toner-empty', code: 'markerTonerEmpty' },
  },
  drum: {
    class: 'supplyThatIsConsumed',
    type: 'opc',
    low: { reason: 'opc-near-eol', code: 'markerOpcLifeAlmostOver' },
    out: { reason: 'opc-life-over', code: 'markerOpcLifeOver' },
  },
  waste: {
    class: 'receptacleThatIsFilled',
    type: 'wasteToner',
    low: { reason: 'marker-waste-almost-full', code: 'markerWasteTonerReceptacleAlmostFull' },
    out: { reason: 'marker-waste-full', code: 'markerWasteTonerReceptacleFull' },
  },
} as const;

/** State, alerts and supplies (RFC 8011 5.4.11-13, PWG 5100.9, PWG 5100.13 6.5). */
export function conditionAttributes({ memory, status }: Machine): IppAttribute[] {
  const conditions = conditionsOf(memory, status);
  const reasons = conditions.map(({ reason, stops }) => `${reason}-${stops ? 'error' : 'warning'}`);
  if (status.identifying !== null) reasons.push('identify-printer-requested-report');
  return [
    ['enum', 'printer-state', PRINTER_STATES[status.state]],
    ['keyword', 'printer-state-reasons', reasons.length > 0 ? [...new Set(reasons)] : 'none'],
    ['text', 'printer-state-message', status.message],
    ...(conditions.length > 0 ? alertAttributes(conditions) : []),
    ...(memory.supplies.length > 0 ? supplyAttributes(memory.supplies) : []),
  ];
}

function conditionsOf({ faults, supplies }: Machine['memory'], { state }: MachineStatus): Condition[] {
  const named = new Set(faults.map((name) => FAULTS[name].supply));
  return [
    ...faults.map((name) => ({ ...FAULTS[name], text: `${FAULTS[name].title}. ${FAULTS[name].text}` })),
    ...supplies
      .filter((supply) => isLow(supply) && !named.has(supply.id))
      .map((supply) => {
        const { reason, code } = KINDS[supply.kind][supply.level <= 0 ? 'out' : 'low'];
        // an empty colour stops nothing as long as nothing is printed in colour
        const stops = supply.level <= 0 && state === 'stopped';
        return { reason, alert: { code, group: 'markerSupplies' }, stops, text: warningText(supply) };
      }),
  ];
}

const alertAttributes = (conditions: Condition[]): IppAttribute[] => [
  [
    'octetString',
    'printer-alert',
    conditions.map(
      ({ alert, stops }, index) =>
        `index=${index + 1};severity=${stops ? 'critical' : 'warning'};group=${alert.group};code=${alert.code};`,
    ),
  ],
  ['text', 'printer-alert-description', conditions.map(({ text }) => text)],
];

const supplyAttributes = (supplies: Supply[]): IppAttribute[] => [
  ['octetString', 'printer-supply', supplies.map(supplyText)],
  ['text', 'printer-supply-description', supplies.map(({ name }) => name)],
];

const supplyText = ({ id, kind, level }: Supply, index: number): string =>
  `index=${index + 1};class=${KINDS[kind].class};type=${KINDS[kind].type};unit=percent;maxcapacity=100;` +
  `level=${Math.ceil(level)};colorantname=${kind === 'toner' ? id : 'none'};`;
