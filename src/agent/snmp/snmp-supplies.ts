import { SUPPLIES, type Supply } from '../../protocol/device-information';
import { colourOf, contentsOf, supplyNameOf } from '../device/supplies';
import { deviceText } from './device-text';
import { ofPrinter, type PrinterMib } from './printer-mib';
import type { SnmpValue } from './snmp-client';

/** prtMarkerSuppliesType (IANA-PRINTER-MIB, PrtMarkerSuppliesTypeTC). */
const TYPES: Readonly<Record<number, string>> = {
  3: 'toner',
  4: 'wasteToner',
  5: 'ink',
  6: 'inkCartridge',
  7: 'inkRibbon',
  8: 'wasteInk',
  9: 'opc',
  10: 'developer',
  11: 'fuserOil',
  12: 'solidWax',
  13: 'ribbonWax',
  14: 'wasteWax',
  15: 'fuser',
  16: 'coronaWire',
  17: 'fuserOilWick',
  18: 'cleanerUnit',
  19: 'fuserCleaningPad',
  20: 'transferUnit',
  21: 'tonerCartridge',
  22: 'fuserOiler',
  23: 'water',
  24: 'wasteWater',
  25: 'glueWaterAdditive',
  26: 'wastePaper',
  27: 'bindingSupply',
  28: 'bandingSupply',
  29: 'stitchingWire',
  30: 'shrinkWrap',
  31: 'paperWrap',
  32: 'staples',
  33: 'inserts',
  34: 'covers',
};
/** prtMarkerSuppliesClass. */
const RECEPTACLE = 4;
/** prtMarkerSuppliesSupplyUnit. */
const PERCENT = 19;

/** Supplies from prtMarkerSuppliesTable. */
export function suppliesIn(mib: PrinterMib, printer: string, characterSet: SnmpValue): Supply[] {
  const colorants = new Map(
    ofPrinter(mib.colorant, printer).map(({ index, prtMarkerColorantValue }) => [
      index,
      deviceText(prtMarkerColorantValue, 40, characterSet),
    ]),
  );
  return ofPrinter(mib.supplies, printer)
    .slice(0, SUPPLIES)
    .map((row, position) => {
      const type = TYPES[Number(row.prtMarkerSuppliesType)] ?? '';
      const colour = colourOf(colorants.get(`${printer}.${Number(row.prtMarkerSuppliesColorantIndex)}`));
      const capacity = row.prtMarkerSuppliesSupplyUnit === PERCENT ? 100 : row.prtMarkerSuppliesMaxCapacity;
      const name = deviceText(row.prtMarkerSuppliesDescription, 100, characterSet);
      return {
        name: supplyNameOf(name, colour, type, position),
        type,
        colour,
        ...contentsOf(row.prtMarkerSuppliesLevel, capacity),
        ...(row.prtMarkerSuppliesClass === RECEPTACLE && { receptacle: true as const }),
      };
    });
}
