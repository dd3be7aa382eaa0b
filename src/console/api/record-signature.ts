import type { SessionWithSteps } from './sessions';

type ShownRecord = NonNullable<SessionWithSteps['approvalRecord']>;

const bytesOf = (base64url: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(base64url.replaceAll('-', '+').replaceAll('_', '/')), (each) => each.charCodeAt(0));

/**
 * Verifies the signature of a record in this browser (WebCrypto, Ed25519).
 * @param messageOf the signed text of a record
 * @returns undefined if the browser cannot: it is too old, or the page was not loaded over TLS
 */
export async function isSigned(
  { text, signature, key }: ShownRecord,
  messageOf: (text: string) => string,
): Promise<boolean | undefined> {
  // not in pages without TLS, whatever the types say
  const subtle = crypto.subtle as SubtleCrypto | undefined;
  if (!subtle) return undefined;
  try {
    const imported = await subtle.importKey('raw', bytesOf(key), { name: 'Ed25519' }, false, ['verify']);
    const message = new TextEncoder().encode(messageOf(text));
    return await subtle.verify({ name: 'Ed25519' }, imported, bytesOf(signature), message);
  } catch (error) {
    if (error instanceof DOMException && error.name === 'NotSupportedError') return undefined;
    return false;
  }
}
