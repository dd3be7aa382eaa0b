/** A fault of the machine. One that stops prevents printing until it is cleared. */
export interface Fault {
  readonly title: string;
  readonly text: string;
  /** What the person at the device must do. */
  readonly steps: readonly string[];
  /** Label of the button that confirms it. */
  readonly remedy: string;
  readonly stops: boolean;
  /** The supply that causes it: low during the fault, full afterwards. */
  readonly supply?: string;
  /** Keyword of printer-state-reasons, without its suffix (RFC 8011 5.4.12). */
  readonly reason: string;
  /** prtAlertCode and prtAlertGroup (RFC 3805), as printer-alert spells them (PWG 5100.9). */
  readonly alert: { readonly code: string; readonly group: string };
}

export const FAULT_NAMES = ['paper-jam', 'cover-open', 'paper-out', 'toner-low'] as const;
export type FaultName = (typeof FAULT_NAMES)[number];

export const FAULTS: Readonly<Record<FaultName, Fault>> = {
  'paper-jam': {
    title: 'Paper jam',
    text: 'A sheet is caught behind cover A.',
    steps: ['Open cover A on the right side.', 'Pull the sheet out slowly.', 'Close cover A until it clicks.'],
    remedy: 'Sheet removed',
    stops: true,
    reason: 'media-jam',
    alert: { code: 'jam', group: 'mediaPath' },
  },
  'cover-open': {
    title: 'Cover open',
    text: 'The front cover is open.',
    steps: ['Close the front cover until it clicks.'],
    remedy: 'Cover closed',
    stops: true,
    reason: 'cover-open',
    alert: { code: 'coverOpen', group: 'cover' },
  },
  'paper-out': {
    title: 'No paper',
    text: 'Tray 1 is empty.',
    steps: ['Pull out tray 1.', 'Load paper up to the mark.', 'Push the tray in.'],
    remedy: 'Paper loaded',
    stops: true,
    reason: 'media-empty',
    alert: { code: 'inputMediaSupplyEmpty', group: 'input' },
  },
  'toner-low': {
    title: 'Toner low',
    text: 'Black toner is running low. Printing continues.',
    steps: ['Have a new cartridge ready.', 'Replace it behind the front cover.'],
    remedy: 'Cartridge replaced',
    stops: false,
    supply: 'black',
    reason: 'toner-low',
    alert: { code: 'markerTonerAlmostEmpty', group: 'markerSupplies' },
  },
};

/** Level of a supply during its fault. */
export const FAULTY_LEVEL = 9;
