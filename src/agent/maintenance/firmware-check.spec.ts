import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FirmwareMaker } from '../../../test/support/firmware-maker';
import type { FirmwareSource } from '../../protocol/ad-hoc-command';
import { signedFirmwareText, type FirmwareManifest } from '../../protocol/firmware-package';
import type { JobFailure } from '../../protocol/maintenance';
import { isNewer } from '../../protocol/newer-version';
import { refusalOfFirmware, type FirmwareFacts } from './firmware-check';

const vectors = join(__dirname, '../../../test/vectors/firmware-package.json');
const vector = JSON.parse(readFileSync(vectors, 'utf8')) as {
  shortKey: string;
  manifest: FirmwareManifest;
  releaseDomainSignature: string;
};
const MODEL = 'MFP 3050ci';
const file = Buffer.from('the file');

describe('the check of firmware', () => {
  const maker = new FirmwareMaker();
  const source = ({ product: _product, ...fields }: FirmwareManifest): FirmwareSource => ({
    url: 'https://platen.example/api/agent/firmware/1',
    token: 't'.repeat(43),
    ...fields,
  });
  const good = maker.manifest(file, { model: MODEL, version: '2.15.000' });
  const information = { reached: true, model: MODEL, firmwareVersion: '2.14.003' };
  const facts: FirmwareFacts = { releaseKey: maker.key, model: MODEL, downgrade: false, information };
  const reports = (change: Partial<typeof information>) => ({ information: { ...information, ...change } });
  const signedAs = (text: string) => ({ ...good, signature: maker.sign(text) });
  const { signature: _signature, ...unsigned } = source(good);
  const older = reports({ firmwareVersion: '2.16.000' });

  it.each<[string, FirmwareSource, Partial<FirmwareFacts>]>([
    ['as it was signed', source(good), {}],
    [
      'for a device that does not answer yet',
      source(good),
      reports({ reached: false, model: '', firmwareVersion: '' }),
    ],
    ['for the model in the configuration', source(good), reports({ model: 'KM-3050' })],
    ['for the model that the device reports', source(good), { model: '', ...reports({ model: 'mfp 3050CI ' }) }],
    ['for any model', source(maker.manifest(file)), { model: '', ...reports({ model: '' }) }],
    ['older, where the owner allows that', source(good), { downgrade: true, ...older }],
    [
      'the same, where the owner allows that',
      source(good),
      { downgrade: true, ...reports({ firmwareVersion: '2.15' }) },
    ],
    [
      'of the vector',
      source(vector.manifest),
      { releaseKey: vector.shortKey, ...reports({ model: vector.manifest.model }) },
    ],
  ])('accepts firmware %s', (_what, firmware, change) =>
    expect(refusalOfFirmware(firmware, { ...facts, ...change })).toBeUndefined(),
  );

  it.each<[JobFailure, string, FirmwareSource, Partial<FirmwareFacts>]>([
    ['no-release-key', 'without a key to verify it', source(good), { releaseKey: undefined }],
    ['firmware-unsigned', 'without a signature', unsigned, {}],
    ['firmware-unsigned', 'without a model, which was signed', { ...source(good), model: undefined }, {}],
    ['firmware-unsigned', 'for another model than was signed', source({ ...good, model: '' }), {}],
    ['firmware-unsigned', 'of another version than was signed', source({ ...good, version: '9.0' }), {}],
    ['firmware-unsigned', 'of other bytes', source({ ...good, sha256: '0'.repeat(64) }), {}],
    ['firmware-unsigned', 'of another length', source({ ...good, bytes: good.bytes + 1 }), {}],
    ['firmware-unsigned', 'of another name', source({ ...good, name: 'other.bin' }), {}],
    ['firmware-unsigned', 'of another time', source({ ...good, createdAt: '2026-03-03T09:00:00.000Z' }), {}],
    ['firmware-unsigned', 'signed with another key', source(new FirmwareMaker().manifest(file, { model: MODEL })), {}],
    ['firmware-unsigned', 'signed with no key', source({ ...good, signature: `${'A'.repeat(86)}==` }), {}],
    [
      'firmware-unsigned',
      'signed as a release of the relay',
      source(signedAs(signedFirmwareText(good).replace('platen firmware', 'platen release'))),
      {},
    ],
    [
      'firmware-unsigned',
      'signed as a release of the relay, as in the vector',
      source({ ...vector.manifest, signature: vector.releaseDomainSignature }),
      { releaseKey: vector.shortKey },
    ],
    ['firmware-unsigned', 'without a domain', source(signedAs(signedFirmwareText(good).split('\n')[1]!)), {}],
    [
      'firmware-unsigned',
      'without a signature, at a device that does not answer',
      unsigned,
      reports({ reached: false }),
    ],
    ['firmware-unfit', 'for another model', source(good), { model: 'MFP 9000', ...reports({ model: 'MFP 9000xl' }) }],
    ['firmware-unfit', 'for a device of an unknown model', source(good), { model: '', ...reports({ model: '' }) }],
    [
      'firmware-unfit',
      'for another model, where a downgrade is allowed',
      source(good),
      { model: '', downgrade: true, ...reports({ model: 'X' }) },
    ],
    ['firmware-older', 'that is older', source(good), older],
    ['firmware-older', 'that the device has already', source(good), reports({ firmwareVersion: '2.15' })],
    ['firmware-older', 'for a device that reports no version', source(good), reports({ firmwareVersion: '' })],
    ['firmware-unsigned', 'without a signature, where a downgrade is allowed', unsigned, { downgrade: true }],
  ])('refuses as %s firmware %s', (failure, _what, firmware, change) =>
    expect(refusalOfFirmware(firmware, { ...facts, ...change })).toMatchObject({ failure }),
  );
});

describe('a firmware version', () => {
  it.each([
    ['2.15.000', '2.14.003'],
    ['2.10', '2.9'],
    ['2.10.1', '2.10'],
    ['10', '9.9.9'],
    ['1.0b', '1.0A'],
    ['2RL_S000.002.210', '2RL_S000.002.209'],
    ['A5C10Y0-F000-G10', 'A5C10Y0-F000-G09'],
    ['1.99999999999999999999999', '1.99999999999999999999998'],
  ])('%s is newer than %s, not the reverse', (one, other) => {
    expect([isNewer(one, other), isNewer(other, one)]).toEqual([true, false]);
  });

  it.each([
    ['1.0', '1.0'],
    ['1.0', '1.0.0'],
    ['1.00', '1.0'],
    ['1.0a', '1.0A'],
    // vendors disagree which one comes first
    ['1.0', '1.0a'],
    ['1.0-rc1', '1.0'],
    ['S1', '1'],
    ['1.0', ''],
    ['1.0', '???'],
  ])('neither %s nor %s is newer', (one, other) => {
    expect([isNewer(one, other), isNewer(other, one)]).toEqual([false, false]);
  });
});
