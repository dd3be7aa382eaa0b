import '@mantine/charts/styles.css';
import { LineChart } from '@mantine/charts';
import { Text } from '@mantine/core';
import type { Readings } from '../../../protocol/readings';
import { useFormats, useText } from '../../messages/language';
import { supplyText } from '../device-information/device-texts';
import { counterName } from '../maintenance/job-texts';
import { drawnCounters, levelSeries, meterSeries, stateSpans, type Point } from './meter-series';

interface Mark {
  readonly at: number;
  readonly label: string;
}

const METER_COLOURS = ['petrol.6', 'gray.6', 'orange.6', 'blue.6', 'grape.6', 'lime.7', 'red.6', 'yellow.7'];
/** Supplies by the colour that their names or colours contain; readable on light and dark. */
const SUPPLY_COLOURS: readonly (readonly [pattern: RegExp, colour: string])[] = [
  [/black|#000000/i, 'gray.6'],
  [/cyan|#00ffff/i, 'cyan.6'],
  [/magenta|#ff00ff/i, 'pink.6'],
  [/yellow|#ffff00/i, 'yellow.6'],
];
const OTHER_COLOURS = ['petrol.6', 'orange.6', 'grape.6', 'lime.7', 'blue.6', 'red.6'];
const TICKS = 6;

/** The plots of a device: loaded apart from the rest of the console, because of the size of their library. */
export function Plots({
  readings: { readings, supplies, jumps },
  from,
  to,
  marks,
}: {
  readings: Readings;
  from: number;
  to: number;
  marks: readonly Mark[];
}) {
  const t = useText();
  const formats = useFormats();
  const counters = drawnCounters(readings);
  const meters = meterSeries(readings, jumps);
  const since = meters[0] ? formats.date(new Date(meters[0].at).toISOString()) : '';
  const levels = levelSeries(readings);
  const shown = supplies.filter(({ key }) => levels.some((point) => point[key] !== undefined));
  return (
    <>
      {counters.length === 0 ? (
        <Text size="sm">{t.history.noMeters}</Text>
      ) : (
        <Plot
          title={t.history.meters(since)}
          points={meters}
          series={counters.map((name, index) => ({
            ...{ name, label: counterName(name, t), color: METER_COLOURS[index % METER_COLOURS.length]! },
          }))}
          {...{ from, to, marks }}
        />
      )}
      {shown.length === 0 ? (
        <Text size="sm">{t.history.noLevels}</Text>
      ) : (
        <Plot
          title={t.history.supplies}
          points={levels}
          series={shown.map((supply, index) => ({
            ...{
              name: supply.key,
              label: supplyText(supply, t),
              color: colourOf(`${supply.colour} ${supply.name}`, index),
            },
          }))}
          most={100}
          {...{ from, to, marks }}
        />
      )}
      <States {...{ readings, from, to }} />
    </>
  );
}

const colourOf = (name: string, index: number): string =>
  SUPPLY_COLOURS.find(([pattern]) => pattern.test(name))?.[1] ?? OTHER_COLOURS[index % OTHER_COLOURS.length]!;

/** Lines over time, with both axes. */
function Plot({
  title,
  points,
  series,
  from,
  to,
  marks,
  most,
}: {
  title: string;
  points: Point[];
  series: { name: string; label: string; color: string }[];
  from: number;
  to: number;
  marks: readonly Mark[];
  most?: number;
}) {
  const formats = useFormats();
  // a tooltip that is not shown has no label
  const momentOf = (at: unknown): string => (typeof at === 'number' ? formats.moment(new Date(at).toISOString()) : '');
  const dayOf = (at: unknown): string => {
    const iso = new Date(Number(at)).toISOString();
    return to - from > 200 * 86_400_000 ? formats.date(iso) : formats.day(iso);
  };
  const ticks = Array.from({ length: TICKS }, (_, index) => from + ((to - from) * (index + 0.5)) / TICKS);
  return (
    <figure className="plot" aria-label={title}>
      <figcaption>{title}</figcaption>
      <LineChart
        h={240}
        data={points}
        dataKey="at"
        series={series}
        curveType="linear"
        withDots={points.length < 40}
        connectNulls
        withLegend
        gridAxis="xy"
        valueFormatter={(value) => formats.count(value)}
        xAxisProps={{ type: 'number', scale: 'time', domain: [from, to], ticks, tickFormatter: dayOf, minTickGap: 20 }}
        yAxisProps={{ width: 64, domain: most === undefined ? [0, 'auto'] : [0, most], allowDecimals: false }}
        tooltipProps={{ labelFormatter: momentOf }}
        referenceLines={marks.map(({ at, label }) => ({
          x: at,
          label,
          color: 'gray.5',
          labelPosition: 'insideTopLeft',
        }))}
      />
    </figure>
  );
}

/** The state over time, as a bar, with the beginning and the end of the period below it. */
function States({ readings, from, to }: Pick<Readings, 'readings'> & { from: number; to: number }) {
  const t = useText();
  const formats = useFormats();
  const spans = stateSpans(readings, from, to);
  const share = (at: number): number => ((at - from) / (to - from)) * 1_000;
  const textOf = (at: number): string => formats.moment(new Date(at).toISOString());
  const states = [...new Set(spans.map(({ state }) => state))];
  return (
    <figure className="plot" aria-label={t.history.state}>
      <figcaption>{t.history.state}</figcaption>
      <svg className="states" viewBox="0 0 1000 24" preserveAspectRatio="none" role="img" aria-label={t.history.state}>
        <rect className="unread" width="1000" height="24" />
        {spans.map(({ state, from: begun, to: ended }) => (
          <rect
            key={begun}
            className={state}
            x={share(begun)}
            width={Math.max(1, share(ended) - share(begun))}
            height="24"
          >
            <title>{`${t.history.states[state]}: ${textOf(begun)} – ${textOf(ended)}`}</title>
          </rect>
        ))}
      </svg>
      <div className="states-axis minor">
        <span>{formats.date(new Date(from).toISOString())}</span>
        <span>{formats.date(new Date(to).toISOString())}</span>
      </div>
      <ul className="states-legend">
        {states.map((state) => (
          <li key={state}>
            <span className={`states-swatch ${state}`} /> {t.history.states[state]}
          </li>
        ))}
      </ul>
    </figure>
  );
}
