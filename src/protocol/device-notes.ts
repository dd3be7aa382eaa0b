import { z } from 'zod';
import { LIMITS } from './limits';
import { instant } from './names';
import { shownLine, shownLines } from './shown-text';

/**
 * An address that a person may follow: http or https, without a login, as a browser writes it, so that no character of it
 * can pretend to be another.
 */
export const webAddress = z
  .url({ protocol: /^https?$/, normalize: true, error: 'must be an address with http:// or https://' })
  .max(LIMITS.NOTE_LINK_CHARACTERS)
  .refine((text) => !hasLogin(text), 'must not contain a user name or password');

function hasLogin(text: string): boolean {
  if (!URL.canParse(text)) return false; // refused already
  const { username, password } = new URL(text);
  return username !== '' || password !== '';
}

export const noteLink = z.strictObject({ title: shownLine(100), url: webAddress });
export type NoteLink = z.infer<typeof noteLink>;

const contents = {
  text: shownLines(LIMITS.NOTE_CHARACTERS),
  links: z.array(noteLink).max(LIMITS.NOTE_LINKS),
  contractNumber: shownLine(64),
  assetTag: shownLine(64),
  /** Where the device stands, in the words of the people who service it. */
  location: shownLine(200),
  /** 0: nothing is noted yet; each change adds 1. */
  version: z.int().nonnegative(),
};
/** `GET /api/devices/:id/notes`: what people note about a device; no agent and no device changes it. */
export const deviceNotes = z.object({ ...contents, changedAt: instant.nullable(), changedBy: z.string() });
export type DeviceNotes = z.infer<typeof deviceNotes>;
/** `PUT /api/devices/:id/notes` replaces them, if `version` is still the one that was read. */
export const newDeviceNotes = z.strictObject(contents);
export type NewDeviceNotes = z.output<typeof newDeviceNotes>;

export const NO_NOTES: DeviceNotes = {
  ...{ text: '', links: [], contractNumber: '', assetTag: '', location: '' },
  ...{ version: 0, changedAt: null, changedBy: '' },
};
