import type { IppAttribute, IppAttributes, IppValue } from '../../ipp/ipp-message';
import { IPP_OPERATIONS, type Syntax } from '../../ipp/ipp-registry';
import { DEVICE_SETTINGS, SETTING_NAMES, type SettingName } from '../../protocol/device-settings';
import { LIMITS } from '../../protocol/limits';
import { cleanLine, stringsOf } from './attribute-text';
import { boundedChoices, type KnownSetting } from './known-setting';

/** Enums of RFC 8011 5.2.13 and 5.2.10, and what this project calls their values. */
const ENUMS: Partial<Readonly<Record<SettingName, Readonly<Record<string, number>>>>> = {
  'print-quality-default': { draft: 3, normal: 4, high: 5 },
  'orientation-default': { portrait: 3, landscape: 4, 'reverse-landscape': 5, 'reverse-portrait': 6, none: 7 },
};
/** Settings whose attributes are no text, number, enum or keyword (RFC 8011 5.4, PWG 5100.13 5.6). */
const SYNTAX: Partial<Readonly<Record<SettingName, Syntax>>> = {
  name: 'name',
  language: 'name',
  'tray-1-paper': 'name',
  'tray-2-paper': 'name',
};

/** Settable attributes of the printer (RFC 3380). */
const SETTABLE = 'printer-settable-attributes-supported';

const attributeOf = (name: SettingName): string => DEVICE_SETTINGS[name].ipp!;
const BY_IPP: readonly SettingName[] = SETTING_NAMES.filter((name) => DEVICE_SETTINGS[name].ipp !== undefined);

/** Where a printer lists the values of an attribute (RFC 8011 5.2): `media-supported` for `media-default`. */
const choicesOf = (attribute: string): string => `${attribute.replace(/-default$/, '')}-supported`;
const hasChoices = (name: SettingName): boolean => DEVICE_SETTINGS[name].type === 'choice';

/** Attributes that `ippSettingsIn` uses, in parts for devices that fail when they are asked for all of them. */
export const SETTING_ATTRIBUTES: readonly (readonly string[])[] = [
  [SETTABLE, 'operations-supported'],
  BY_IPP.map(attributeOf),
  BY_IPP.filter(hasChoices).map((name) => choicesOf(attributeOf(name))),
];

/**
 * The settings that a printer has: those that it reports, and those that it lists as settable although they have no value.
 */
export function ippSettingsIn(attributes: IppAttributes): KnownSetting[] {
  const canSet = attributes.get('operations-supported')?.includes(IPP_OPERATIONS['Set-Printer-Attributes']) === true;
  const listed = canSet ? stringsOf(attributes, SETTABLE) : [];
  return BY_IPP.flatMap((name): KnownSetting[] => {
    const attribute = attributeOf(name);
    const settable = listed.includes(attribute);
    const [first] = attributes.get(attribute) ?? [];
    if (first === undefined && !settable) return [];
    const choices = hasChoices(name) ? (attributes.get(choicesOf(attribute)) ?? []) : [];
    return [
      {
        ...{ name, source: 'ipp', settable },
        value: first === undefined ? '' : shown(name, first),
        choices: boundedChoices(choices.map((each) => shown(name, each))),
      },
    ];
  });
}

/** The attribute that sets it. */
export function ippAttributeFor(name: SettingName, value: string): IppAttribute {
  const enumeration = ENUMS[name];
  if (enumeration) return ['enum', attributeOf(name), enumeration[value]!];
  const { type } = DEVICE_SETTINGS[name];
  if (type === 'number') return ['integer', attributeOf(name), Number(value)];
  return [SYNTAX[name] ?? (type === 'choice' ? 'keyword' : 'text'), attributeOf(name), value];
}

/** An enum value without a name is its number. */
function shown(name: SettingName, value: IppValue): string {
  const named = Object.entries(ENUMS[name] ?? {}).find(([, number]) => number === value);
  return cleanLine(named?.[0] ?? String(value), LIMITS.SETTING_CHARACTERS);
}
