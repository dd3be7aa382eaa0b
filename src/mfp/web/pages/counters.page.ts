import { html } from '../html';
import { layout } from '../layout';
import { type Exchange, sendPage } from '../exchange';

/** `GET /counters` */
export function countersPage(exchange: Exchange): Promise<void> {
  const { monochrome, colour, copies, scans, faxesSent, faxesReceived } = exchange.machine.memory.counters;
  const row = (label: string, count: number) =>
    html`<tr>
      <th>${label}</th>
      <td class="number">${count.toLocaleString('en')}</td>
    </tr>`;
  const body = html`<div class="pair">
    <section class="card">
      <h2>Printed pages</h2>
      <table>
        <tbody>
          ${row('Black and white', monochrome)} ${row('Colour', colour)} ${row('Total', monochrome + colour)}
        </tbody>
      </table>
    </section>
    <section class="card">
      <h2>Functions</h2>
      <table>
        <tbody>
          ${row('Copies', copies)} ${row('Scans', scans)} ${row('Faxes sent', faxesSent)}
          ${row('Faxes received', faxesReceived)}
        </tbody>
      </table>
    </section>
  </div>`;
  return sendPage(exchange, layout(exchange, { title: 'Counters', body }));
}
