import { generateKeyPairSync, sign } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { signedFirmwareText, type FirmwareManifest, type UnsignedFirmware } from '../../src/protocol/firmware-package';
import { sha256Hex } from '../../src/tunnel/sha256';
import { signingKeyOf } from '../../src/tunnel/signing-key';

/** Signs firmware as its publisher would, or with a manifest that says something else. */
export class FirmwareMaker {
  constructor(private readonly pair = generateKeyPairSync('ed25519')) {}

  /** What agents pin, in its short form. */
  get key(): string {
    return signingKeyOf(this.pair.publicKey);
  }

  /** Writes what a server needs to verify this maker's firmware. */
  writePublicKey(path: string): string {
    writeFileSync(path, this.pair.publicKey.export({ type: 'spki', format: 'pem' }));
    return path;
  }

  manifest(file: Buffer, changed: Partial<UnsignedFirmware> = {}): FirmwareManifest {
    const manifest: UnsignedFirmware = {
      ...{ product: 'device-firmware', name: 'main.bin', version: '2.15.000', model: '' },
      ...{ bytes: file.length, sha256: sha256Hex(file), createdAt: '2026-03-02T09:00:00.000Z' },
      ...changed,
    };
    return { ...manifest, signature: this.sign(signedFirmwareText(manifest)) };
  }

  /** @param stated replaces fields of the manifest after it was signed */
  make(file: Buffer, changed: Partial<UnsignedFirmware> = {}, stated: object = {}): Buffer<ArrayBuffer> {
    const line = JSON.stringify({ ...this.manifest(file, changed), ...stated });
    return Buffer.concat([Buffer.from(`${line}\n`), file]);
  }

  sign(text: string): string {
    return sign(null, Buffer.from(text), this.pair.privateKey).toString('base64');
  }
}
