import { MFP_LIMITS } from '../mfp-limits';
import type { Display } from './display';
import type { PanelInput, Picture, Place, Touch } from '../../protocol/simulated-mfp';

/** What the device's own display shows instead of the shared picture. */
export interface OwnPictures {
  picture(shared: Picture): Picture;
  /** Touches of other displays are not shown on it. */
  readonly covered: boolean;
}

/** Every connected display. All but the device's own get the same picture, which is serialized once. */
export class Displays {
  private readonly all = new Set<Display>();
  private picture: Picture | undefined;
  private touch: Touch | null = null;
  private touches = 0;
  private nextId = 1;
  private waiting = false;
  private expiry: NodeJS.Timeout | undefined;

  constructor(private readonly own: () => OwnPictures | undefined = () => undefined) {}

  /** Displays elsewhere cannot use up the places of the device's own. */
  isFull(place: Place): boolean {
    const most = place === 'device' ? MFP_LIMITS.OWN_DISPLAYS : MFP_LIMITS.PANEL_DISPLAYS;
    return [...this.all].filter((each) => each.place === place).length >= most;
  }
  get count(): number {
    return this.all.size;
  }

  /** @param make creates a display with a given number */
  add(make: (id: number) => Display): Display {
    const display = make(this.nextId++);
    this.all.add(display);
    this.scheduleSend();
    return display;
  }

  remove(display: Display): void {
    if (this.all.delete(display)) this.scheduleSend();
  }

  show(picture: Picture): void {
    this.picture = picture;
    this.scheduleSend();
  }

  /** The own display's picture has changed. */
  refresh(): void {
    this.scheduleSend();
  }

  touched(display: number, input: PanelInput): void {
    const { type: _, ...what } = input;
    this.touch = { number: ++this.touches, display, ...what };
    for (const one of this.all) if (one.id === display) one.touchedAt = Date.now();
    clearTimeout(this.expiry);
    this.expiry = setTimeout(() => this.scheduleSend(), MFP_LIMITS.PANEL_OPERATING_MS + 1);
    this.expiry.unref();
  }

  close(): void {
    clearTimeout(this.expiry);
    for (const display of this.all) display.close();
  }

  /** Changes in one turn of the event loop become one picture. */
  private scheduleSend(): void {
    if (this.waiting) return;
    this.waiting = true;
    setImmediate(() => {
      this.waiting = false;
      this.send();
    });
  }

  private send(): void {
    const since = Date.now() - MFP_LIMITS.PANEL_OPERATING_MS;
    const displays = [...this.all].map(({ id, role, place, touchedAt }) => ({
      id,
      role,
      place,
      operating: touchedAt >= since,
    }));
    const { picture } = this;
    if (!picture) return;
    const text = JSON.stringify({ type: 'picture', picture, touch: this.touch, displays });
    const own = this.own();
    const touch = own?.covered ? null : this.touch;
    const ownText = own ? JSON.stringify({ type: 'picture', picture: own.picture(picture), touch, displays }) : text;
    for (const display of this.all) display.show(display.place === 'device' ? ownText : text);
  }
}
