import type { DeviceDetails } from '../../../protocol/device-information';
import { useFormats, useText } from '../../messages/language';
import { Facts } from '../../parts/facts';
import { contentsText } from './device-texts';

/** What only SNMP reports: trays, covers, the text on the display, names. */
export function Details({ of }: { of: DeviceDetails }) {
  const t = useText();
  const formats = useFormats();
  const { inputs, outputs, covers, display, upSeconds } = of;
  const words = t.information.details;
  const space = { receptacle: true as const };
  return (
    <details>
      <summary>{words.title}</summary>
      <Facts
        of={[
          ...inputs.map(
            (tray) => [tray.name, [tray.media, contentsText(tray, t, formats)].filter(Boolean).join(', ')] as const,
          ),
          ...outputs.map((tray) => [tray.name, contentsText({ ...tray, ...space }, t, formats)] as const),
          ...covers.map(({ name, open }) => [name, open ? words.open : words.closed] as const),
          [words.display, display.join(' / ')],
          [words.printerName, of.printerName],
          [words.systemName, of.systemName],
          [words.location, of.location],
          [words.contact, of.contact],
          [words.description, of.description],
          [words.upTime, upSeconds !== null && formats.duration(upSeconds)],
        ]}
      />
    </details>
  );
}
