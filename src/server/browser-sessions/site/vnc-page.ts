import { PATHS } from './own-paths';

/** The screen of a VNC server in the browser: the page of PATHS.vnc. `?view-only` sends no key and no pointer. */
export const VNC_STYLE = `
html,body{margin:0;height:100%;background:#22272e;color:#e6e9ee;font:14px system-ui,sans-serif}
body{display:flex;flex-direction:column}
header{display:flex;gap:1rem;align-items:center;padding:.4rem .8rem;background:#14181d}
header output{flex:1}
button{font:inherit;padding:.3rem .8rem}
#screen{flex:1;min-height:0}
form{display:flex;gap:.5rem}[hidden]{display:none}
`;

export const VNC_PAGE = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Remote panel</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${PATHS.vnc}.css">
<header>
  <output id="state" role="status">Connecting ...</output>
  <form id="login" hidden>
    <label>User <input name="username" autocomplete="off"></label>
    <label>Password <input name="password" type="password" autocomplete="off"></label>
    <button>Log in</button>
  </form>
  <label><input type="checkbox" id="scale" checked> Fit to window</label>
  <label><input type="checkbox" id="watch"> View only</label>
  <button type="button" id="keys" disabled>Ctrl-Alt-Del</button>
</header>
<div id="screen"></div>
<script type="module" src="${PATHS.vnc}.js"></script>
</html>
`;

/** Runs in the browser. The clipboard is not shared: neither what is copied here nor there crosses. */
export const VNC_SCRIPT = `
import RFB from '${PATHS.noVnc}core/rfb.js';

const at = (id) => document.getElementById(id);
const say = (text) => { at('state').textContent = text; };
const url = new URL('${PATHS.stream}', location.href);
url.protocol = url.protocol.replace('http', 'ws');
url.search = '';

const rfb = new RFB(at('screen'), url.href, { wsProtocols: ['binary'], shared: true });
let connected = false;
let failure = '';

const settle = () => {
  rfb.scaleViewport = at('scale').checked;
  rfb.clipViewport = !at('scale').checked;
  rfb.viewOnly = at('watch').checked;
  at('keys').disabled = !connected || rfb.viewOnly;
};
if (new URLSearchParams(location.search).has('view-only')) {
  at('watch').checked = true;
  at('watch').disabled = true;
}
at('scale').addEventListener('change', settle);
at('watch').addEventListener('change', settle);
at('keys').addEventListener('click', () => rfb.sendCtrlAltDel());
settle();

rfb.addEventListener('connect', () => { connected = true; settle(); say('Connected'); rfb.focus(); });
rfb.addEventListener('desktopname', (event) => { document.title = event.detail.name; });
rfb.addEventListener('securityfailure', (event) => { failure = event.detail.reason || 'the login was refused'; });
rfb.addEventListener('credentialsrequired', (event) => {
  const form = at('login');
  form.username.parentElement.hidden = !event.detail.types.includes('username');
  form.hidden = false;
  say('The device asks for a login.');
  form.onsubmit = () => {
    form.hidden = true;
    rfb.sendCredentials({ username: form.username.value, password: form.password.value });
    form.reset();
    return false;
  };
});
rfb.addEventListener('disconnect', () => {
  const was = connected;
  connected = false;
  settle();
  if (failure) return say('Not connected: ' + failure + '.');
  say(was ? 'The connection has ended.' : 'The device did not answer as a VNC server.');
  // where the session is over, its origin says so and why
  fetch('${PATHS.vnc}', { redirect: 'error' }).then((answer) => answer.status === 410 && location.reload(), () => undefined);
});
`;
