import { z } from 'zod';
import { html, type Html } from '../html';
import { hasPage, layout, note } from '../layout';
import { MachineRefusal } from '../../machine/machine.errors';
import { type Exchange, queryOf, redirect, sendPage } from '../exchange';
import { checkForm, choiceField, type FormState, textField } from '../form';
import { readForm } from '../request-body';

const printForm = z.object({
  title: z.string().trim().min(1, 'must not be empty').max(80, 'must have at most 80 characters'),
  pages: z.coerce
    .number('must be a number')
    .int('must be a whole number')
    .min(1, 'must be at least 1')
    .max(500, 'must be at most 500'),
  colour: z.enum(['Colour', 'Black and white'], 'must be one of the two'),
});
const EMPTY: FormState = { values: { title: 'Test page', pages: '3', colour: 'Colour' }, mistakes: {} };

/** `GET /status`: the state of the machine, and a form to print a test job. */
export function statusPage(exchange: Exchange): Promise<void> {
  const asked = queryOf(exchange, 'done');
  const message =
    (asked === 'printed' && note('good', 'The job has been accepted.')) ||
    (asked === 'cancelled' && note('plain', 'The job has been cancelled.'));
  return sendPage(exchange, view(exchange, EMPTY, message || undefined));
}

/** `POST /print` */
export async function print(exchange: Exchange): Promise<void> {
  const values = await readForm(exchange);
  const checked = checkForm(printForm, values);
  if (!checked.ok) return sendPage(exchange, view(exchange, { values, mistakes: checked.mistakes }), 400);
  const { title, pages, colour } = checked.value;
  try {
    exchange.machine.print(title, 'panel', pages, colour === 'Colour');
  } catch (error) {
    if (!(error instanceof MachineRefusal)) throw error;
    return sendPage(exchange, view(exchange, { values, mistakes: {} }, note('bad', error.message)), 409);
  }
  redirect(exchange, '/status?done=printed');
}

/** `POST /cancel` */
export async function cancel(exchange: Exchange): Promise<void> {
  await readForm(exchange);
  redirect(exchange, exchange.machine.cancel() ? '/status?done=cancelled' : '/status');
}

function view(exchange: Exchange, form: FormState, message?: Html): Html {
  const { identity, memory, status } = exchange.machine;
  const body = html`${message} ${status.warnings.map((text) => note('warn', text))}
    <section class="card">
      <div class="state">
        <span class="lamp ${status.state}"></span><span data-live="message">${status.message}</span>
      </div>
      <div class="soft">
        <span data-live="jobsWaiting">${status.jobsWaiting}</span> jobs waiting &middot;
        <span data-live="pagesTotal">${status.pagesTotal.toLocaleString('en')}</span> pages printed in total &middot;
        <span data-how>As of loading this page</span>
      </div>
    </section>
    <div class="pair">
      <section class="card">
        <h2>Device</h2>
        <table>
          <tbody>
            <tr>
              <th>Model</th>
              <td>${identity.product}</td>
            </tr>
            <tr>
              <th>Serial number</th>
              <td>${identity.serialNumber}</td>
            </tr>
            <tr>
              <th>Firmware</th>
              <td>${memory.firmware}</td>
            </tr>
            <tr>
              <th>Location</th>
              <td>${memory.settings.location}</td>
            </tr>
            <tr>
              <th>Contact</th>
              <td>${memory.settings.contact}</td>
            </tr>
            <tr>
              <th>Paper</th>
              <td>Tray 1 ${memory.settings.tray1}, tray 2 ${memory.settings.tray2}</td>
            </tr>
          </tbody>
        </table>
      </section>
      ${
        hasPage(identity.kind, '/print') &&
        html`<section class="card">
          <h2>Print a test job</h2>
          <form method="post" action="/print">
            ${textField(form, 'title', 'Title')} ${textField(form, 'pages', 'Pages', 'number')}
            ${choiceField(form, 'colour', 'Colour', printForm.shape.colour.options)}
            <button>Print</button>
          </form>
        </section>`
      }
    </div>
    ${
      status.job &&
      html`<section class="card">
        <h2>Job ${status.job.id}</h2>
        <div class="row">
          <div class="grow">${status.job.title}, ${status.job.pages} pages</div>
          <form method="post" action="/cancel"><button class="quiet">Cancel job</button></form>
        </div>
      </section>`
    }`;
  return layout(exchange, { title: 'Status', body, follow: 'socket' });
}
