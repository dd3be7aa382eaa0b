import type { AccessCondition, NewAccessCondition, PermittedAccess } from '../../protocol/access-conditions';
import type { Asker } from '../../protocol/asker';
import type { DisplayState } from '../../protocol/device-display';

const WHEN = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  year: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
});
const DAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];
const OPERATIONS = { list: 'list', get: 'read', put: 'store', delete: 'delete' } as const;
// eslint-disable-next-line no-control-regex
const NOT_SHOWN = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;

/** Text from outside without characters that move or hide its neighbours. */
export const plain = (text: string): string => text.replace(NOT_SHOWN, ' ').trim();

export const timeText = (instant: string): string => WHEN.format(new Date(instant));

/** The name is what the server says; conditions compare kind and ID. */
export const askerText = ({ kind, id, name }: Asker): string =>
  `${plain(name)} (${kind === 'user' ? 'user' : 'service'} ${plain(id)})`;

export function accessText(access: PermittedAccess, applications: DisplayState['applications']): string {
  if (access.kind === 'box') {
    const box = access.box === null ? 'all document boxes' : `document box ${access.box}`;
    return `${access.operations.map((each) => OPERATIONS[each]).join(', ')} in ${box}`;
  }
  const titles = access.applications.map((id) => applications.find((each) => each.id === id)?.title ?? id);
  return `sessions with ${titles.map(plain).join(', ')}${access.grant === 'view' ? ', view only' : ''}`;
}

/** When, in local time: `always`, `until 1 Dec 2026, 18:00; Mon-Fri 08:00-18:00`. */
export function whenText({ from, until, hours }: Pick<NewAccessCondition, 'from' | 'until' | 'hours'>): string {
  const parts = [
    from !== null && `from ${timeText(from)}`,
    until !== null && `until ${timeText(until)}`,
    ...hours.map((each) => `${daysText(each.days)} ${each.from}-${each.until}`),
  ].filter((part) => part !== false);
  return parts.join('; ') || 'always';
}

export function useText({ times, bytes, used }: Pick<AccessCondition, 'times' | 'bytes' | 'used'>): string {
  const often =
    times !== null
      ? `used ${used.times} of ${times} times`
      : used.times === 1
        ? 'used once'
        : `used ${used.times} times`;
  return bytes === null ? often : `${often}, ${used.bytes} of ${bytes} bytes`;
}

function daysText(days: readonly number[]): string {
  const sorted = [...days].sort((one, other) => one - other);
  const [first = 1, last = 1] = [sorted[0], sorted.at(-1)];
  if (sorted.length === 7) return 'every day';
  const names = sorted.map((day) => DAYS[day - 1]);
  return sorted.length > 2 && last - first === sorted.length - 1 ? `${names[0]}-${names.at(-1)}` : names.join(', ');
}
