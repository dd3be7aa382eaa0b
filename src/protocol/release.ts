import { z } from 'zod';
import { LIMITS } from './limits';
import { instant, releaseVersion } from './names';

/** What is released: the relay, and the agent (agent-update.ts). */
export const RELEASE_PRODUCTS = ['platen-relay', 'platen-agent'] as const;
export type ReleaseProduct = (typeof RELEASE_PRODUCTS)[number];

/**
 * A release in one file: the manifest as one line of JSON, a line feed, then the bundle, which is one
 * CommonJS script. The signature is Ed25519 (RFC 8032) over `signedText`.
 */
export const RELEASE_MEDIA_TYPE = 'application/vnd.platen.release';

export const unsignedManifest = z.strictObject({
  product: z.enum(RELEASE_PRODUCTS),
  version: releaseVersion,
  /** Its PROTOCOL_VERSION. */
  protocol: z.int().positive(),
  /** Of the bundle. */
  bytes: z.int().positive().max(LIMITS.RELEASE_BYTES),
  /** Of the bundle, in hex. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  createdAt: instant,
  notes: z.string().max(2_000).default(''),
});
/** Ed25519, in base64. */
export const base64Signature = z.string().regex(/^[A-Za-z0-9+/]{86}==$/);
export const releaseManifest = unsignedManifest.extend({ signature: base64Signature });
export type UnsignedManifest = z.infer<typeof unsignedManifest>;
export type ReleaseManifest = z.infer<typeof releaseManifest>;

/** The signed text: every field except the signature, in a fixed order. */
export const signedText = ({ product, version, protocol, bytes, sha256, createdAt, notes }: UnsignedManifest): string =>
  `platen release\n${JSON.stringify([product, version, protocol, bytes, sha256, createdAt, notes])}`;
