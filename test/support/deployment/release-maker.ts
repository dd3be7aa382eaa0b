import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { signedText, type UnsignedManifest } from '../../../src/protocol/release';
import { PROTOCOL_VERSION } from '../../../src/protocol/version';
import { sha256Hex } from '../../../src/tunnel/sha256';

/** Makes releases as their maker would, or with a manifest that says something else. */
export class ReleaseMaker {
  readonly pair = generateKeyPairSync('ed25519');

  /** Writes what a server needs to know this maker's releases. */
  writePublicKey(path: string): string {
    writeFileSync(path, this.pair.publicKey.export({ type: 'spki', format: 'pem' }));
    return path;
  }

  make(version: string, script: Buffer | string = `// ${version}\n`, changed: Record<string, unknown> = {}): Buffer {
    const content = Buffer.from(script);
    const manifest = {
      product: 'platen-relay',
      version,
      protocol: PROTOCOL_VERSION,
      bytes: content.length,
      sha256: sha256Hex(content),
      createdAt: '2026-03-02T09:00:00.000Z',
      notes: '',
      ...changed,
    };
    const line = { ...manifest, signature: this.signatureOf(manifest as UnsignedManifest, this.pair.privateKey) };
    return Buffer.concat([Buffer.from(`${JSON.stringify(line)}\n`), content]);
  }

  private signatureOf(manifest: UnsignedManifest, key: KeyObject): string {
    return sign(null, Buffer.from(signedText(manifest)), key).toString('base64');
  }
}
