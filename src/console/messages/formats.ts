import type { Language } from '../../protocol/api';

const UNITS: [Intl.RelativeTimeFormatUnit, number][] = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
];
const BYTE_UNITS = ['kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const;

/** Numbers and times as they are written in a language. Times are given as RFC 3339. */
export interface Formats {
  /** Date and time to the minute. */
  moment(at: string): string;
  /** Time of day to the second. */
  clock(at: string): string;
  day(at: string | Date): string;
  date(at: string): string;
  ago(at: string, now: number): string;
  count(count: number): string;
  bytes(count: number): string;
  /** A part of a whole, 0 to 1. */
  percent(part: number): string;
  /** `1 h 5 min`, `42 s`. */
  duration(seconds: number): string;
  /** A countdown: `4:05`, `1:00:00`. */
  countdown(seconds: number): string;
}

export function formatsOf(chosen: Language): Formats {
  // dates differ between British and American English
  const language = navigator.languages.find((each) => each.startsWith(chosen)) ?? chosen;
  const moments = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short' });
  const clocks = new Intl.DateTimeFormat(language, { timeStyle: 'medium' });
  const days = new Intl.DateTimeFormat(language, { month: 'short', day: 'numeric' });
  const dates = new Intl.DateTimeFormat(language, { dateStyle: 'medium' });
  const agos = new Intl.RelativeTimeFormat(language, { numeric: 'auto' });
  const counts = new Intl.NumberFormat(language);
  const percents = new Intl.NumberFormat(language, { style: 'percent' });
  const unit = (name: string, value: number, digits = 0): string =>
    new Intl.NumberFormat(language, {
      style: 'unit',
      unit: name,
      unitDisplay: 'short',
      maximumFractionDigits: digits,
    }).format(value);
  return {
    moment: (at) => moments.format(new Date(at)),
    clock: (at) => clocks.format(new Date(at)),
    day: (at) => days.format(new Date(at)),
    date: (at) => dates.format(new Date(at)),
    ago(at, now) {
      const seconds = Math.min(0, Math.round((Date.parse(at) - now) / 1000));
      const [name, size] = UNITS.find(([, length]) => -seconds >= length) ?? ['second', 1];
      return agos.format(Math.trunc(seconds / size), name);
    },
    count: (count) => counts.format(count),
    bytes(count) {
      // the short unit of Intl is the word: "244 byte"
      if (count < 1000) return `${counts.format(count)} B`;
      const power = Math.min(BYTE_UNITS.length, Math.floor(Math.log10(count) / 3));
      return unit(BYTE_UNITS[power - 1]!, count / 1000 ** power, 1);
    },
    percent: (part) => percents.format(part),
    duration(seconds) {
      const whole = Math.max(0, Math.round(seconds));
      const [hours, minutes] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60)];
      if (hours > 0) return `${unit('hour', hours)} ${unit('minute', minutes)}`;
      if (minutes > 0) return `${unit('minute', minutes)} ${unit('second', whole % 60)}`;
      return unit('second', Math.max(0, seconds), seconds < 10 ? 1 : 0);
    },
    countdown(seconds) {
      const whole = Math.max(0, Math.ceil(seconds));
      const two = (n: number): string => String(n).padStart(2, '0');
      const [hours, minutes] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60)];
      return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
    },
  };
}
