import { z } from 'zod';

/** Agents and devices: usable as the local part of a JID (RFC 7622) without escaping. */
export const NAME_PATTERN = /^[a-z0-9._-]{1,64}$/;
const name = (what: string) =>
  z.string().regex(NAME_PATTERN, `${what} must be 1 to 64 of the characters a-z 0-9 . _ -`);

/** Local part of the agent's JID, chosen when the agent is enrolled. */
export const agentId = name('agent ID');
/** Unique on the server; set in the agent's configuration. */
export const deviceId = name('device ID');
/** A device ID, or a prefix of device IDs followed by `*`. */
export const deviceIdPattern = z
  .string()
  .regex(/^([a-z0-9._-]{1,64}|[a-z0-9._-]{0,63}\*)$/, 'must be a device ID, or the beginning of one and *');
/** Whether one of the patterns is this device ID, or begins it. */
export const coversDevice = (patterns: readonly string[], id: string): boolean =>
  patterns.some((pattern) => (pattern.endsWith('*') ? id.startsWith(pattern.slice(0, -1)) : id === pattern));
/** Names an application of a device: `web`, `panel`, `box`, ... */
export const applicationId = name('application ID');

/** Timestamp on the wire: RFC 3339 in UTC. */
export const instant = z.iso.datetime({ offset: false });
export const toInstant = (at: Date | number): string => new Date(at).toISOString();

/**
 * Seconds left until a time, for a peer that counts them with its own clock. At least 1: the server enforces the
 * deadline itself, so a peer that waits a second longer does no harm.
 */
export const secondsUntil = (at: Date | number | null): number =>
  Math.max(1, Math.ceil(((at === null ? 0 : Number(at)) - Date.now()) / 1000));

/** SHA-256 over a certificate's SubjectPublicKeyInfo, base64url: the pin of RFC 7469 2.4. */
export const spkiPin = z.string().regex(/^[A-Za-z0-9_-]{43}$/, 'pin must be a base64url SHA-256');

/**
 * PEM certificates of the private authority that signed a peer's certificate, which it must chain to (RFC 7468). Bounded,
 * because it is sent with each session.
 */
export const authority = z
  .string()
  .max(12_000)
  .startsWith('-----BEGIN CERTIFICATE-----', 'authority must be PEM certificates');

/** 32 random bytes, base64url: session IDs and tokens. */
export const secret = z.string().regex(/^[A-Za-z0-9_-]{43}$/, 'must be 32 bytes in base64url');

/** Of a release of the relay or the agent. */
export const releaseVersion = z
  .string()
  .max(64)
  .regex(/^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$/, 'must be a version such as 1.2.0');
