import { z } from 'zod';
import { LIMITS } from './limits';
import { operation } from './maintenance';
import { applicationId, deviceId, instant } from './names';
import { shownLine } from './shown-text';

/**
 * External clients: services outside that use the API with credentials of their own (OAuth 2.0 client credentials,
 * RFC 6749 4.4). Every route is closed to them but those that one of these scopes opens.
 */
export const CLIENT_SCOPES = {
  'devices:read': 'List devices and their state.',
  'information:read': 'Read the stored information of devices.',
  'information:acquire': 'Have the information of a device acquired again.',
  'jobs:read': 'Read its own maintenance jobs.',
  'jobs:write': 'Request and cancel maintenance jobs.',
  'sessions:read': 'Read its own remote sessions.',
  'sessions:write': 'Request remote sessions, connect them, and end them.',
} as const;
export type ClientScope = keyof typeof CLIENT_SCOPES;
export const clientScope = z.enum(Object.keys(CLIENT_SCOPES) as [ClientScope, ...ClientScope[]]);

/** What a client may reach at most, whatever its scopes are. null: no limit of this kind; empty: nothing. */
export const clientLimits = z.strictObject({
  sites: z.array(z.uuid()).max(LIMITS.CLIENT_LIMIT_ENTRIES).nullable().default(null),
  devices: z.array(deviceId).max(LIMITS.CLIENT_LIMIT_ENTRIES).nullable().default(null),
  applications: z.array(applicationId).max(LIMITS.CLIENT_LIMIT_ENTRIES).nullable().default(null),
  operations: z.array(operation).max(LIMITS.CLIENT_LIMIT_ENTRIES).nullable().default(null),
});
export type ClientLimits = z.output<typeof clientLimits>;

/** Unique, because the audit trail names the client by it. */
const clientName = shownLine(50).min(1);
const scopes = z.array(clientScope).min(1).max(clientScope.options.length);
const requestsPerMinute = z.int().min(1).max(LIMITS.API_REQUESTS_PER_MINUTE);

/** `GET /api/clients`, for administrators. */
export const externalClient = z.object({
  /** Also its `client_id`, and its `id` in access conditions. */
  id: z.uuid(),
  name: z.string(),
  scopes: z.array(clientScope),
  limits: clientLimits,
  requestsPerMinute: z.int(),
  /** false: deactivated by an administrator; its tokens and its secret do not work. */
  active: z.boolean(),
  expiresAt: instant.nullable(),
  createdAt: instant,
  createdBy: z.string(),
  lastUsedAt: instant.nullable(),
  revokedAt: instant.nullable(),
  /** Until then the secret before the last rotation works, too. */
  previousSecretUntil: instant.nullable(),
});
export type ExternalClient = z.infer<typeof externalClient>;
export const newExternalClient = z.strictObject({
  name: clientName,
  scopes,
  limits: clientLimits.prefault({}),
  requestsPerMinute: requestsPerMinute.default(LIMITS.CLIENT_REQUESTS_PER_MINUTE),
  expiresInDays: z.int().min(1).max(3650).optional(),
});
export const externalClientChange = z
  .strictObject({ scopes, limits: clientLimits, requestsPerMinute, active: z.boolean(), expiresAt: instant.nullable() })
  .partial();
/** The only answers that contain the secret. */
export const createdExternalClient = externalClient.extend({ secret: z.string() });
export type CreatedExternalClient = z.infer<typeof createdExternalClient>;
/** The earlier secret works for `overlapMinutes` more. 0: it ends at once, and with it every access token. */
export const secretRotation = z.strictObject({
  overlapMinutes: z
    .int()
    .min(0)
    .max(LIMITS.CLIENT_SECRET_OVERLAP_MINUTES)
    .default(LIMITS.CLIENT_SECRET_OVERLAP_MINUTES),
});

/** Successful answer of `POST /oauth/token` (RFC 6749 5.1). */
export const accessTokenAnswer = z.object({
  access_token: z.string(),
  token_type: z.literal('Bearer'),
  /** Seconds. */
  expires_in: z.int().positive(),
  /** What the token covers, separated by spaces. */
  scope: z.string(),
});
export type AccessTokenAnswer = z.infer<typeof accessTokenAnswer>;
/** Error answer of `POST /oauth/token` (RFC 6749 5.2). */
export const oauthError = z.object({
  error: z.enum([
    'invalid_request',
    'invalid_client',
    'unsupported_grant_type',
    'invalid_scope',
    'temporarily_unavailable',
    'server_error',
  ]),
  error_description: z.string(),
});
export type OauthError = z.infer<typeof oauthError>;
/** `GET /.well-known/oauth-authorization-server` (RFC 8414 2). */
export const oauthMetadata = z.object({
  issuer: z.url(),
  token_endpoint: z.url(),
  token_endpoint_auth_methods_supported: z.array(z.string()),
  grant_types_supported: z.array(z.string()),
  response_types_supported: z.array(z.string()),
  scopes_supported: z.array(clientScope),
  service_documentation: z.url(),
});
