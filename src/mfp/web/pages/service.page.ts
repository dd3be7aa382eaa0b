import { FAULT_NAMES, FAULTS, type FaultName } from '../../machine/faults';
import { html } from '../html';
import { layout, note } from '../layout';
import { segmentOf, type Exchange, redirect, sendPage } from '../exchange';
import { readForm } from '../request-body';
import { BadRequest } from '../web.errors';

/** `GET /service`: an administrator causes faults here, which the display then shows. */
export function servicePage(exchange: Exchange): Promise<void> {
  const { faults } = exchange.machine.memory;
  const row = (name: FaultName) => {
    const { title, text, stops } = FAULTS[name];
    const present = faults.includes(name);
    const action = present ? 'clearance' : 'occurrence';
    const word = present ? 'Clear' : 'Raise';
    return html`<tr>
      <td><b>${title}</b><br /><span class="soft">${text}</span></td>
      <td>${stops ? 'Printing stops' : 'Printing continues'}</td>
      <td class="number">
        <form method="post" action="/service/${name}/${action}">
          <button aria-label="${word}: ${title}" ${!present && html`class="quiet"`}>${word}</button>
        </form>
      </td>
    </tr>`;
  };
  const body = html`${faults.map((name) => note(FAULTS[name].stops ? 'bad' : 'warn', `Now: ${FAULTS[name].title}.`))}
    <section class="card">
      <h2>Faults for a trial</h2>
      <p class="soft">
        A fault that is raised here appears on the device's display at once, until it is cleared here or there.
      </p>
      <table>
        <tbody>
          ${FAULT_NAMES.map(row)}
        </tbody>
      </table>
    </section>`;
  return sendPage(exchange, layout(exchange, { title: 'Service', body }));
}

/** `POST /service/:fault/occurrence` */
export async function raiseFault(exchange: Exchange): Promise<void> {
  await readForm(exchange);
  exchange.machine.raise(faultOf(exchange));
  redirect(exchange, '/service');
}

/** `POST /service/:fault/clearance` */
export async function clearFault(exchange: Exchange): Promise<void> {
  await readForm(exchange);
  exchange.machine.clear(faultOf(exchange));
  redirect(exchange, '/service');
}

function faultOf(exchange: Exchange): FaultName {
  const fault = FAULT_NAMES.find((name) => name === segmentOf(exchange, 'fault'));
  if (!fault) throw new BadRequest('There is no such fault.', 404);
  return fault;
}
