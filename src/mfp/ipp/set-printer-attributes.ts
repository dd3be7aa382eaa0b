import type { IppAttribute, IppAttributes, IppValue } from '../../ipp/ipp-message';
import type { Syntax } from '../../ipp/ipp-registry';
import { LANGUAGES, MEDIA_NAMES, PAPER, printDefaults, settings, type Memory } from '../machine/memory';
import { IppRefusal, type IppCall, type IppReply } from './ipp-call';

/** An attribute that Set-Printer-Attributes changes, and the part of the memory that it is. */
interface SettableAttribute {
  readonly syntax: Syntax;
  readonly part: 'settings' | 'printDefaults';
  readonly field: string;
  /** `...-supported` beside it. */
  readonly supported?: readonly (string | number)[];
}

const ofDevice = (
  field: keyof Memory['settings'],
  syntax: Syntax,
  supported?: readonly string[],
): SettableAttribute => ({
  ...{ syntax, field, part: 'settings' },
  ...(supported && { supported }),
});
const ofPrinting = (
  field: keyof Memory['printDefaults'],
  syntax: Syntax,
  supported: readonly (string | number)[],
): SettableAttribute => ({ syntax, field, part: 'printDefaults', supported });

/** The `platen-...` attributes are those of this simulator, as vendors have their own. */
export const SETTABLE: Readonly<Record<string, SettableAttribute>> = {
  'printer-name': ofDevice('name', 'name'),
  'printer-location': ofDevice('location', 'text'),
  'platen-contact': ofDevice('contact', 'text'),
  'platen-language': ofDevice('language', 'name', LANGUAGES),
  'platen-sleep-minutes': ofDevice('sleepMinutes', 'integer'),
  'platen-tray-1': ofDevice('tray1', 'name', PAPER),
  'platen-tray-2': ofDevice('tray2', 'name', PAPER),
  'platen-time-server': ofDevice('timeServer', 'text'),
  'printer-info': { syntax: 'text', part: 'printDefaults', field: 'information' },
  'media-default': ofPrinting('media', 'keyword', Object.values(MEDIA_NAMES)),
  'sides-default': ofPrinting('sides', 'keyword', ['one-sided', 'two-sided-long-edge', 'two-sided-short-edge']),
  'print-quality-default': ofPrinting('quality', 'enum', [3, 4, 5]),
  'print-color-mode-default': ofPrinting('colourMode', 'keyword', ['monochrome', 'color']),
};

/** Their values, and the values that they may have. */
export function settableAttributes({ memory }: IppCall['exchange']['machine']): IppAttribute[] {
  return Object.entries(SETTABLE).flatMap(([name, { syntax, part, field, supported }]): IppAttribute[] => {
    const value = (memory[part] as Readonly<Record<string, IppValue>>)[field]!;
    const choices = supported && ([syntax, `${name.replace(/-default$/, '')}-supported`, [...supported]] as const);
    return [[syntax, name, value], ...(choices ? [choices] : [])];
  });
}

/**
 * Sets all attributes of the request or none of them (RFC 3380).
 * @throws LoginRequired: answered by HTTP, not by IPP; IppRefusal
 */
export function setPrinterAttributes({ exchange, printer }: IppCall): IppReply {
  const { machine, request, deviceLogin } = exchange;
  deviceLogin?.require(request);
  if (printer.size === 0) throw new IppRefusal('client-error-bad-request', 'the request has no attributes to set');
  for (const name of printer.keys())
    if (!Object.hasOwn(SETTABLE, name)) throw new IppRefusal('client-error-attributes-not-settable', name);
  const { memory } = machine;
  const own = settings.safeParse(valuesFor('settings', printer, memory.settings));
  const defaults = printDefaults.safeParse(valuesFor('printDefaults', printer, memory.printDefaults));
  if (!own.success || !defaults.success) {
    const [issue] = (own.error ?? defaults.error)!.issues;
    const words = `${String(issue?.path[0])} ${issue?.message}`;
    throw new IppRefusal('client-error-attributes-or-values-not-supported', words);
  }
  memory.settings = own.data;
  memory.printDefaults = defaults.data;
  machine.changed();
  return {};
}

function valuesFor(part: SettableAttribute['part'], printer: IppAttributes, now: object): object {
  const set = [...printer].filter(([name]) => SETTABLE[name]!.part === part);
  return { ...now, ...Object.fromEntries(set.map(([name, [value]]) => [SETTABLE[name]!.field, value])) };
}
