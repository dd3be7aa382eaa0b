import { byId, find } from '../elements';

const PULSE_MS = 900;

/** A touchable element: a target of the picture, or a key of the device. */
const touchable = (node: EventTarget | null): HTMLElement | null =>
  node instanceof Element ? node.closest<HTMLElement>('[data-target],[data-key]') : null;

const nameOf = ({ dataset }: HTMLElement): string => dataset.target ?? `key ${dataset.key}`;
const isDisabled = (touched: HTMLElement): boolean => touched instanceof HTMLButtonElement && touched.disabled;

/** Shows a touch briefly. */
export function pulse(element: HTMLElement, name: string): void {
  element.classList.remove(name);
  void element.offsetWidth; // restarts the animation
  element.classList.add(name);
  setTimeout(() => element.classList.remove(name), PULSE_MS);
}

/** Shows a touch on another display; its position is in thousandths of the display. */
export function highlight(touch: { target?: string; key?: string; x?: number; y?: number }): void {
  const { target, key, x, y } = touch;
  const touched = find(key === undefined ? `[data-target="${target}"]` : `[data-key="${key}"]`);
  if (touched) pulse(touched, 'touched');
  if (key !== undefined || x === undefined || y === undefined) return;
  const ring = byId('ring');
  ring.style.left = `${x / 10}%`;
  ring.style.top = `${y / 10}%`;
  pulse(ring, 'on');
}

/** Calls `send` for each touch with a pointer, the keyboard or a screen reader; `at` is the place of the pointer. */
export function onTouch(send: (touched: HTMLElement, at?: PointerEvent) => void): void {
  let down: string | undefined;
  document.addEventListener('pointerdown', ({ target }) => {
    const touched = touchable(target);
    down = touched ? nameOf(touched) : undefined;
  });
  document.addEventListener('pointerup', (event) => {
    const touched = touchable(document.elementFromPoint(event.clientX, event.clientY));
    if (touched && !isDisabled(touched) && nameOf(touched) === down) send(touched, event);
    down = undefined;
  });
  // a click by Enter, Space or a screen reader; for a pointer, pointerup has already sent the touch
  document.addEventListener('click', ({ target, detail }) => {
    const touched = touchable(target);
    if (detail === 0 && touched) send(touched);
  });
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const key = /^[0-9]$/.test(event.key) ? event.key : event.key === 'Backspace' ? 'clear' : undefined;
    const touched = key === undefined ? null : find(`[data-key="${key}"]`);
    if (!touched) return;
    pulse(touched, 'touched');
    send(touched);
  });
}
