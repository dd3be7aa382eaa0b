import RFB from '@novnc/novnc';
import { byId } from '../elements';

/**
 * The screen of a VNC server, under the session's own origin. `?view-only` sends no keyboard or pointer events. The
 * clipboard is not shared in either direction.
 */
const scale = byId<HTMLInputElement>('scale');
const watch = byId<HTMLInputElement>('watch');
const keys = byId<HTMLButtonElement>('keys');
const login = byId<HTMLFormElement>('login');
const username = byId<HTMLInputElement>('username');
const password = byId<HTMLInputElement>('password');

const url = new URL('stream', location.href);
url.protocol = url.protocol.replace('http', 'ws');
const rfb = new RFB(byId('screen'), url.href, { wsProtocols: ['binary'], shared: true });
let connected = false;
let failure = '';

/** For the device to answer, also after a login. */
const ANSWER_MS = 15_000;
let waiting = 0;
function awaitAnswer(): void {
  waiting = window.setTimeout(() => {
    failure = 'the device does not answer';
    rfb.disconnect();
  }, ANSWER_MS);
}
const answered = (): void => window.clearTimeout(waiting);
awaitAnswer();

const showStatus = (text: string): void => {
  byId('state').textContent = text;
};

function applySettings(): void {
  rfb.scaleViewport = scale.checked;
  rfb.clipViewport = !scale.checked;
  rfb.viewOnly = watch.checked;
  keys.disabled = !connected || rfb.viewOnly;
}
if (new URLSearchParams(location.search).has('view-only')) {
  watch.checked = true;
  watch.disabled = true;
}
scale.addEventListener('change', applySettings);
watch.addEventListener('change', applySettings);
keys.addEventListener('click', () => rfb.sendCtrlAltDel());
applySettings();

rfb.addEventListener('connect', () => {
  answered();
  connected = true;
  applySettings();
  showStatus('Connected');
  rfb.focus();
});
rfb.addEventListener('desktopname', ({ detail }) => {
  document.title = detail.name;
});
rfb.addEventListener('securityfailure', ({ detail }) => {
  failure = detail.reason || 'the login was refused';
});
rfb.addEventListener('credentialsrequired', ({ detail }) => {
  answered();
  username.parentElement!.hidden = !detail.types.includes('username');
  login.hidden = false;
  showStatus('The device requires a login.');
});
login.addEventListener('submit', (event) => {
  event.preventDefault();
  login.hidden = true;
  awaitAnswer();
  rfb.sendCredentials({ username: username.value, password: password.value });
  login.reset();
});
rfb.addEventListener('disconnect', () => {
  answered();
  const wasConnected = connected;
  connected = false;
  applySettings();
  if (failure) return showStatus(`Not connected: ${failure}.`);
  showStatus(wasConnected ? 'The connection has ended.' : 'The device did not answer as a VNC server.');
  // once the session has ended, its origin answers 410 with the reason
  fetch(location.pathname, { redirect: 'error' }).then(
    ({ status }) => status === 410 && location.reload(),
    () => undefined,
  );
});
