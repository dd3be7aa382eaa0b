import { html, type Html } from '../html';
import { ADMINISTRATOR } from '../../machine/identity';
import { layout, note } from '../layout';
import { queryOf, type Exchange, redirect, redirectAbsolute, sendPage } from '../exchange';
import { textField } from '../form';
import { readForm } from '../request-body';

/** `GET /login?next=/page` */
export function loginPage(exchange: Exchange): Promise<void> {
  return sendPage(exchange, view(exchange, ADMINISTRATOR.user, false));
}

/** `POST /login`: on success redirects with an absolute address, as many devices do. */
export async function login(exchange: Exchange): Promise<void> {
  const { user = '', password = '' } = await readForm(exchange);
  if (!exchange.logins.permits(user, password)) return sendPage(exchange, view(exchange, user, true), 403);
  exchange.logins.start(exchange.response);
  redirectAbsolute(exchange, nextOf(exchange));
}

/** `POST /logout` */
export async function logout(exchange: Exchange): Promise<void> {
  await readForm(exchange);
  exchange.logins.end(exchange.request, exchange.response);
  redirect(exchange, '/status');
}

/** A path of this device, never another site. */
function nextOf(exchange: Exchange): string {
  const next = queryOf(exchange, 'next');
  return /^\/[a-z][a-z0-9/-]*$/.test(next) ? next : '/status';
}

function view(exchange: Exchange, user: string, refused: boolean): Html {
  const form = { values: { user, password: '' }, mistakes: {} };
  const body = html`${refused && note('bad', 'User name or password is wrong.')}
    <section class="card">
      <form method="post" action="/login?next=${encodeURIComponent(nextOf(exchange))}">
        ${textField(form, 'user', 'User name')} ${textField(form, 'password', 'Password', 'password')}
        <button>Log in</button>
      </form>
    </section>
    <p class="soft">
      This device is a simulation. Log in as <code>${ADMINISTRATOR.user}</code> with
      <code>${ADMINISTRATOR.password}</code>.
    </p>`;
  return layout(exchange, { title: 'Administrator login', body });
}
