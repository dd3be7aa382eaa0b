import type { ComparedSetting } from '../../protocol/device-settings';
import type { DeviceDrift } from '../../protocol/settings-template';
import { BYTE_ORDER_MARK, csvLine } from '../http/csv';

const CELLS: Record<string, (device: DeviceDrift, setting: ComparedSetting) => string | null> = {
  deviceId: ({ deviceId }) => deviceId,
  deviceName: ({ deviceName }) => deviceName,
  model: ({ model }) => model,
  customer: ({ site }) => site?.customerName ?? '',
  site: ({ site }) => site?.name ?? '',
  deviceState: ({ state }) => state,
  readAt: ({ readAt }) => readAt,
  setting: (_device, { name }) => name,
  state: (_device, { state }) => state,
  value: (_device, { value }) => value,
  wanted: (_device, { wanted }) => wanted,
};

/** One line for each setting of each device, one text for each page of devices. */
export async function* driftCsv(pages: AsyncIterable<DeviceDrift[]>): AsyncGenerator<string, void> {
  let head = BYTE_ORDER_MARK + csvLine(Object.keys(CELLS));
  for await (const devices of pages) {
    const lines = devices.flatMap((device) =>
      device.settings.map((setting) => csvLine(Object.values(CELLS).map((cell) => cell(device, setting)))),
    );
    yield head + lines.join('');
    head = '';
  }
}
