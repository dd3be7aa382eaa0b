import { z } from 'zod';

// What the simulated MFP and the pages it serves exchange: its status, and the pictures and touches of its display.

/** What the display, the event stream and the WebSocket show. */
export interface MachineStatus {
  state: 'idle' | 'printing' | 'stopped';
  message: string;
  warnings: string[];
  job: { id: number; title: string; page: number; pages: number } | null;
  jobsWaiting: number;
  pagesTotal: number;
  supplies: { id: string; name: string; level: number }[];
  /** What the display shows while a person looks for the machine. */
  identifying: string | null;
}

export const SCREEN_NAMES = ['home', 'copy', 'scan', 'fax', 'addresses', 'status', 'settings', 'jobs'] as const;
export type ScreenName = (typeof SCREEN_NAMES)[number];

/** The whole display as data. What `target` names is what a touch sends back. */
export interface Picture {
  awake: boolean;
  /** 1 to 5. */
  brightness: number;
  screen: ScreenName;
  title: string;
  panes: Pane[];
  message: Message | null;
  dialog: Dialog | null;
  bar: Bar;
  keys: { start: boolean; stop: boolean };
}

export type Tone = 'plain' | 'good' | 'warn' | 'bad';
export interface Message {
  tone: Tone;
  text: string;
}

/** The line at the foot of every screen. */
export interface Bar {
  state: 'idle' | 'printing' | 'stopped';
  /** Something will soon need a person. */
  warned: boolean;
  text: string;
  toners: Level[];
  /** Faults whose dialog has been put aside. */
  alerts: number;
}

export interface Button {
  target: string;
  label: string;
  icon?: string;
  note?: string;
  tone?: 'start' | 'primary' | 'danger';
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
  tone: Tone;
  title: string;
  text: string;
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

/** From a display over `/ws/panel`: a finger on something that the picture calls `target`, or on a key. */
export const panelInput = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('touch'), target: z.string().regex(/^[a-z-]{1,20}(:[a-z0-9-]{1,20})?$/), ...spot }),
  z.strictObject({ type: z.literal('key'), key: z.enum(KEYS) }),
]);
export type PanelInput = z.infer<typeof panelInput>;

/** `operate`: takes part. `look`: sees the same picture; whatever it sends is refused. */
export type Role = 'operate' | 'look';
/** Where a display says it stands; for the others' information only. */
export type Place = 'device' | 'remote';

/** One connected display, as all others see it. */
export interface DisplayInfo {
  id: number;
  role: Role;
  place: Place;
  /** Touched it a moment ago. */
  operating: boolean;
}

/** The last touch or key press, so that every other display can show it. */
export interface Touch {
  /** Grows with each. */
  number: number;
  display: number;
  target?: string;
  key?: Key;
  x?: number;
  y?: number;
}

/** To a display. Each `picture` is whole: one that is missed does not matter. */
export type PanelMessage =
  | { type: 'welcome'; display: number; role: Role }
  | { type: 'picture'; picture: Picture; touch: Touch | null; displays: DisplayInfo[] }
  | { type: 'refused'; reason: 'view-only' | 'malformed'; text: string };
