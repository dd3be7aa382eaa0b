/** Documents that the boxes of a new machine contain, by box and name. */
export function factoryDocuments(): Record<string, Record<string, Buffer>> {
  return {
    invoices: {
      '2026-10448.pdf': pdf(['Invoice 10448', '', 'Toner black, 4 pieces', 'Total 356.00 EUR']),
      '2026-10452.pdf': pdf(['Invoice 10452', '', 'Maintenance contract, third quarter', 'Total 1,240.00 EUR']),
      'open-items.txt': Buffer.from('10448  356.00 EUR  due 15 October\n10452  1,240.00 EUR  due 31 October\n'),
    },
    scans: {
      'delivery-note-771.pdf': pdf(['Delivery note 771', '', '2 pallets received, 1 damaged']),
      'minutes.pdf': pdf(['Minutes of the works meeting', '', 'Next meeting: first Monday of the month']),
    },
  };
}

/** A PDF (ISO 32000-1) of one A4 page with these lines of ASCII text. */
export function pdf(lines: readonly string[]): Buffer {
  const shown = lines.map((line) => `(${line.replace(/[\\()]/g, '\\$&')}) Tj T*`);
  const content = `BT /F1 14 Tf 20 TL 72 770 Td ${shown.join(' ')} ET`;
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>',
    `<< /Length ${content.length} >>\nstream\n${content}\nendstream`,
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
  ];
  let text = '%PDF-1.4\n';
  const offsets = objects.map((object, index) => {
    const offset = text.length;
    text += `${index + 1} 0 obj\n${object}\nendobj\n`;
    return offset;
  });
  const table = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`).join('');
  const size = objects.length + 1;
  const trailer = `trailer\n<< /Size ${size} /Root 1 0 R >>\nstartxref\n${text.length}\n%%EOF\n`;
  return Buffer.from(`${text}xref\n0 ${size}\n0000000000 65535 f \n${table}${trailer}`, 'latin1');
}
