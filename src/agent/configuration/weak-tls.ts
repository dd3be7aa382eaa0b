import { constants } from 'node:crypto';
import type { SecureContextOptions } from 'node:tls';

/**
 * TLS options for a device whose owner permits weak encryption with `"weakTls"`: TLS 1.0 and 1.1, old ciphers, short keys, and
 * no secure renegotiation (RFC 5746). Never without a key, and for nothing but devices.
 */
export const tlsOptions = (weak: boolean | undefined): SecureContextOptions =>
  weak
    ? {
        minVersion: 'TLSv1',
        ciphers: 'DEFAULT:ALL:!aNULL:!eNULL:@SECLEVEL=0',
        secureOptions: constants.SSL_OP_LEGACY_SERVER_CONNECT,
      }
    : {};
