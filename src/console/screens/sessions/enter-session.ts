import type { BrowserSession } from '../../../protocol/api';

/**
 * Opens a session's origin in a window or frame. The entry ticket is sent in a form, to keep it out of URLs.
 * @param target name of the window or frame
 */
export function enter({ enterUrl, ticket }: BrowserSession, target: string): void {
  const form = document.createElement('form');
  form.method = 'post';
  form.action = enterUrl;
  form.target = target;
  form.hidden = true;
  const field = document.createElement('input');
  field.type = 'hidden';
  field.name = 'ticket';
  field.value = ticket;
  form.append(field);
  document.body.append(form);
  form.submit();
  form.remove();
}
