import qrcode from 'qrcode-generator';

/** A QR code that phones read, also from a dark screen. */
export function QrCode({ text, label }: { text: string; label: string }) {
  const code = qrcode(0, 'M');
  code.addData(text);
  code.make();
  const size = code.getModuleCount();
  const modules = Array.from({ length: size * size }, (_, at) => [at % size, Math.floor(at / size)] as const);
  const path = modules
    .filter(([x, y]) => code.isDark(y, x))
    .map(([x, y]) => `M${x},${y}h1v1h-1z`)
    .join('');
  // four modules of margin (ISO/IEC 18004)
  return (
    <svg className="qr-code" viewBox={`-4 -4 ${size + 8} ${size + 8}`} role="img" aria-label={label}>
      <rect x="-4" y="-4" width={size + 8} height={size + 8} fill="#fff" />
      <path d={path} fill="#000" shapeRendering="crispEdges" />
    </svg>
  );
}
