import { versionInName } from './firmware';

it.each([
  ['3050ci_2.15.000.bin', '2.15.000'],
  ['recovery-1.0.0.bin', '1.0.0'],
  ['fw-v10.2.tar.gz', '10.2'],
  ['fw-1.2.3-rc1.bin', '1.2.3-rc1'],
  ['firmware.bin', ''],
  ['fw7.bin', ''],
])('the version in %s is "%s"', (name, version) => expect(versionInName(name)).toBe(version));
