import type { Session } from '../protocol/api';

/** `1:05` or `2:00:07`. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const shown = parts[0] === 0 ? parts.slice(1) : parts;
  return shown.map((part, index) => (index === 0 ? String(part) : String(part).padStart(2, '0'))).join(':');
}

/** Decimal units, as in data sheets. */
export function bytes(count: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = count;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

/** Date and time in the local time zone: `2026-03-02 10:00:00`. */
export function moment(instant: string | null): string {
  if (instant === null) return '-';
  const at = new Date(instant);
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${day} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}
/** The same without seconds, for lists. */
export const minute = (instant: string | null): string => moment(instant).slice(0, 16);
/** The time of day. */
export const clock = (instant: string): string => moment(instant).slice(11);

export const pairs = (count: number): string => (count === 1 ? '1 pair' : `${count} pairs`);

export const stateOf = ({ state, ending }: Pick<Session, 'state' | 'ending'>): string =>
  state === 'ended' && ending !== null ? ending : state;
