/** For a device's display of 800 x 480 and up, by touch: what is pressed is at least 56 px high. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --ground: #eef1f5; --card: #fff; --ink: #16202c; --soft: #4a5a6b; --line: #d3dae2; --focus: #0b57d0;
  --yes: #0f6b3a; --view: #1d4f91; --no: #fff; --no-ink: #8f1d1d; --no-line: #b93a3a;
  --live: #a33b00; --watch: #1d4f91; --bar: #0f6b3a; --bar-late: #b93a3a; --good: #0f6b3a; --bad: #a01c1c;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #10161d; --card: #1a232d; --ink: #eef3f8; --soft: #a9b8c7; --line: #34414f; --focus: #9cc4ff;
    --yes: #167a45; --view: #2b63ad; --no: #241a1c; --no-ink: #ffb4ab; --no-line: #d9655c;
    --live: #a8430a; --watch: #2b63ad; --bar: #45b97c; --bar-late: #ff8a80; --good: #6fd39c; --bad: #ffb4ab;
  }
}
* { box-sizing: border-box; margin: 0 }
[hidden] { display: none !important }
html { font: 18px/1.35 system-ui, "Noto Sans", "Noto Sans CJK JP", sans-serif; color: var(--ink); background: var(--ground) }
body { display: flex; flex-direction: column; height: 100vh; height: 100dvh; overflow: hidden }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%) }
button { font: inherit; color: inherit; cursor: pointer; touch-action: manipulation }
:focus-visible { outline: 4px solid var(--focus); outline-offset: 3px }
main:focus { outline: none }

header { display: flex; align-items: center; gap: 16px; flex: none; padding: 4px 20px; border-bottom: 1px solid var(--line); background: var(--card) }
h1 { font-size: 1.05rem; font-weight: 650; flex: 1 }
#channel { display: flex; align-items: center; gap: 8px; font-size: .9rem; color: var(--soft) }
#channel::before { content: ''; width: 11px; height: 11px; border-radius: 50%; background: var(--soft) }
#channel.online::before { background: var(--good) }
#channel.offline { color: var(--bad); font-weight: 600 }
#channel.offline::before { background: var(--bad) }
#language { min-height: 56px; min-width: 96px; border: 0; border-radius: 8px; background: none; font-weight: 600; color: var(--focus) }
#problem { padding: 10px 20px; background: var(--bad); color: var(--card); font-weight: 600 }
#maintenance { flex: none; padding: 6px 20px; background: var(--card); color: var(--soft); font-size: .85rem; overflow-wrap: anywhere; white-space: pre-line; max-height: 5em; overflow: hidden }

main { flex: 1; min-height: 0; overflow: auto; padding: 14px 20px }
#asking:not(:empty), #idle, #idle #past { height: 100%; min-height: 0 }
#idle { display: flex; flex-direction: column; gap: 14px }

.approval { display: flex; flex-direction: column; height: 100%; min-height: 316px; outline: none }
.approval h2 { font-size: 1.4rem; line-height: 1.25; overflow-wrap: anywhere }
.approval dl { display: grid; grid-template-columns: max-content 1fr; gap: 3px 20px; margin: 10px 0; flex: 1; min-height: 0; align-content: start }
.approval dt { color: var(--soft) }
.approval dd { font-weight: 600; overflow-wrap: anywhere }
.approval .why { max-height: 4.1em; overflow: auto }
.left { display: flex; align-items: baseline; gap: 10px; color: var(--soft); font-size: .95rem }
.left .countdown { font-size: 1.5rem; font-weight: 700; color: var(--ink); font-variant-numeric: tabular-nums }
.left .more { margin-left: auto; font-weight: 600 }
progress { width: 100%; height: 8px; margin: 2px 0 14px; appearance: none; border: 0; border-radius: 4px; overflow: hidden; background: var(--line) }
progress::-webkit-progress-bar { background: var(--line) }
progress::-webkit-progress-value { background: var(--bar) }
progress::-moz-progress-bar { background: var(--bar) }
progress.late::-webkit-progress-value { background: var(--bar-late) }
progress.late::-moz-progress-bar { background: var(--bar-late) }
.buttons { display: flex; gap: 16px; flex: none }
.buttons button { flex: 1 1 0; min-height: 96px; padding: 8px 12px; border: 2px solid transparent; border-radius: 12px; color: #fff }
.buttons button b { display: block; font-size: 1.6rem; line-height: 1.2 }
.buttons .yes { background: var(--yes) }
.buttons .view { background: var(--view) }
.buttons .no { background: var(--no); color: var(--no-ink); border-color: var(--no-line) }
.buttons button:active { filter: brightness(.88) }
.buttons button:disabled { cursor: default; filter: saturate(.6) }

.banner { display: flex; align-items: center; gap: 18px; padding: 12px 20px; background: var(--live); color: #fff }
.banner.looks { background: var(--watch) }
.banner .dot { flex: none; width: 16px; height: 16px; border-radius: 50%; background: #fff; animation: pulse 1.6s infinite }
@keyframes pulse { 50% { opacity: .35 } }
@media (prefers-reduced-motion: reduce) { .banner .dot { animation: none } }
.banner .words { flex: 1; min-width: 0; overflow-wrap: anywhere }
.banner .words b { display: block; font-size: 1.2rem; line-height: 1.2 }
.banner .draining { display: block; font-weight: 700 }
.banner .remaining { text-align: center; line-height: 1.15 }
.banner .remaining .countdown { display: block; font-size: 1.5rem; font-weight: 700; font-variant-numeric: tabular-nums }
.banner button { min-height: 72px; padding: 0 28px; border: 0; border-radius: 12px; background: #fff; color: #8f1d1d; font-size: 1.2rem; font-weight: 700 }
.banner button:focus-visible { outline-color: #fff }
.banner button:disabled { opacity: .65; cursor: default }

.state { display: flex; align-items: center; gap: 18px; flex: none; padding: 16px 20px; border-radius: 12px; background: var(--card); border: 1px solid var(--line) }
.state svg { width: 60px; height: 60px; flex: none; fill: none; stroke: var(--good); stroke-width: 3; stroke-linejoin: round; stroke-linecap: round }
.state.offline svg { stroke: var(--soft) }
.state h2 { font-size: 1.4rem; line-height: 1.25 }
.state p { color: var(--soft) }
#past { display: flex; flex-direction: column; flex: 1; min-height: 0 }
#past > h2 { font-size: 1rem; margin-bottom: 6px; color: var(--soft) }
#rows { flex: 1; min-height: 0; overflow: auto; border-radius: 12px; background: var(--card); border: 1px solid var(--line) }
#rows:focus-visible { outline-offset: -4px }
table { width: 100%; border-collapse: collapse; font-size: .85rem }
th { position: sticky; top: 0; background: var(--card); text-align: left; font-weight: 600; color: var(--soft); box-shadow: 0 1px var(--line) }
th, td { padding: 9px 12px; vertical-align: top }
td { border-top: 1px solid var(--line); overflow-wrap: break-word }
td:first-child, td:nth-child(4) { white-space: nowrap }
td small { display: block; font-size: inherit; color: var(--soft) }
.crowded .banner { padding-block: 6px }
.crowded .banner button { min-height: 60px }
.crowded #maintenance { display: none }
.crowded main { padding-block: 8px }
.crowded .approval { min-height: 0 }
.crowded .approval dl { margin-block: 4px; gap: 0 20px }
.crowded .buttons button { min-height: 76px }
.crowded progress { margin-bottom: 8px }
@media (min-width: 1100px) and (min-height: 640px) { html { font-size: 22px } }
@media (max-width: 620px) { .buttons { flex-direction: column } .buttons button { min-height: 76px } body { height: auto; overflow: visible } }
`;
