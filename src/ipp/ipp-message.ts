import { request } from 'ipp-encoder';
import { ippFields } from './ipp-frame';
import { GROUPS, SYNTAXES, type GroupName, type Syntax } from './ipp-registry';
import { BEGIN_COLLECTION, ippValue, type IppValue } from './ipp-values';

export type { IppValue };
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

export type IppVersion = IppMessage['version'];
/** The default version, because every printer supports it (RFC 8011 4.1.8). */
export const IPP_VERSION: IppVersion = { major: 1, minor: 1 };

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

/**
 * Decodes a message without its collections, and without attributes that have a broken value, so that one of them does
 * not cost the others. Of a duplicate, the first one counts (RFC 8011 4.1.3 forbids duplicates).
 * @throws IppMalformed
 */
export function decodeIpp(bytes: Buffer): DecodedIpp {
  const groups: { tag: number; attributes: Map<string, IppValue[]> }[] = [];
  /** The attribute that is being read; undefined if it is left out. */
  let current: { name: string; values: IppValue[] } | undefined;
  const fields = ippFields(bytes);
  let next = fields.next();
  for (; !next.done; next = fields.next()) {
    const field = next.value;
    if ('group' in field) {
      groups.push({ tag: field.group, attributes: new Map() });
      continue;
    }
    const { attributes } = groups.at(-1)!;
    const { tag, name } = field;
    if (name !== '') {
      current = tag === BEGIN_COLLECTION || attributes.has(name) ? undefined : { name, values: [] };
      if (current) attributes.set(name, current.values);
    }
    if (!current) continue;
    const value = ippValue(tag, field.value);
    if (value !== undefined) {
      current.values.push(value);
      continue;
    }
    attributes.delete(current.name);
    current = undefined;
  }
  return {
    version: { major: bytes.readUInt8(0), minor: bytes.readUInt8(1) },
    code: bytes.readUInt16BE(2),
    requestId: bytes.readInt32BE(4),
    groups,
    data: bytes.subarray(next.value),
  };
}

/** All attributes of the groups of one kind. */
export function attributesOf({ groups }: DecodedIpp, group: GroupName): IppAttributes {
  const found = groups.filter(({ tag }) => tag === GROUPS[group]).reverse();
  return new Map(found.flatMap(({ attributes }) => [...attributes]));
}
