import { createHash } from 'node:crypto';
import { toInstant } from '../../../protocol/names';

/** What the hash of an entry covers, besides the hash of the entry before it. */
export interface ChainedContent {
  readonly id: number;
  readonly at: Date;
  readonly actor: string;
  readonly action: string;
  readonly target: string;
  readonly detail: string;
}
export interface ChainedEntry extends ChainedContent {
  readonly hash: string;
}
/** One entry of the chain. `id` 0 without a hash: before the first one. */
export interface ChainLink {
  readonly id: number;
  readonly hash: string;
}
export const CHAIN_START: ChainLink = { id: 0, hash: '' };

/** What the server remembers of the chain, sealed with its key, so that only it can write this. */
export interface ChainHead {
  /** Since when. What was stored before could have been changed before. ISO 8601. */
  readonly sealedAt: string;
  /** The last entry that was deleted because of its age; the oldest one that is left follows it. */
  readonly anchor: ChainLink;
  /** The newest entry. */
  readonly last: ChainLink;
}

/**
 * SHA-256, in base64url, over the JSON array of the previous entry's hash and the fields of this one; docs/PROTOCOL.md has the
 * same for those who check an export.
 */
export const chainHash = (previous: string, { id, at, actor, action, target, detail }: ChainedContent): string =>
  createHash('sha256')
    .update(JSON.stringify([previous, id, toInstant(at), actor, action, target, detail]))
    .digest('base64url');

/** A text as both databases return it: without what is not Unicode, and without NUL, which PostgreSQL refuses. */
export const storable = (text: string): string => Buffer.from(text).toString().replaceAll('\0', '\ufffd');
