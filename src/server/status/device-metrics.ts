import { ALERT_SEVERITIES, deviceState } from '../../protocol/device-information';
import type { DeviceInView } from '../devices/devices.service';

type Labels = Readonly<Record<string, string>>;
type Sample = readonly [value: number, labels?: Labels];

interface Family {
  readonly name: string;
  readonly type: 'gauge' | 'counter';
  readonly help: string;
  /** Of one device; none: not known. */
  readonly samples: (device: DeviceInView) => readonly Sample[];
}

const reported = ({ information }: DeviceInView) => information?.information ?? undefined;
const flag = (value: boolean): number => (value ? 1 : 0);

/** All from what is stored. Every sample also has the labels `device`, `customer` and `site`. */
export const DEVICE_METRICS: readonly Family[] = [
  {
    name: 'platen_device_info',
    type: 'gauge',
    help: 'Always 1; the labels say which device it is',
    samples: (inView) => {
      const { device } = inView;
      const { model = '', serialNumber = '', firmwareVersion = '' } = reported(inView) ?? {};
      const labels = { name: device.name, model: device.model || model, serial: device.serialNumber || serialNumber };
      return [[1, { ...labels, firmware: firmwareVersion }]];
    },
  },
  {
    name: 'platen_device_online',
    type: 'gauge',
    help: 'Whether the agent of the device is connected',
    samples: ({ online }) => [[flag(online)]],
  },
  {
    name: 'platen_device_reached',
    type: 'gauge',
    help: 'Whether the agent reached the device when it last tried',
    samples: (inView) => {
      const known = reported(inView);
      return known ? [[flag(known.reached)]] : [];
    },
  },
  {
    name: 'platen_device_information_timestamp_seconds',
    type: 'gauge',
    help: 'When the information about the device was acquired, in seconds since 1970',
    samples: ({ information }) => (information?.acquiredAt ? [[information.acquiredAt.getTime() / 1000]] : []),
  },
  {
    name: 'platen_device_state',
    type: 'gauge',
    help: '1 for the state in which the device was (printer-state), 0 for the others',
    samples: (inView) => {
      const known = reported(inView);
      return known?.reached ? deviceState.options.map((state) => [flag(known.state === state), { state }]) : [];
    },
  },
  {
    name: 'platen_device_alerts',
    type: 'gauge',
    help: 'Alerts that the device itself reports, by severity',
    samples: (inView) => {
      const known = reported(inView);
      const count = (severity: string) => known!.alerts.filter((alert) => alert.severity === severity).length;
      return known?.reached ? ALERT_SEVERITIES.map((severity) => [count(severity), { severity }]) : [];
    },
  },
  {
    name: 'platen_device_supply_ratio',
    type: 'gauge',
    help: 'What is left of a supply, or free in a waste container, from 0 to 1; none where the device does not know',
    samples: (inView) =>
      (reported(inView)?.supplies ?? []).flatMap(({ name, type, colour, level }, at) =>
        // two supplies may have the same name
        level === null ? [] : [[level / 100, { index: String(at + 1), supply: name, type, colour }]],
      ),
  },
  {
    name: 'platen_device_meter_total',
    type: 'counter',
    help: 'Meters of the device, such as impressions; less after the exchange of a board',
    samples: (inView) => Object.entries(reported(inView)?.counters ?? {}).map(([meter, value]) => [value, { meter }]),
  },
];

/** A label value of the text format 0.0.4. */
const escaped = (value: string): string =>
  value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');

const lineOf = (name: string, labels: Labels, value: number): string =>
  `${name}{${Object.entries(labels)
    .map(([label, text]) => `${label}="${escaped(text)}"`)
    .join(',')}} ${value}\n`;

/**
 * Metrics of devices in the text format of Prometheus, which has all samples of a metric together: the pages are read once,
 * and their lines are held until they are sent.
 * @param most devices; what is beyond is left out, which a last metric says
 */
export async function* deviceMetricsOf(
  pages: AsyncIterable<readonly DeviceInView[]>,
  most: number,
): AsyncGenerator<string, void> {
  const texts = DEVICE_METRICS.map((): string[] => []);
  let count = 0;
  let isCut = false;
  for await (const page of pages) {
    const taken = page.slice(0, most - count);
    count += taken.length;
    isCut = taken.length < page.length;
    const placed = taken.map((inView) => {
      const { device, site } = inView;
      return { inView, place: { device: device.id, customer: site?.customerName ?? '', site: site?.name ?? '' } };
    });
    DEVICE_METRICS.forEach(({ name, samples }, at) => {
      const lines = placed.flatMap(({ inView, place }) =>
        samples(inView).map(([value, labels]) => lineOf(name, { ...place, ...labels }, value)),
      );
      texts[at]!.push(lines.join(''));
    });
    if (isCut) break;
  }
  for (const [at, { name, type, help }] of DEVICE_METRICS.entries()) {
    yield `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`;
    for (const text of texts[at]!.splice(0)) if (text) yield text;
  }
  const name = 'platen_device_metrics_incomplete';
  yield `# HELP ${name} 1 if there are more devices than one answer may have\n# TYPE ${name} gauge\n${name} ${flag(isCut)}\n`;
}
