import { meterMap, type MeterMap } from './meter-map';
import canon from './meters/canon.json';
import epson from './meters/epson.json';
import hp from './meters/hp.json';
import konicaMinolta from './meters/konica-minolta.json';
import kyocera from './meters/kyocera.json';
import ricoh from './meters/ricoh.json';
import xerox from './meters/xerox.json';

/** The meters of common vendors, from public sources that each file names. */
export const SHIPPED_METERS: readonly MeterMap[] = [canon, epson, hp, konicaMinolta, kyocera, ricoh, xerox].map((map) =>
  meterMap.parse(map),
);
