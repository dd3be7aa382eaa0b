import { z } from 'zod';
import type { Picture } from './picture';

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
