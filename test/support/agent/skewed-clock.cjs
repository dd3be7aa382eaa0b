// Preloaded with `node --require`: the time of day of this program is off by PLATEN_TEST_SKEW_MS, as on a box whose
// clock that was never set. `performance.now` and timers run as ever.
const skewMs = Number(process.env.PLATEN_TEST_SKEW_MS);
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
