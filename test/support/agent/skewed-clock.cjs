// Preloaded with `node --require`: the time of day of this program is off by PLATEN_TEST_SKEW_MS, as on a box whose
// clock was never set; SIGUSR2 sets it. `performance.now` and timers run as ever.
let skewMs = Number(process.env.PLATEN_TEST_SKEW_MS);
process.on('SIGUSR2', () => (skewMs = 0));
const RealDate = Date;

globalThis.Date = class Date extends RealDate {
  constructor(...args) {
    if (args.length === 0) super(RealDate.now() + skewMs);
    else super(...args);
  }
  static now() {
    return RealDate.now() + skewMs;
  }
};
