import type { FaultName } from '../machine/faults';
import type { Machine } from '../machine/machine';
import type { Message, Pane, ScreenName } from '../../protocol/simulated-mfp';

/** State of the display only; everything else is state of the machine. */
export interface PanelState {
  readonly awake: boolean;
  readonly screen: ScreenName;
  /** Page of the list on the screen, from 0. */
  readonly page: number;
  readonly copies: number;
  /** The next digit is appended to the number instead of starting a new one. */
  readonly typing: boolean;
  readonly colour: boolean;
  readonly tray: 1 | 2;
  readonly faxNumber: string;
  /** Address that is selected on the screen. */
  readonly address: number | null;
  /** Document box that is open on the screen. */
  readonly box: string | null;
  /** Faults whose dialog has been hidden. */
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
  box: null,
  hidden: [],
  message: null,
};

/** The machine's data that the display reads. */
export type MachineFacts = Pick<Machine, 'identity' | 'memory' | 'status' | 'boxes'>;

/** Effects on the machine. */
export type Effect =
  | { kind: 'copy'; copies: number; colour: boolean; paper: string }
  | { kind: 'scan'; address: number }
  | { kind: 'scan-to-box'; box: string }
  | { kind: 'fax'; number: string }
  | { kind: 'cancel-job' }
  | { kind: 'clear-fault'; fault: FaultName }
  | { kind: 'set-brightness'; level: number }
  | { kind: 'set-sleep'; minutes: number };

export interface Step {
  readonly state: PanelState;
  readonly effects?: readonly Effect[];
}

/** The effect of one kind of target; undefined for a meaningless argument. */
export type Verb = (state: PanelState, argument: string, facts: MachineFacts) => Step | undefined;
export type Verbs = Readonly<Record<string, Verb>>;

/** One screen: its targets and its content. */
export interface PanelScreen {
  readonly title: string;
  readonly verbs: Verbs;
  draw(state: PanelState, facts: MachineFacts): Pane[];
}
