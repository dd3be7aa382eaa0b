import { fleetColumn, type FleetColumn, type FleetDevice } from '../../../protocol/fleet';

type Cells = Record<string, (device: FleetDevice) => string | number | null>;

const stateOf = ({ condition }: FleetDevice): string =>
  !condition ? '' : condition.reached ? condition.state : (condition.problem ?? 'unreachable');

const ALWAYS: Cells = { id: ({ id }) => id, name: ({ name }) => name };
/** The cells of each column of the list, by the name in the first line. */
const CELLS: Record<FleetColumn, Cells> = {
  status: { status: ({ online, asleep }) => (online ? 'online' : asleep ? 'asleep' : 'offline') },
  condition: {
    state: stateOf,
    severity: ({ condition }) => condition?.severity ?? '',
    alert: ({ condition }) => condition?.alert || condition?.alertCode || '',
  },
  model: { kind: ({ kind }) => kind, model: ({ model }) => model },
  serialNumber: { serialNumber: ({ serialNumber }) => serialNumber },
  customer: { customer: ({ site }) => site?.customerName ?? '', site: ({ site }) => site?.name ?? '' },
  location: { location: ({ location }) => location },
  notedLocation: { notedLocation: ({ notedLocation }) => notedLocation },
  assetTag: { assetTag: ({ assetTag }) => assetTag },
  contractNumber: { contractNumber: ({ contractNumber }) => contractNumber },
  firmwareVersion: { firmwareVersion: ({ firmwareVersion }) => firmwareVersion },
  lowestSupply: { lowestSupply: ({ lowestSupply }) => lowestSupply },
  agent: { agent: ({ agentId }) => agentId },
  lastSeen: { lastSeen: ({ lastSeenAt }) => lastSeenAt },
};

/** Spreadsheets read UTF-8 only if the file begins with it. */
const BYTE_ORDER_MARK = '\ufeff';
/** What a spreadsheet would execute, also in full width. */
const FORMULA = /^[\s]*[=+\-@\uff1d\uff0b\uff0d\uff20]/;

/** A line of RFC 4180. A text that begins like a formula is quoted with an apostrophe. */
const lineOf = (cells: readonly (string | number | null)[]): string =>
  `${cells.map((cell) => (typeof cell === 'string' ? textCell(cell) : String(cell ?? ''))).join(',')}\r\n`;

function textCell(text: string): string {
  const safe = FORMULA.test(text) ? `'${text}` : text;
  return /[",;\r\n']/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Devices as CSV, one text for each page of them. */
export async function* csvOf(
  pages: AsyncIterable<FleetDevice[]>,
  columns: readonly FleetColumn[] = fleetColumn.options,
): AsyncGenerator<string> {
  const cells = Object.entries(Object.assign({}, ALWAYS, ...columns.map((column) => CELLS[column])) as Cells);
  let head = BYTE_ORDER_MARK + lineOf(cells.map(([name]) => name));
  for await (const devices of pages) {
    yield head + devices.map((device) => lineOf(cells.map(([, cell]) => cell(device)))).join('');
    head = '';
  }
}
