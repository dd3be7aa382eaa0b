import type { PanelInput, Picture } from '../../protocol/simulated-mfp';
import { MFP_LIMITS } from '../mfp-limits';
import { ownPicture } from './own-picture';
import { FIRST_OWN_SCREEN, refresh, touch, type OwnFacts, type OwnScreen } from './own-screen';
import type { RemoteAccess } from './remote-access';

const SECOND_MS = 1000;

export interface OwnDisplayOptions {
  readonly access: RemoteAccess;
  readonly boxes: () => readonly string[];
  /** The picture has changed. */
  readonly onChange: () => void;
}

/**
 * The device's own display: the shared screen of the operation panel, and over it what belongs to the owner of the device:
 * approval, open sessions, access conditions.
 */
export class OwnDisplay {
  private screen: OwnScreen = FIRST_OWN_SCREEN;
  private readonly second: NodeJS.Timeout;
  private touchedAt = -Infinity;
  /** The last refusal of the agent that was shown. */
  private refused: number | undefined;
  private readonly onState = (): void => this.update();

  constructor(private readonly options: OwnDisplayOptions) {
    options.access.on('state', this.onState);
    options.access.on('stale', this.onState);
    this.second = setInterval(() => this.tick(), SECOND_MS).unref();
  }

  /** The picture for this display. */
  picture(shared: Picture): Picture {
    return ownPicture(shared, this.screen, this.facts);
  }

  /** Something covers the shared screen, so that touches of others are not shown. */
  get covered(): boolean {
    return this.screen.view !== null || this.screen.asking !== null;
  }

  /** @returns whether the input is for the shared screen */
  input(input: PanelInput): boolean {
    this.touchedAt = performance.now();
    const step = touch(this.screen, input, this.facts);
    this.screen = step.screen;
    if (step.input && this.options.access.add(step.input) === undefined) {
      const text = 'The agent of this device does not answer. Try again later.';
      this.screen = { ...this.screen, answered: [], message: { tone: 'bad', text } };
    } else if (step.input?.do === 'set-condition')
      this.screen = { ...this.screen, message: { tone: 'good', text: 'The condition is being set.' } };
    this.options.onChange();
    return step.shared === true;
  }

  stop(): void {
    clearInterval(this.second);
    this.options.access.off('state', this.onState);
    this.options.access.off('stale', this.onState);
  }

  private get facts(): OwnFacts {
    const { access, boxes } = this.options;
    return { state: access.state, boxes: boxes(), now: performance.now(), timeOfDay: Date.now() };
  }

  private update(): void {
    const { facts } = this;
    this.screen = refresh(this.screen, facts);
    const refusal = facts.state?.refused;
    if (refusal && refusal.input !== this.refused)
      this.screen = { ...this.screen, answered: [], message: { tone: 'bad', text: refusal.text } };
    this.refused = refusal?.input;
    this.screen = refresh(this.screen, facts);
    this.options.onChange();
  }

  /** Counts down, and leaves a screen that is not touched. */
  private tick(): void {
    const { asking, view } = this.screen;
    const left = view !== null && performance.now() - this.touchedAt > MFP_LIMITS.OWN_SCREEN_IDLE_MS;
    if (left) this.screen = { ...this.screen, view: null };
    if (asking || left) this.update();
  }
}
