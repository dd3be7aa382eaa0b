import { addAddress, changeAddress, deleteAddress, findAddress } from '../../machine/address-book';
import { html, type Html } from '../html';
import { layout, note } from '../layout';
import { MachineRefusal } from '../../machine/machine.errors';
import { addressEntry, type Address } from '../../machine/memory';
import { segmentOf, queryOf, type Exchange, redirect, sendPage } from '../exchange';
import { checkForm, type FormState, textField, toFields } from '../form';
import { readForm } from '../request-body';
import { BadRequest } from '../web.errors';

const DONE: Record<string, string> = {
  added: 'The entry has been added.',
  changed: 'The entry has been changed.',
  deleted: 'The entry has been deleted.',
};

/** `GET /address-book` */
export function addressBookPage(exchange: Exchange): Promise<void> {
  return sendPage(exchange, list(exchange, { values: {}, mistakes: {} }));
}

/** `POST /address-book` */
export async function addEntry(exchange: Exchange): Promise<void> {
  const values = await readForm(exchange);
  const checked = checkForm(addressEntry, values);
  if (!checked.ok) return sendPage(exchange, list(exchange, { values, mistakes: checked.mistakes }), 400);
  try {
    addAddress(exchange.machine, checked.value);
  } catch (error) {
    if (!(error instanceof MachineRefusal)) throw error;
    return sendPage(exchange, list(exchange, { values, mistakes: {} }, note('bad', error.message)), 409);
  }
  redirect(exchange, '/address-book?done=added');
}

/** `GET /address-book/:id` */
export function entryPage(exchange: Exchange): Promise<void> {
  const address = addressOf(exchange);
  return sendPage(exchange, entry(exchange, address, { values: toFields(address), mistakes: {} }));
}

/** `POST /address-book/:id` */
export async function changeEntry(exchange: Exchange): Promise<void> {
  const address = addressOf(exchange);
  const values = await readForm(exchange);
  const checked = checkForm(addressEntry, values);
  if (!checked.ok) return sendPage(exchange, entry(exchange, address, { values, mistakes: checked.mistakes }), 400);
  changeAddress(exchange.machine, address, checked.value);
  redirect(exchange, '/address-book?done=changed');
}

/** `POST /address-book/:id/deletion` */
export async function deleteEntry(exchange: Exchange): Promise<void> {
  const address = addressOf(exchange);
  await readForm(exchange);
  deleteAddress(exchange.machine, address);
  redirect(exchange, '/address-book?done=deleted');
}

function addressOf(exchange: Exchange): Address {
  const address = findAddress(exchange.machine, Number(segmentOf(exchange, 'id')));
  if (!address) throw new BadRequest('There is no such entry in the address book.', 404);
  return address;
}

function list(exchange: Exchange, form: FormState, message?: Html): Html {
  const { machine, administrator } = exchange;
  const done = DONE[queryOf(exchange, 'done')];
  const row = ({ id, name, email, fax }: Address) =>
    html`<tr>
      <td>${name}</td>
      <td>${email}</td>
      <td>${fax}</td>
      <td class="number">${administrator && html`<a href="/address-book/${id}">Edit</a>`}</td>
    </tr>`;
  const entries = html`<table>
    <thead>
      <tr>
        <th>Name</th>
        <th>E-mail</th>
        <th>Fax</th>
        <th></th>
      </tr>
    </thead>
    <tbody>
      ${machine.memory.addresses.map(row)}
    </tbody>
  </table>`;
  const body = html`${message} ${done && note('good', done)}
    <section class="card scroll">
      ${machine.memory.addresses.length > 0 ? entries : html`<p class="soft">There are no entries yet.</p>`}
    </section>
    ${
      administrator
        ? html`<section class="card">
            <h2>New entry</h2>
            <form method="post" action="/address-book">${entryFields(form)}<button>Add</button></form>
          </section>`
        : html`<p class="soft"><a href="/login?next=%2Faddress-book">Log in</a> as administrator to change entries.</p>`
    }`;
  return layout(exchange, { title: 'Address book', body });
}

function entry(exchange: Exchange, { id }: Address, form: FormState): Html {
  const body = html`<section class="card">
      <form method="post" action="/address-book/${id}">
        ${entryFields(form)}<button>Save</button> <a class="button quiet" href="/address-book">Back</a>
      </form>
    </section>
    <form method="post" action="/address-book/${id}/deletion"><button class="quiet">Delete this entry</button></form>`;
  return layout(exchange, { title: 'Address book entry', body });
}

const entryFields = (form: FormState): Html =>
  html`${textField(form, 'name', 'Name')} ${textField(form, 'email', 'E-mail', 'text')}
  ${textField(form, 'fax', 'Fax number')}`;
