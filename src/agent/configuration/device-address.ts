import { z } from 'zod';
import { isLoopback } from '../../protocol/loopback';
import { spkiPin } from '../../protocol/names';

/** The accepted key of the device: its pin, or `any`; undefined: any key with a trusted certificate. */
export const certificate = z
  .string()
  .refine(
    (text) => text === 'any' || spkiPin.safeParse(text).success,
    'must be "any" or the pin of the key, in base64url',
  );
export type Certificate = z.infer<typeof certificate>;

interface Address {
  readonly host: string;
  readonly port: number;
}
/** HTTP, or HTTPS if `tls`. */
export interface HttpAddress extends Address {
  readonly tls: boolean;
  /** Includes the query. */
  readonly path: string;
  readonly certificate?: Certificate;
  /** The owner permits weak encryption. */
  readonly weakTls?: boolean;
}
/** `uri` is the printer-uri of requests. */
export type IppAddress = HttpAddress & { readonly uri: string };
/** Where firmware is sent: by HTTP, or unchanged to a raw port. */
export type FirmwareAddress = (HttpAddress & { readonly kind: 'http' }) | (Address & { readonly kind: 'raw' });

const PORTS: Readonly<Record<string, number>> = { 'ipp:': 631, 'ipps:': 631, 'http:': 80, 'https:': 443 };
const SECURE = ['ipps:', 'https:'];

/** `ipp://host[:port]/path` (RFC 3510), `ipps://` (RFC 7472), or the same with http or https; without a path, it is found. */
export const ippAddress = z.string().transform((text, context): IppAddress => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !(url.protocol in PORTS) || !url.hostname)
    return problem(context, 'must look like ipp://host/ipp/print or ipps://host/ipp/print');
  const path = /^\w+:\/\/[^/]*$/.test(text) ? '' : url.pathname + url.search; // `http` and `https` always have one in a URL
  return { ...checked(url, context), path, uri: text };
});

/** `tcp://host:port`, `http://host/path` or `https://host/path`. */
export const firmwareAddress = z.string().transform((text, context): FirmwareAddress => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'tcp:' && url.hostname && ['', '/'].includes(url.pathname)) {
    const { host, port } = checked(url, context);
    return { kind: 'raw', host, port };
  }
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return { kind: 'http', ...checked(url, context) };
  return problem(context, 'must look like tcp://host:port, http://host/path or https://host/path');
});

/** `http://host[:port][/path]`, or the same with https, without a slash at the end of the path. */
export const displayAddress = z.string().transform((text, context): HttpAddress => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !['http:', 'https:'].includes(url.protocol) || !url.hostname || url.search !== '')
    return problem(context, 'must look like https://host/path or http://127.0.0.1:port');
  if (url.protocol === 'http:' && !isLoopback(url.hostname))
    return problem(
      context,
      'must be https: without TLS, the answers of the person at the device could be read and changed on the way',
    );
  const address = checked(url, context);
  return { ...address, path: address.path.replace(/\/$/, '') };
});

function checked(url: URL, context: z.RefinementCtx): HttpAddress {
  if (url.username !== '' || url.password !== '') return problem(context, 'must not contain a user or password');
  if (url.hash !== '') return problem(context, 'must not contain a #');
  const port = url.port === '' ? PORTS[url.protocol] : Number(url.port);
  if (!port) return problem(context, 'must name a port from 1 to 65535');
  const host = url.hostname.replace(/^\[|\]$/g, '');
  return { host, port, tls: SECURE.includes(url.protocol), path: `${url.pathname}${url.search}` };
}

function problem(context: z.RefinementCtx, message: string): never {
  context.addIssue({ code: 'custom', message });
  return z.NEVER;
}
