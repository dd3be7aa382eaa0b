import { element } from '../elements';

/** The last seconds have another colour. */
const LATE_SECONDS = 20;

/** The agent's monotonic clock minus the page's. */
let skew = 0;

/** @param now the present time of the agent's clock */
export function setClock(now: number): void {
  skew = now - performance.now();
}

const secondsTo = (until: number): number => Math.max(0, Math.ceil((until - performance.now() - skew) / 1000));
const twoDigits = (value: number): string => String(value).padStart(2, '0');

/** `1:02:03`, or `2:03` below an hour. */
export function duration(seconds: number): string {
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const rest = twoDigits(seconds % 60);
  return hours > 0 ? `${hours}:${twoDigits(minutes)}:${rest}` : `${minutes}:${rest}`;
}

/** Text that counts down to a moment of the agent's clock. */
export const countdown = (until: number): HTMLElement => element('span', { class: 'countdown', 'data-until': until });

/** The same as a bar. */
export const countdownBar = (until: number): HTMLElement =>
  element('progress', { max: 1, value: 1, 'aria-hidden': 'true', 'data-until': until });

/** Updates every countdown in the page. */
export function updateCountdowns(): void {
  for (const each of document.querySelectorAll<HTMLElement>('.countdown')) {
    const text = duration(secondsTo(Number(each.dataset.until)));
    if (each.textContent !== text) each.textContent = text;
  }
  for (const bar of document.querySelectorAll('progress')) {
    const seconds = secondsTo(Number(bar.dataset.until));
    bar.max = Math.max(bar.max, seconds);
    bar.value = seconds;
    bar.classList.toggle('late', seconds <= LATE_SECONDS);
  }
}
