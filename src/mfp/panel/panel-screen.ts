import type { Facts, PanelState, Verbs } from './panel-state';
import type { Pane } from '../../protocol/simulated-mfp';

/** One screen: what its targets do, and how it looks. */
export interface PanelScreen {
  readonly title: string;
  readonly verbs: Verbs;
  draw(state: PanelState, facts: Facts): Pane[];
}
