import { Tooltip } from '@mantine/core';
import type { CampaignCounts, CampaignDeviceState } from '../../../protocol/campaign';
import { useFormats, useText } from '../../messages/language';

/** From left to right: what is over first. */
const ORDER: readonly CampaignDeviceState[] = ['succeeded', 'failed', 'running', 'waiting', 'skipped', 'cancelled'];

const sumOf = (counts: CampaignCounts): number => ORDER.reduce((sum, state) => sum + counts[state], 0);

/** The devices of a campaign, or of a wave, by state, as one bar. */
export function WaveBar({ label, counts }: { label: string; counts: CampaignCounts }) {
  const t = useText();
  const formats = useFormats();
  const all = sumOf(counts);
  const parts = ORDER.filter((state) => counts[state] > 0);
  const textOf = (state: CampaignDeviceState): string =>
    t.campaigns.part(t.campaigns.deviceStates[state], formats.count(counts[state]));
  return (
    <div className="wave-bar" role="img" aria-label={t.campaigns.bar(label, parts.map(textOf).join(', '))}>
      {parts.map((state) => (
        <Tooltip key={state} label={textOf(state)}>
          <span className={state} style={{ flexGrow: counts[state] / all }} />
        </Tooltip>
      ))}
    </div>
  );
}

/** What the colours of the bars mean, with the number of devices. */
export function WaveLegend({ counts }: { counts: CampaignCounts }) {
  const t = useText();
  const formats = useFormats();
  return (
    <ul className="wave-legend" aria-hidden="true">
      {ORDER.filter((state) => counts[state] > 0).map((state) => (
        <li key={state}>
          <span className={`wave-key ${state}`} />
          {t.campaigns.part(t.campaigns.deviceStates[state], formats.count(counts[state]))}
        </li>
      ))}
    </ul>
  );
}
