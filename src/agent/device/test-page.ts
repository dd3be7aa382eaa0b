import { hostname } from 'node:os';

/** A page to print, in one format. */
export interface TestPage {
  readonly format: string;
  readonly data: Buffer;
}

/** Available formats, best first. */
export const TEST_PAGE_FORMATS = ['application/pdf', 'text/plain'] as const;

/**
 * A test page in the best format that the device supports (document-format-supported); undefined if it supports none.
 * @param device its name in the agent's configuration
 */
export function testPageFor(
  supported: readonly string[],
  { title, device, at }: { title: string; device: string; at: Date },
): TestPage | undefined {
  const lines = [
    `Device: ${device}`,
    `Printed: ${at.toISOString().slice(0, 19)} UTC`,
    `By the agent on: ${hostname()}`,
  ];
  const taken = supported.map((format) => ({ format, kind: format.split(';')[0]!.trim().toLowerCase() }));
  const pdf = taken.find(({ kind }) => kind === 'application/pdf');
  if (pdf) return { format: pdf.format, data: pdfPage(title, lines) };
  const text = taken.find(({ kind }) => kind === 'text/plain');
  return text && { format: text.format, data: Buffer.from(`${[title, '', ...lines].join('\r\n')}\r\n\f`) };
}

/** One A4 page in a standard font (ISO 32000-1 9.6.2.2). */
function pdfPage(title: string, lines: readonly string[]): Buffer {
  const text = lines.map((line) => `(${pdfText(line)}) Tj T*`).join(' ');
  const content = `BT /F1 24 Tf 72 740 Td (${pdfText(title)}) Tj /F1 12 Tf 18 TL 0 -40 Td ${text} ET`;
  const objects = [
    '<</Type /Catalog /Pages 2 0 R>>',
    '<</Type /Pages /Kids [3 0 R] /Count 1>>',
    '<</Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources <</Font <</F1 5 0 R>>>>>>',
    `<</Length ${content.length}>>\nstream\n${content}\nendstream`,
    '<</Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding>>',
  ];
  let body = '%PDF-1.4\n';
  const offsets = objects.map((object, index) => {
    const offset = body.length;
    body += `${index + 1} 0 obj\n${object}\nendobj\n`;
    return `${String(offset).padStart(10, '0')} 00000 n \n`;
  });
  const table = `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${offsets.join('')}`;
  const trailer = `trailer\n<</Size ${objects.length + 1} /Root 1 0 R>>\nstartxref\n${body.length}\n%%EOF\n`;
  return Buffer.from(`${body}${table}${trailer}`, 'latin1');
}

/** Replaces characters that the font lacks (it is nearly Latin-1) and escapes delimiters (ISO 32000-1 7.3.4.2). */
const pdfText = (text: string): string => text.replace(/[^ -~\u00a0-\u00ff]/gu, '?').replace(/[\\()]/g, '\\$&');
