// The charts of all parts as one SVG: a bar for each median, and a line for the spread of its runs.

const WIDTH = 760;
const LEFT = 220;
const RIGHT = 120;
const ROW = 22;
const HEAD = 34;
const COLOURS = ['#2f6f9f', '#b0b7bd'];

const escaped = (text) => text.replaceAll('`', '').replaceAll('&', '&amp;').replaceAll('<', '&lt;');
const at = (value) => value.toFixed(1);
const digits = (value) => (value >= 100 ? 0 : value >= 10 ? 1 : 2);

/** @param charts `{ title, unit, bars: [{ name, median, least, most }] }`; bars of Platen have a colour of their own */
export function plot(charts) {
  let top = 10;
  const parts = charts.map((chart) => {
    const drawn = one(chart, top);
    top += HEAD + chart.bars.length * ROW + 16;
    return drawn;
  });
  const size = `width="${WIDTH}" height="${top}" viewBox="0 0 ${WIDTH} ${top}"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} font-family="sans-serif" font-size="12">
<rect width="100%" height="100%" fill="white"/>
${parts.join('\n')}
</svg>
`;
}

function one({ title, unit, bars }, top) {
  const scale = (WIDTH - LEFT - RIGHT) / Math.max(...bars.map(({ most }) => most), Number.MIN_VALUE);
  const rows = bars.map(({ name, median, least, most }, index) => {
    const y = top + HEAD + index * ROW;
    const colour = COLOURS[/platen/i.test(name) ? 0 : 1];
    const middle = y + 8;
    const [from, to] = [LEFT + least * scale, LEFT + most * scale];
    return `<text x="${LEFT - 8}" y="${y + 12}" text-anchor="end">${escaped(name)}</text>
<rect x="${LEFT}" y="${y}" width="${at(median * scale)}" height="16" fill="${colour}"/>
<path d="M${at(from)} ${middle - 4}v8M${at(from)} ${middle}H${at(to)}M${at(to)} ${middle - 4}v8" stroke="#222" fill="none"/>
<text x="${at(to + 8)}" y="${y + 12}">${median.toFixed(digits(median))}</text>`;
  });
  return `<text x="10" y="${top + 18}" font-weight="bold">${escaped(title)}, ${escaped(unit)}</text>\n${rows.join('\n')}`;
}
