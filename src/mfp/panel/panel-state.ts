import type { FaultName } from '../machine/faults';
import type { Machine } from '../machine/machine';
import type { Message, Pane, ScreenName } from '../../protocol/simulated-mfp';

/** What the display remembers by itself; everything else is the machine's. */
export interface PanelState {
  readonly awake: boolean;
  readonly screen: ScreenName;
  /** Page of the list on the screen, from 0. */
  readonly page: number;
  readonly copies: number;
  /** The next digit goes behind the others instead of beginning a new number. */
  readonly typing: boolean;
  readonly colour: boolean;
  readonly tray: 1 | 2;
  readonly faxNumber: string;
  /** Address that is chosen on the screen. */
  readonly address: number | null;
  /** Faults whose dialog has been put aside. */
  readonly hidden: readonly FaultName[];
  readonly message: Message | null;
}

export const FIRST_STATE: PanelState = {
  awake: true,
  screen: 'home',
  page: 0,
  copies: 1,
  typing: false,
  colour: false,
  tray: 1,
  faxNumber: '',
  address: null,
  hidden: [],
  message: null,
};

/** What the machine knows, to be read only. */
export type Facts = Pick<Machine, 'identity' | 'memory' | 'status'>;

/** What the machine is to do. */
export type Effect =
  | { kind: 'copy'; copies: number; colour: boolean; paper: string }
  | { kind: 'scan'; address: number }
  | { kind: 'fax'; number: string }
  | { kind: 'cancel-job' }
  | { kind: 'clear-fault'; fault: FaultName }
  | { kind: 'set-brightness'; level: number }
  | { kind: 'set-sleep'; minutes: number };

export interface Step {
  readonly state: PanelState;
  readonly effects?: readonly Effect[];
}

/** What one kind of target does on a screen; undefined when there is nothing by this argument. */
export type Verb = (state: PanelState, argument: string, facts: Facts) => Step | undefined;
export type Verbs = Readonly<Record<string, Verb>>;

/** One screen: what its targets do, and how it looks. */
export interface PanelScreen {
  readonly title: string;
  readonly verbs: Verbs;
  draw(state: PanelState, facts: Facts): Pane[];
}
