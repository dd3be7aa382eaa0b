import { html, type Html } from '../html';
import { layout, note } from '../layout';
import { LANGUAGES, PAPER, settings } from '../../machine/memory';
import { type Exchange, queryOf, redirect, sendPage } from '../exchange';
import { checkForm, choiceField, type FormState, textField, toFields } from '../form';
import { readForm } from '../request-body';

/** `GET /settings` */
export function settingsPage(exchange: Exchange): Promise<void> {
  const values = toFields(exchange.machine.memory.settings);
  const saved = queryOf(exchange, 'done') === 'saved';
  return sendPage(
    exchange,
    view(exchange, { values, mistakes: {} }, saved && note('good', 'The settings have been saved.')),
  );
}

/** `POST /settings` */
export async function changeSettings(exchange: Exchange): Promise<void> {
  const values = await readForm(exchange);
  const checked = checkForm(settings, values);
  if (!checked.ok) {
    const message = note('bad', 'Nothing has been saved. Correct the marked fields.');
    return sendPage(exchange, view(exchange, { values, mistakes: checked.mistakes }, message), 400);
  }
  exchange.machine.memory.settings = checked.value;
  exchange.machine.changed();
  redirect(exchange, '/settings?done=saved');
}

function view(exchange: Exchange, form: FormState, message: Html | false): Html {
  const body = html`${message}
    <form method="post" action="/settings">
      <div class="pair">
        <section class="card">
          <h2>General</h2>
          ${textField(form, 'name', 'Device name')} ${textField(form, 'location', 'Location')}
          ${textField(form, 'contact', 'Contact')} ${choiceField(form, 'language', 'Language', LANGUAGES)}
        </section>
        <section class="card">
          <h2>Paper, energy and time</h2>
          ${choiceField(form, 'tray1', 'Tray 1', PAPER)} ${choiceField(form, 'tray2', 'Tray 2', PAPER)}
          ${textField(form, 'sleepMinutes', 'Minutes until sleep', 'number')}
          ${textField(form, 'timeServer', 'Time server')}
        </section>
      </div>
      <button>Save settings</button>
    </form>`;
  return layout(exchange, { title: 'Device settings', body });
}
