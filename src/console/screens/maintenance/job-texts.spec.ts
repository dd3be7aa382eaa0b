import { en } from '../../messages/en';
import { ja } from '../../messages/ja';
import { activityText, lineName, lineValue } from './job-texts';

it.each([
  ['firmware-version', 'Firmware version', 'ファームウェアのバージョン'],
  ['counter.media-sheets', 'Sheets', '用紙枚数'],
  ['alert.1', 'Alert 1', '警告 1'],
  ['supply.2.black-toner', 'Supply 2: Black toner', '消耗品 2: ブラックトナー'],
  ['supply.3.box', 'Supply 3: Box', '消耗品 3: Box'],
  ['constructor', 'Constructor', 'Constructor'],
])('the line %s is named "%s", in Japanese "%s"', (name, english, japanese) => {
  expect([lineName(name, en), lineName(name, ja)]).toEqual([english, japanese]);
});

it.each([
  ['state', 'idle', 'Ready', '準備完了'],
  ['alert.1', 'error: media-jam (Jam at cover A)', 'Error: Jam at cover A', 'エラー: 紙づまり'],
  ['alert.2', 'warning: toner-low', 'Warning: Toner low', '警告: トナーが残りわずかです'],
  ['supply.1.drum', 'unknown', 'unknown', '不明'],
  ['serial-number', 'error: x', 'error: x', 'error: x'],
])('the line %s of %s reads "%s", in Japanese "%s"', (name, value, english, japanese) => {
  expect([lineValue({ name, value }, en), lineValue({ name, value }, ja)]).toEqual([english, japanese]);
});

it.each([
  ['downloading', 'Downloading the file'],
  ['warming-up', 'warming up'],
  ['__proto__', '__proto__'],
  ['toString', 'toString'],
])('the activity %s of an agent reads "%s"', (activity, words) => expect(activityText(activity, en)).toBe(words));
