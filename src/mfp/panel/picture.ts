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
