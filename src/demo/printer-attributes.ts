/**
 * What the test printer says of itself, in the syntax of ipptool(1); ippeveprinter adds what it has to have beside that.
 * The product is invented.
 */
export const PRINTER_ATTRIBUTES = `
ATTR mimeMediaType document-format-supported application/pdf,image/jpeg,image/pwg-raster,text/plain
ATTR mimeMediaType document-format-default application/pdf
ATTR text printer-make-and-model "Acme LaserMax 9000"
ATTR text printer-device-id "MFG:Acme;MDL:LaserMax 9000;CMD:PDF,JPEG,PWG;SN:AC90001234;"
ATTR text printer-firmware-name "Main"
ATTR text printer-firmware-string-version "2.14.7"
ATTR integer printer-impressions-completed 128456
ATTR integer printer-media-sheets-completed 90211
ATTR octetString printer-supply ${[
  'index=1;class=receptacleThatIsFilled;type=wasteToner;unit=percent;maxcapacity=100;level=60;colorantname=unknown;',
  'index=2;class=supplyThatIsConsumed;type=toner;unit=percent;maxcapacity=100;level=4;colorantname=black;',
  'index=3;class=supplyThatIsConsumed;type=toner;unit=percent;maxcapacity=100;level=55;colorantname=cyan;',
]
  .map((supply) => `"${supply}"`)
  .join(',')}
ATTR text printer-supply-description "Toner waste tank","Black toner","Cyan toner"
`;
