import type { DeviceAlert, Supply, UpdateDecision } from '../../../protocol/device-information';
import type { Messages } from '../../messages/en';
import type { Formats } from '../../messages/formats';
import { ownText } from '../../messages/own-text';

const JAPANESE = /[\u3040-\u30ff\u4e00-\u9fff]/;

/** Whether a device's text is in the reader's language. Devices are asked for English, but some answer in another. */
const isReadable = (text: string, t: Messages): boolean => text !== '' && JAPANESE.test(text) === (t.language === 'ja');

/** An alert in the reader's language: the device's own text, otherwise the text for its keyword. */
export const alertText = ({ code, text }: Pick<DeviceAlert, 'code' | 'text'>, t: Messages): string =>
  isReadable(text, t) ? text : (ownText(t.information.alertNames, code) ?? (text || code));

/** A supply in the reader's language: the device's own name, otherwise its type and colour. */
export function supplyText({ name, type, colour }: Pick<Supply, 'name' | 'type' | 'colour'>, t: Messages): string {
  const word = ownText(t.information.supplyTypes, type);
  if (isReadable(name, t) || !word) return name || type;
  const { supplyColours } = t.information;
  const known = Object.keys(supplyColours).find((each) => `${colour} ${name}`.toLowerCase().includes(each));
  const text = known ? t.information.coloured(supplyColours[known] ?? '', word) : word;
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** How much is left, or how much space is left in what the device fills. */
export function contentsText(
  { level, someLeft, receptacle }: Pick<Supply, 'level' | 'someLeft' | 'receptacle'>,
  t: Messages,
  formats: Formats,
): string {
  const { levelUnknown, left, someLeft: some, space, someSpace } = t.information;
  if (level === null) return someLeft ? (receptacle ? someSpace : some) : levelUnknown;
  const percent = formats.percent(level / 100);
  return receptacle ? space(percent) : left(percent);
}

/** `Updated (the saved data was too old)` */
export const decisionText = ({ outcome, reason }: Pick<UpdateDecision, 'outcome' | 'reason'>, t: Messages): string =>
  `${t.information.decisions[outcome]} (${t.information.reasons[reason]})`;
