import { LoadMeter } from './load-meter';

const count = (linkId: string, bytesFromDevice: number, bytesFromTerminal = 0) => ({
  linkId,
  bytesFromDevice,
  bytesFromTerminal,
});

describe('LoadMeter', () => {
  it('measures bytes and processor time between two calls', () => {
    const meter = new LoadMeter(2);
    meter.count([count('a', 500)]);
    expect(meter.measure({ residentBytes: 7, cpuMicros: 1e6 }, 1_000)).toEqual({
      residentBytes: 7,
      bytesPerSecond: 0,
      cpuShare: 0,
    });
    meter.count([count('a', 1_500, 500), count('b', 1_000)]);
    meter.count([count('b', 3_000)]);
    const measured = meter.measure({ residentBytes: 8, cpuMicros: 2e6 }, 3_000);
    // 1,500 of a and 3,000 of b in 2 s; 1 s of 4 s of two processors
    expect(measured).toEqual({ residentBytes: 8, bytesPerSecond: 2_250, cpuShare: 0.25 });
    expect(meter.measure({ residentBytes: 8, cpuMicros: 2e6 }, 4_000)).toMatchObject({
      bytesPerSecond: 0,
      cpuShare: 0,
    });
  });

  it.each<[string, number, number, number]>([
    ['a pair that was started again', 0, 2_000, 0],
    ['more time than there is', 9e9, 2_000, 1],
    ['no time between two calls', 2e6, 1_000, 0],
  ])('reports a share from 0 to 1: %s', (_, cpuMicros, now, cpuShare) => {
    const meter = new LoadMeter(1);
    meter.measure({ residentBytes: 0, cpuMicros: 1e6 }, 1_000);
    expect(meter.measure({ residentBytes: 0, cpuMicros }, now)).toMatchObject({ cpuShare, bytesPerSecond: 0 });
  });

  it('counts a link from 0 after it was over', () => {
    const meter = new LoadMeter();
    meter.measure({ residentBytes: 0, cpuMicros: 0 }, 0);
    meter.count([count('a', 4_000)]);
    meter.forget('a');
    meter.count([count('a', 1_000)]);
    expect(meter.measure({ residentBytes: 0, cpuMicros: 0 }, 1_000).bytesPerSecond).toBe(5_000);
  });
});
