import { html } from '../html';
import { layout, note } from '../layout';
import type { Supply } from '../../machine/memory';
import { queryOf, type Exchange, redirect, segmentOf, sendPage } from '../exchange';
import { readForm } from '../request-body';
import { BadRequest } from '../web.errors';

/** `GET /supplies` */
export function suppliesPage(exchange: Exchange): Promise<void> {
  const { machine, administrator } = exchange;
  const body = html`${queryOf(exchange, 'done') === 'replaced' && note('good', 'The supply has been replaced.')}
    ${machine.status.warnings.map((text) => note('warn', text))}
    <section class="card">${machine.memory.supplies.map((supply) => supplyRow(supply, administrator))}</section>
    <p class="soft">
      <span data-how>As of loading this page</span>.
      ${!administrator && html`Log in as administrator to replace a supply.`}
    </p>`;
  return sendPage(exchange, layout(exchange, { title: 'Supplies', body, follow: 'events' }));
}

/** `POST /supplies/:id/replacement` */
export async function replaceSupply(exchange: Exchange): Promise<void> {
  await readForm(exchange);
  if (!exchange.machine.replaceSupply(segmentOf(exchange, 'id'))) throw new BadRequest('There is no such supply.', 404);
  redirect(exchange, '/supplies?done=replaced');
}

function supplyRow({ id, name, kind, colour, level }: Supply, administrator: boolean) {
  const percent = Math.ceil(level);
  return html`<div class="supply">
    <div>${name}${kind === 'waste' && html` <span class="soft">(room left)</span>`}</div>
    <svg class="bar" role="img" aria-label="${name}: ${percent} per cent">
      <rect data-bar="${id}" width="${percent}%" height="100%" fill="${colour}" />
    </svg>
    <div class="number"><span data-live="level.${id}">${percent}</span> %</div>
    ${
      administrator &&
      html`<form method="post" action="/supplies/${id}/replacement"><button class="quiet">Replace</button></form>`
    }
  </div>`;
}
