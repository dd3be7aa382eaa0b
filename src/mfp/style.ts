/** The one style sheet, `/assets/style.css`. */
export const STYLE = `
:root {
  --ink: #22303c; --soft: #5d6f7e; --line: #d9e1e7; --paper: #fff; --ground: #eef2f5;
  --blue: #1f6fb2; --deep: #17496f; --good: #2c8a57; --warn: #b9770e; --bad: #b8322f;
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 15px/1.5 system-ui, "Segoe UI", Roboto, Arial, sans-serif; }
a { color: var(--blue); }
header { display: flex; align-items: center; gap: 16px; padding: 12px 20px; background: var(--deep); color: #fff; }
header .mark { width: 34px; height: 34px; flex: none; }
header .product { font-weight: 600; font-size: 17px; line-height: 1.2; }
header .name { color: #bcd3e4; font-size: 13px; }
header .who { margin-left: auto; display: flex; align-items: center; gap: 12px; font-size: 14px; }
header .who a { color: #fff; }
header form { margin: 0; }
.frame { display: flex; align-items: flex-start; max-width: 1120px; margin: 0 auto; gap: 20px; padding: 20px; }
nav { flex: none; width: 200px; background: var(--paper); border: 1px solid var(--line); border-radius: 6px; overflow: hidden; }
nav a { display: block; padding: 10px 16px; color: var(--ink); text-decoration: none; border-left: 3px solid transparent; }
nav a:hover { background: var(--ground); }
nav a[aria-current] { border-left-color: var(--blue); background: #e6eff7; color: var(--deep); font-weight: 600; }
main { flex: 1; min-width: 0; }
h1 { margin: 0 0 14px; font-size: 22px; font-weight: 600; }
h2 { margin: 0 0 10px; font-size: 16px; font-weight: 600; }
.card { background: var(--paper); border: 1px solid var(--line); border-radius: 6px; padding: 16px 18px; margin-bottom: 16px; }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(260px, 1fr)); gap: 16px; }
.pair .card { margin-bottom: 0; }
.pair { margin-bottom: 16px; }
.scroll { overflow-x: auto; }
.scroll td { white-space: nowrap; }
.scroll .number { padding-right: 24px; }
table { width: 100%; border-collapse: collapse; }
th, td { padding: 7px 10px 7px 0; text-align: left; border-bottom: 1px solid var(--line); vertical-align: top; }
tr:last-child > * { border-bottom: 0; }
thead th { color: var(--soft); font-size: 13px; font-weight: 600; white-space: nowrap; }
tbody th { width: 40%; color: var(--soft); font-weight: 400; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.lamp { display: inline-block; width: 11px; height: 11px; border-radius: 50%; background: var(--good); margin-right: 8px; }
.lamp.printing { background: var(--blue); }
.lamp.stopped { background: var(--bad); }
.state { font-size: 18px; font-weight: 600; }
td form { margin: 0; }
.soft { color: var(--soft); }
.bar { display: block; width: 100%; height: 14px; border-radius: 3px; background: #e3e9ee; }
.supply { display: grid; grid-template-columns: 150px 1fr 52px 100px; gap: 14px; align-items: center; padding: 9px 0; border-bottom: 1px solid var(--line); }
.supply:last-child { border-bottom: 0; }
.supply form { margin: 0; text-align: right; }
.note { border-left: 4px solid var(--blue); background: #e8f1f9; padding: 9px 14px; border-radius: 3px; margin-bottom: 16px; }
.note.good { border-color: var(--good); background: #e7f4ec; }
.note.warn { border-color: var(--warn); background: #fbf2df; }
.note.bad { border-color: var(--bad); background: #fae9e8; }
.field { margin-bottom: 13px; max-width: 460px; }
label { display: block; margin-bottom: 3px; font-weight: 600; font-size: 14px; }
label.check { font-weight: 400; }
input:not([type=checkbox]), select { width: 100%; padding: 7px 9px; font: inherit; color: inherit; background: #fff; border: 1px solid #b6c3cd; border-radius: 4px; }
input:focus, select:focus, button:focus-visible { outline: 2px solid #8bbbe0; outline-offset: 1px; }
.wrong input, .wrong select { border-color: var(--bad); }
.mistake { color: var(--bad); font-size: 13px; margin-top: 3px; }
button, .button { display: inline-block; padding: 7px 15px; font: inherit; font-weight: 600; color: #fff; background: var(--blue); border: 1px solid var(--blue); border-radius: 4px; cursor: pointer; text-decoration: none; }
button:hover, .button:hover { background: var(--deep); }
button.quiet, .button.quiet { color: var(--deep); background: #fff; border-color: #b6c3cd; font-weight: 400; }
button.quiet:hover, .button.quiet:hover { background: var(--ground); }
.row { display: flex; flex-wrap: wrap; gap: 10px; align-items: end; }
.row .field { margin: 0; flex: 1 1 130px; }
.row form { margin: 0; }
.grow { flex: 1; }
code { font: 13px ui-monospace, Menlo, Consolas, monospace; overflow-wrap: anywhere; }
footer { max-width: 1120px; margin: 0 auto; padding: 0 20px 24px; color: var(--soft); font-size: 13px; }
@media (max-width: 720px) {
  header { flex-wrap: wrap; padding: 10px 14px; gap: 10px; }
  .frame { display: block; padding: 12px; }
  nav { width: auto; display: flex; flex-wrap: wrap; margin-bottom: 12px; }
  nav a { padding: 7px 12px; white-space: nowrap; border-left: 0; border-bottom: 3px solid transparent; }
  nav a[aria-current] { border-bottom-color: var(--blue); }
  .supply { grid-template-columns: 1fr 48px; }
  .supply .bar { grid-column: 1 / -1; grid-row: 2; }
  .supply form { grid-column: 1 / -1; text-align: left; }
  footer { padding: 0 12px 20px; }
}
`;

/** `/assets/live.js`: keeps state and supplies on the page up to date, by WebSocket or, on the supplies page, by events. */
export const SCRIPT = `
'use strict';
const show = (status) => {
  for (const element of document.querySelectorAll('[data-live]')) {
    const value = element.dataset.live.split('.').reduce((part, key) => part && part[key], { ...status, level: levels(status) });
    if (value !== undefined && value !== null) element.textContent = typeof value === 'number' ? value.toLocaleString('en') : value;
  }
  for (const lamp of document.querySelectorAll('.lamp')) lamp.className = 'lamp ' + status.state;
  for (const bar of document.querySelectorAll('[data-bar]')) bar.setAttribute('width', levels(status)[bar.dataset.bar] + '%');
};
const levels = (status) => Object.fromEntries(status.supplies.map((supply) => [supply.id, supply.level]));
const mode = document.body.dataset.follow;
const how = document.querySelector('[data-how]');
const say = (text) => { if (how) how.textContent = text; };
if (mode === 'events') {
  const source = new EventSource('/events');
  source.addEventListener('status', (event) => { show(JSON.parse(event.data)); say('Live (event stream)'); });
  source.onerror = () => say('Live display interrupted');
}
if (mode === 'socket') {
  let wait = 1000;
  const follow = () => {
    const socket = new WebSocket((location.protocol === 'https:' ? 'wss://' : 'ws://') + location.host + '/ws/status');
    socket.onmessage = (event) => { wait = 1000; show(JSON.parse(event.data)); say('Live (WebSocket)'); };
    socket.onclose = () => {
      say('Live display interrupted');
      setTimeout(follow, wait * (0.5 + Math.random()));
      wait = Math.min(wait * 2, 30000);
    };
  };
  follow();
}
`;
