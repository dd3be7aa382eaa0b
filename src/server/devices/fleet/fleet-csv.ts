import { fleetColumn, type FleetColumn, type FleetDevice } from '../../../protocol/fleet';
import { BYTE_ORDER_MARK, csvLine } from '../../http/csv';

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

/** Devices as CSV, one text for each page of them. */
export async function* csvOf(
  pages: AsyncIterable<FleetDevice[]>,
  columns: readonly FleetColumn[] = fleetColumn.options,
): AsyncGenerator<string, void> {
  const cells = Object.entries(Object.assign({}, ALWAYS, ...columns.map((column) => CELLS[column])) as Cells);
  let head = BYTE_ORDER_MARK + csvLine(cells.map(([name]) => name));
  for await (const devices of pages) {
    yield head + devices.map((device) => csvLine(cells.map(([, cell]) => cell(device)))).join('');
    head = '';
  }
}
