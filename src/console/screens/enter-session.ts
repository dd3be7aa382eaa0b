import type { BrowserSession } from '../../protocol/api';

/**
 * Lets a window or frame into a session's origin, which leads it on to its first page. The ticket travels as a form, so
 * that it is in no address.
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
