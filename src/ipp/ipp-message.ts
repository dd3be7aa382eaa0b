import { request, type Value } from 'ipp-encoder';
import { attributesEnd } from './ipp-frame';
import { GROUPS, SYNTAXES, type GroupName, type Syntax } from './ipp-registry';

/** The language of texts is dropped. */
export type IppValue = number | boolean | string;
export type IppAttribute = readonly [syntax: Syntax, name: string, value: IppValue | readonly IppValue[]];
export interface IppGroup {
  readonly group: GroupName;
  readonly attributes: readonly IppAttribute[];
}

/** One request or response (RFC 8010 3.1). */
export interface IppMessage {
  readonly version: { readonly major: number; readonly minor: number };
  /** operation-id of a request, status-code of a response. */
  readonly code: number;
  readonly requestId: number;
  readonly groups: readonly IppGroup[];
  /** The document after the attributes. */
  readonly data?: Buffer;
}

/** Values of a group's attributes by name, without out-of-band values (`unknown`, `no-value`). */
export type IppAttributes = ReadonlyMap<string, readonly IppValue[]>;
export interface DecodedIpp extends Required<Omit<IppMessage, 'groups'>> {
  readonly groups: readonly { readonly tag: number; readonly attributes: IppAttributes }[];
}

/** The default version, because every printer supports it (RFC 8011 4.1.8). */
export const IPP_VERSION = { major: 1, minor: 1 } as const;

const LAST_OUT_OF_BAND = 0x1f;
/** ipp-encoder returns the members of a collection (RFC 8010 3.1.6) without their boundaries. */
const BEGIN_COLLECTION = 0x34;
/** ipp-encoder decodes the nine bytes of a resolution as text. */
const RESOLUTION = 0x32;

export function encodeIpp({ version, code, requestId, groups, data }: IppMessage): Buffer {
  const message = {
    version,
    operationId: code,
    requestId,
    data,
    groups: groups.map(({ group, attributes }) => ({
      tag: GROUPS[group],
      attributes: attributes.map(([syntax, name, value]) => ({ tag: SYNTAXES[syntax], name, value })),
    })),
  };
  return request.encode(message, Buffer.alloc(request.encodingLength(message)));
}

/** Decodes a message without its collections. A resolution is decoded as `300dpi` or `300x600dpi`. @throws IppMalformed */
export function decodeIpp(bytes: Buffer): DecodedIpp {
  /** At the position of each value: what it is if it is a resolution. */
  const resolutions: (string | undefined)[] = [];
  const end = attributesEnd(bytes, (tag, value) =>
    resolutions.push(tag === RESOLUTION ? resolutionText(value) : undefined),
  );
  const { version, operationId, requestId, groups } = request.decode(bytes.subarray(0, end));
  let position = 0;
  const withResolutions = (values: Value | readonly Value[]): Value[] =>
    [values].flat().map((value) => resolutions[position++] ?? value);
  return {
    version,
    code: operationId & 0xffff,
    requestId,
    groups: groups.map(({ tag, attributes }) => ({
      tag,
      attributes: valuesByName(attributes.map((each) => ({ ...each, value: withResolutions(each.value) }))),
    })),
    data: bytes.subarray(end),
  };
}

/** All attributes of the groups of one kind. Of a duplicate, the first one counts (RFC 8011 4.1.3 forbids duplicates). */
export function attributesOf({ groups }: DecodedIpp, group: GroupName): IppAttributes {
  const found = groups.filter(({ tag }) => tag === GROUPS[group]).reverse();
  return new Map(found.flatMap(({ attributes }) => [...attributes]));
}

type Read = ReturnType<typeof request.decode>['groups'][number]['attributes'];

function valuesByName(attributes: Read): IppAttributes {
  const values = new Map<string, readonly IppValue[]>();
  for (const { tag, name, value } of attributes) {
    if (tag <= LAST_OUT_OF_BAND || tag === BEGIN_COLLECTION || values.has(name)) continue;
    values.set(name, [value].flat().map(plain));
  }
  return values;
}

function plain(value: Value): IppValue {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? '' : value.toISOString();
  return typeof value === 'object' ? value.value : value;
}

/** Two integers and a unit (RFC 8010 3.9; RFC 8011 5.1.16): 3 for dots per inch, 4 per centimetre. */
function resolutionText(bytes: Buffer): string {
  const [x, y] = [bytes.readInt32BE(0), bytes.readInt32BE(4)];
  return `${x === y ? x : `${x}x${y}`}${bytes[8] === 4 ? 'dpcm' : 'dpi'}`;
}
