import { z } from 'zod';
import { instant } from '../../protocol/names';
import { FAULT_NAMES } from './faults';
import { FIRMWARE } from './identity';
import { MFP_LIMITS } from '../mfp-limits';

/** The data of a simulated MFP that survives a restart. */
const line = (least: number, most: number) =>
  z
    .string()
    .trim()
    .min(least, least > 0 ? 'must not be empty' : undefined)
    .max(most, `must have at most ${most} characters`)
    // eslint-disable-next-line no-control-regex
    .regex(/^[^\u0000-\u001f\u007f]*$/, 'must not contain control characters');

export const PAPER = ['A3', 'A4', 'A5', 'Letter', 'Legal'] as const;
/** PWG 5101.1 self-describing names. */
export const MEDIA_NAMES = {
  A3: 'iso_a3_297x420mm',
  A4: 'iso_a4_210x297mm',
  A5: 'iso_a5_148x210mm',
  Letter: 'na_letter_8.5x11in',
  Legal: 'na_legal_8.5x14in',
} as const satisfies Record<(typeof PAPER)[number], string>;
export const LANGUAGES = ['English', 'Deutsch', 'Français', 'Italiano', 'Español'] as const;

export const settings = z.object({
  name: line(1, 60),
  location: line(0, 100),
  contact: line(0, 100),
  language: z.enum(LANGUAGES, 'must be one of the languages'),
  sleepMinutes: z.coerce
    .number('must be a number')
    .int('must be a whole number')
    .min(1, 'must be at least 1')
    .max(240, 'must be at most 240'),
  tray1: z.enum(PAPER, 'must be one of the sizes'),
  tray2: z.enum(PAPER, 'must be one of the sizes'),
  timeServer: line(0, 253).regex(/^[A-Za-z0-9.:-]*$/, 'must be a host name or an address'),
});
export type Settings = z.infer<typeof settings>;

/** How documents are printed that say nothing else, and the description of the printer: set in IPP only. */
export const printDefaults = z.object({
  information: line(0, 100),
  media: z.enum(MEDIA_NAMES, 'must be a size of paper that the device has'),
  sides: z.enum(['one-sided', 'two-sided-long-edge', 'two-sided-short-edge']),
  /** Enum of RFC 8011 5.2.13. */
  quality: z.int().min(3).max(5),
  colourMode: z.enum(['monochrome', 'color']),
});
export type PrintDefaults = z.infer<typeof printDefaults>;
export const FACTORY_DEFAULTS: PrintDefaults = {
  information: '',
  media: 'iso_a4_210x297mm',
  sides: 'one-sided',
  quality: 4,
  colourMode: 'monochrome',
};

/** One entry of the address book, as submitted by its form. */
export const addressEntry = z.object({
  name: line(1, 60),
  email: line(0, 254).regex(/^$|^[^\s@]+@[^\s@]+$/, 'must look like name@example.com'),
  fax: line(0, 30).regex(/^[0-9 +()/-]*$/, 'may contain digits, spaces and + ( ) / - only'),
});
export type AddressEntry = z.infer<typeof addressEntry>;
const address = addressEntry.extend({ id: z.int().positive() });
export type Address = z.infer<typeof address>;

const supply = z.object({
  id: z.string(),
  name: z.string(),
  kind: z.enum(['toner', 'drum', 'waste']),
  colour: z.string(),
  /** Remaining per cent; of a waste box, the remaining space. */
  level: z.number().min(0).max(100),
});
export type Supply = z.infer<typeof supply>;

const job = z.object({
  id: z.int().positive(),
  title: z.string(),
  owner: z.string(),
  pages: z.int().positive(),
  colour: z.boolean(),
  printed: z.int().nonnegative(),
  result: z.enum(['waiting', 'printing', 'completed', 'cancelled', 'stopped']),
  receivedAt: instant,
  endedAt: instant.nullable(),
});
export type Job = z.infer<typeof job>;

const count = z.int().nonnegative();
const counters = z.object({
  monochrome: count,
  colour: count,
  copies: count,
  scans: count,
  faxesSent: count,
  faxesReceived: count,
});
export type Counters = z.infer<typeof counters>;

const firmwareUpload = z.object({
  fileName: z.string(),
  bytes: count,
  sha256: z.string(),
  at: instant,
  /** Its outcome, as shown to users. */
  outcome: z.string().default('Not installed.'),
});
export type FirmwareUpload = z.infer<typeof firmwareUpload>;

export const memory = z.object({
  settings,
  printDefaults: printDefaults.default(FACTORY_DEFAULTS),
  counters,
  supplies: z.array(supply),
  addresses: z.array(address).max(MFP_LIMITS.ADDRESSES),
  jobs: z.array(job).max(MFP_LIMITS.JOBS_KEPT),
  nextId: z.int().positive(),
  /** The version in use. */
  firmware: z.string().default(FIRMWARE),
  firmwareUpload: firmwareUpload.nullable(),
  faults: z.array(z.enum(FAULT_NAMES)).default([]),
  /** Brightness of the display, 1 to 5. */
  brightness: z.int().min(1).max(5).default(4),
});
export type Memory = z.infer<typeof memory>;
