import { z } from 'zod';

// Messages between the simulated MFP and its pages: its status, and the pictures and touches of its display.

/** The machine's status, as its web pages receive it. */
export interface MachineStatus {
  state: 'idle' | 'printing' | 'stopped';
  message: string;
  warnings: string[];
  job: { id: number; title: string; page: number; pages: number } | null;
  jobsWaiting: number;
  pagesTotal: number;
  supplies: { id: string; name: string; level: number }[];
  /** Text on the display during `identify`. */
  identifying: string | null;
}

export const SCREEN_NAMES = [
  'home',
  'copy',
  'scan',
  'fax',
  'addresses',
  'boxes',
  'status',
  'settings',
  'jobs',
] as const;
export type ScreenName = (typeof SCREEN_NAMES)[number];

/** The whole display as data. A touch returns the `target` of the touched element. */
export interface Picture {
  awake: boolean;
  /** 1 to 5. */
  brightness: number;
  /** `access`: remote access, on the device's own display only. */
  screen: ScreenName | 'access';
  title: string;
  panes: Pane[];
  message: Message | null;
  dialog: Dialog | null;
  /** Open remote sessions; on the device's own display only. */
  live?: { text: string; action: Button } | null;
  bar: Bar;
  keys: { start: boolean; stop: boolean };
}

export type Tone = 'plain' | 'good' | 'warn' | 'bad';
export interface Message {
  tone: Tone;
  text: string;
}

/** The line at the bottom of every screen. */
export interface Bar {
  state: 'idle' | 'printing' | 'stopped';
  /** The machine has a warning. */
  warned: boolean;
  text: string;
  toners: Level[];
  /** Number of faults whose dialog has been hidden. */
  alerts: number;
}

export interface Button {
  target: string;
  label: string;
  icon?: string;
  note?: string;
  tone?: 'start' | 'primary' | 'danger' | 'wide';
  pressed?: boolean;
  disabled?: boolean;
}

/** One column of a screen; `size` is its share of the width. */
export interface Pane {
  size: number;
  widgets: Widget[];
}

export interface Level {
  name: string;
  colour: string;
  percent: number;
  low: boolean;
}

export type Widget =
  | { kind: 'tiles'; tiles: Button[] }
  | { kind: 'value'; label: string; value: string; unit?: string }
  | { kind: 'choice'; label: string; options: Button[] }
  | { kind: 'stepper'; label: string; value: string; less: Button; more: Button }
  | { kind: 'keypad' }
  | { kind: 'list'; rows: Row[]; empty: string; pager: Pager | null }
  | { kind: 'levels'; levels: Level[] }
  | { kind: 'facts'; label: string; facts: [name: string, value: string][] }
  | { kind: 'text'; text: string }
  | { kind: 'actions'; actions: Button[] };

export interface Row {
  /** Absent: the row cannot be touched. */
  target?: string;
  text: string;
  detail: string;
  tone?: Tone;
  pressed?: boolean;
}
export interface Pager {
  text: string;
  previous: Button;
  next: Button;
}

export interface Dialog {
  /** `ask`: an approval request. */
  tone: Tone | 'ask';
  title: string;
  text: string;
  facts?: [name: string, value: string][];
  /** Below the rest; changes every second. */
  note?: string;
  steps: string[];
  actions: Button[];
}

/** Keys beside the display. */
export const KEYS = [
  ...(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'] as const),
  ...(['clear', 'start', 'stop', 'reset', 'sleep'] as const),
] as const;
export type Key = (typeof KEYS)[number];

/** Thousandths of the display's width and height. */
const thousandths = z.int().min(0).max(1000);
const spot = { x: thousandths.optional(), y: thousandths.optional() };

/** From a display over `/ws/panel`: a touch of a target in the picture, or of a key. */
export const panelInput = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('touch'), target: z.string().regex(/^[a-z-]{1,20}(:[a-z0-9-]{1,36})?$/), ...spot }),
  z.strictObject({ type: z.literal('key'), key: z.enum(KEYS) }),
]);
export type PanelInput = z.infer<typeof panelInput>;

/** `operate`: touches take effect. `view`: receives the same pictures, but its input is refused. */
export type Role = 'operate' | 'view';
/** `device`: the device's own display. */
export type Place = 'device' | 'remote';

/** One connected display, as the others see it. */
export interface DisplayInfo {
  id: number;
  role: Role;
  place: Place;
  /** It has been touched recently. */
  operating: boolean;
}

/** The last touch or key press, so that every other display can show it. */
export interface Touch {
  /** Increases with each touch. */
  number: number;
  display: number;
  target?: string;
  key?: Key;
  x?: number;
  y?: number;
}

/** Sent to a display. Each `picture` is complete, so a missed one does no harm. */
export type PanelMessage =
  | { type: 'welcome'; display: number; role: Role }
  | { type: 'picture'; picture: Picture; touch: Touch | null; displays: DisplayInfo[] }
  | { type: 'refused'; reason: 'view-only' | 'malformed' | 'own-display-only'; text: string };
