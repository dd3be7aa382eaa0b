/** `/panel.css`: a panel of 800 x 480 with keys beside it, made to fit the window by the script. */
export const PANEL_STYLE = `
:root { --ink: #1f2d3a; --soft: #566879; --line: #cbd6df; --blue: #1f6fb2; --deep: #17496f; --good: #1d7a48; --warn: #9a6108; --bad: #b8322f; }
* { box-sizing: border-box; margin: 0; }
[hidden] { display: none !important; }
html, body { height: 100%; overflow: hidden; }
body { background: #8d979f; color: var(--ink); font: 18px/1.25 system-ui, "Segoe UI", Roboto, Arial, sans-serif; }
button { font: inherit; color: inherit; cursor: pointer; touch-action: manipulation; -webkit-tap-highlight-color: transparent; }
button:focus-visible { outline: 4px solid #f2a900; outline-offset: 1px; }
#front { position: absolute; transform-origin: 0 0; display: flex; gap: 24px; width: 1096px; height: 560px; padding: 24px; border-radius: 22px; background: linear-gradient(#3b444c, #2a3138); box-shadow: 0 10px 30px #0006, inset 0 1px #ffffff30; }
#glass { position: relative; flex: none; width: 800px; height: 480px; align-self: center; overflow: hidden; border-radius: 6px; background: #05080b; box-shadow: 0 0 0 6px #11161a; user-select: none; }
#screen { display: flex; flex-direction: column; height: 100%; background: linear-gradient(#f4f7fa, #dde6ee); }

#top { display: flex; align-items: center; gap: 14px; flex: none; height: 60px; padding: 0 16px; background: var(--deep); color: #fff; }
#top > svg { width: 28px; height: 28px; }
#top h1 { font-size: 22px; font-weight: 600; white-space: nowrap; }
.home { display: flex; align-items: center; gap: 8px; height: 48px; padding: 0 16px 0 12px; margin-left: -8px; border: 1px solid #ffffff50; border-radius: 8px; background: #2a6391; font-weight: 600; }
.home svg { width: 24px; height: 24px; }
.message { margin-left: auto; padding: 8px 14px; border-radius: 6px; background: #fff; color: var(--ink); font-weight: 600; font-size: 17px; border-left: 8px solid var(--blue); }
.message.good { border-color: var(--good); }
.message.warn { border-color: #e09a1a; }
.message.bad { border-color: var(--bad); }

#others { flex: none; }
#others span { display: flex; align-items: center; justify-content: center; gap: 8px; height: 28px; background: #ffe08a; color: #4a3500; font-size: 16px; font-weight: 600; }
#others svg { width: 20px; height: 20px; }
#panes { display: flex; flex: 1; gap: 14px; min-height: 0; padding: 12px 16px; }
.pane { display: flex; flex-direction: column; flex: 1 1 0; gap: 10px; min-width: 0; min-height: 0; }

#bar { display: flex; align-items: center; gap: 12px; flex: none; height: 52px; padding: 0 16px; background: #fff; border-top: 1px solid var(--line); }
.lamp { flex: none; width: 16px; height: 16px; border-radius: 50%; background: var(--good); }
.lamp.warn { background: #e8a317; }
.lamp.printing { background: var(--blue); }
.lamp.stopped { background: var(--bad); }
.state { flex: 1; min-width: 0; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.alerts { display: flex; align-items: center; gap: 8px; height: 44px; padding: 0 14px; border: 0; border-radius: 8px; background: var(--bad); color: #fff; font-weight: 600; }
.alerts svg { width: 22px; height: 22px; }
.toners { display: flex; gap: 5px; }
.toners .level { display: flex; align-items: flex-end; width: 12px; height: 34px; }
.level { display: block; height: 18px; overflow: hidden; border-radius: 3px; background: #d5dee5; }
.level i { display: block; width: 100%; height: 100%; }

.tiles { display: grid; grid-template-columns: repeat(4, 1fr); grid-template-rows: 1fr 1fr; gap: 12px; height: 100%; }
.tile { position: relative; display: flex; flex-direction: column; align-items: center; justify-content: center; gap: 10px; border: 1px solid #c3d0da; border-bottom-width: 3px; border-radius: 12px; background: #fff; font-weight: 600; font-size: 19px; }
.tile svg { width: 64px; height: 64px; }
.tile .note { position: absolute; top: 8px; right: 8px; padding: 2px 10px; border-radius: 12px; background: #ffe08a; color: #4a3500; font-size: 15px; }
button:active:not(:disabled) { filter: brightness(.9); }
button:disabled { opacity: .4; cursor: default; }

section h2 { margin-bottom: 6px; color: var(--soft); font-size: 16px; font-weight: 600; }
.options { display: grid; grid-template-columns: 1fr 1fr; gap: 10px; }
.option { position: relative; display: flex; flex-direction: column; align-items: center; justify-content: center; gap: 4px; height: 112px; border: 2px solid #c3d0da; border-radius: 10px; background: #fff; font-weight: 600; font-size: 17px; }
.option svg { width: 36px; height: 36px; }
.option .note { color: var(--soft); font-weight: 400; }
[aria-pressed=true] { border-color: var(--blue) !important; background: #dcebf8 !important; box-shadow: inset 0 0 0 2px var(--blue); }
.value { display: flex; align-items: center; justify-content: space-between; gap: 10px; flex: none; height: 62px; padding: 0 16px; border: 1px solid var(--line); border-radius: 8px; background: #fff; }
.value span { color: var(--soft); font-weight: 600; }
.value output { font-size: 38px; font-weight: 700; font-variant-numeric: tabular-nums; white-space: nowrap; }
.value output.long { font-size: 20px; overflow-wrap: anywhere; white-space: normal; text-align: right; }
.keypad { display: grid; grid-template-columns: repeat(3, 1fr); grid-auto-rows: 1fr; gap: 8px; flex: 1; min-height: 0; }
.digit { border: 1px solid #b7c5d0; border-bottom-width: 3px; border-radius: 8px; background: #fff; font-size: 24px; font-weight: 600; }
.digit.clear { background: #fff1cc; }
.actions { display: flex; flex-direction: column; justify-content: flex-end; gap: 10px; height: 100%; }
.action { display: flex; flex-direction: column; align-items: center; justify-content: center; gap: 8px; min-height: 64px; padding: 10px 16px; border: 1px solid #b7c5d0; border-bottom-width: 3px; border-radius: 10px; background: #fff; font-weight: 700; }
.action svg { width: 44px; height: 44px; }
.action.start { flex: 1; max-height: 100%; border-color: #125c34; background: linear-gradient(#26915a, #1a7445); color: #fff; font-size: 22px; }
.action.start svg { width: 64px; height: 64px; }
.action.primary { border-color: var(--deep); background: var(--blue); color: #fff; }
.action.danger { min-height: 120px; border-color: #8d2320; background: var(--bad); color: #fff; }

.list { display: flex; gap: 10px; height: 100%; min-height: 0; }
.rows { display: flex; flex: 1; flex-direction: column; gap: 6px; min-width: 0; }
.rows p, .text { padding: 20px; color: var(--soft); }
.item { display: flex; flex: 0 1 60px; flex-direction: column; justify-content: center; min-height: 0; padding: 0 14px; overflow: hidden; border: 1px solid var(--line); border-radius: 8px; background: #fff; text-align: left; }
.item b, .item span { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; line-height: 1.2; }
.item span { color: var(--soft); font-size: 15px; }
div.item { border-left-width: 8px; }
.item.good { border-left-color: var(--good); }
.item.warn { border-left-color: #e09a1a; }
.item.bad { border-left-color: var(--bad); }
.pager { display: flex; flex-direction: column; justify-content: space-between; align-items: center; width: 72px; font-weight: 600; }
.step { display: grid; place-items: center; width: 72px; height: 72px; border: 1px solid #b7c5d0; border-bottom-width: 3px; border-radius: 10px; background: #fff; color: var(--deep); }
.step svg { width: 30px; height: 30px; }
.steps { display: flex; align-items: center; gap: 12px; padding: 10px; border: 1px solid var(--line); border-radius: 10px; background: #fff; }
.steps output { flex: 1; text-align: center; font-size: 24px; font-weight: 700; }
.stepper + .stepper { margin-top: 8px; }
.levels { display: flex; flex-direction: column; justify-content: space-evenly; height: 100%; padding: 4px 16px; border: 1px solid var(--line); border-radius: 10px; background: #fff; }
.levels > div { display: grid; grid-template-columns: 140px 1fr 58px; gap: 12px; align-items: center; }
.levels b { text-align: right; font-variant-numeric: tabular-nums; }
.levels .low b { color: var(--bad); }
.facts { height: 100%; padding: 12px 16px; overflow: hidden; border: 1px solid var(--line); border-radius: 10px; background: #fff; }
.facts h2 { color: var(--ink); font-size: 18px; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 6px 12px; font-size: 16px; }
dt { color: var(--soft); }
dd { overflow-wrap: anywhere; font-weight: 600; }

#dialog { position: absolute; inset: 0; display: grid; place-items: center; background: #1f2d3ab0; }
.box { width: 620px; overflow: hidden; border-radius: 12px; background: #fff; box-shadow: 0 10px 40px #0008; }
.box h1 { display: flex; align-items: center; gap: 12px; padding: 14px 20px; background: var(--bad); color: #fff; font-size: 24px; }
.box.warn h1 { background: #f2b632; color: #3d2b00; }
.box h1 svg { width: 34px; height: 34px; }
.box > p { padding: 14px 20px 0; font-size: 20px; font-weight: 600; }
.box ol { padding: 10px 20px 0 46px; font-size: 19px; line-height: 1.45; }
.answers { display: grid; grid-template-columns: 1fr 1fr; gap: 14px; padding: 18px 20px; }
#asleep { position: absolute; inset: 0; width: 100%; border: 0; background: #05080b; color: #5d6f7e; }
#glass[data-brightness='1'] #screen { filter: brightness(.5); }
#glass[data-brightness='2'] #screen { filter: brightness(.68); }
#glass[data-brightness='3'] #screen { filter: brightness(.85); }
#glass[data-brightness='5'] #screen { filter: brightness(1.06); }

.touched { box-shadow: 0 0 0 5px #e0451f !important; }
#ring { position: absolute; width: 84px; height: 84px; margin: -42px; border: 6px solid #e0451f; border-radius: 50%; opacity: 0; pointer-events: none; }
#ring.on { animation: ring .9s ease-out; }
@keyframes ring { from { opacity: 1; transform: scale(.35); } 60% { opacity: .9; } to { opacity: 0; transform: scale(1.1); } }
#refused { position: absolute; left: 50%; top: 190px; padding: 18px 26px; border-radius: 10px; background: #14202be8; color: #fff; font-size: 20px; font-weight: 600; transform: translateX(-50%); white-space: nowrap; visibility: hidden; }
#refused.on { visibility: visible; }
#lost { position: absolute; inset: auto 0 0; padding: 14px; background: var(--bad); color: #fff; font-weight: 600; text-align: center; }
.looking #glass { cursor: not-allowed; }
.looking #glass button { cursor: not-allowed; }
.looking #keys { opacity: .45; }
.looking #top::after { content: "View only"; margin-left: auto; padding: 5px 12px; border: 1px solid #fff8; border-radius: 14px; font-size: 15px; font-weight: 600; white-space: nowrap; }
.looking .message { margin-right: -6px; }

#keys { display: flex; flex-direction: column; justify-content: space-between; flex: 1; color: #e6ebef; }
.maker { color: #aab6bf; font-size: 13px; }
.maker b { color: #fff; font-size: 18px; letter-spacing: 1px; margin-right: 6px; }
#keys .row { display: flex; justify-content: space-between; gap: 12px; }
#keys button { position: relative; border: 1px solid #14191d; border-radius: 12px; background: linear-gradient(#5a656e, #454f57); color: #fff; font-weight: 600; box-shadow: 0 3px #1a2025, inset 0 1px #ffffff30; }
#keys .small { flex: 1; height: 56px; padding-top: 8px; font-size: 15px; line-height: 1.1; }
.pad { display: grid; grid-template-columns: repeat(3, 1fr); gap: 10px; }
.pad button { height: 54px; font-size: 24px; }
#keys .clear { background: linear-gradient(#8a7434, #6d5a22); }
#keys .stop, #keys .start { flex: 1; height: 88px; border-radius: 44px; font-size: 19px; }
#keys .stop { background: linear-gradient(#a23531, #7f2320); }
#keys .start { background: linear-gradient(#2a8a57, #1a6a3f); }
.led { position: absolute; top: 6px; left: 50%; width: 18px; height: 4px; margin-left: -9px; border-radius: 2px; background: #0006; }
.led.on { background: #9dffb5; box-shadow: 0 0 8px #6dff92; }
#led-stop.on { background: #ffd0a0; box-shadow: 0 0 8px #ffa95c; }

#drawer { display: none; }
.small #front { width: 800px; height: 480px; padding: 0; border-radius: 0; box-shadow: none; }
.small #glass { border-radius: 0; box-shadow: none; }
.small #keys { position: absolute; top: 0; right: 0; bottom: 0; width: 250px; padding: 10px 18px 62px; background: #333c44; box-shadow: -6px 0 20px #0008; transform: translateX(250px); visibility: hidden; transition: transform .15s; }
.small.drawn #keys { transform: none; visibility: visible; }
.small #keys .stop, .small #keys .start { height: 64px; }
.small .maker b { display: none; }
.small #bar { padding-right: 94px; }
.small #drawer { display: block; position: absolute; right: 0; bottom: 0; width: 80px; height: 52px; border: 0; border-radius: 10px 0 0; background: #333c44; color: #fff; font-size: 17px; font-weight: 600; }
.tall #front { flex-direction: column; width: 848px; height: 1010px; }
.tall #keys { width: 460px; align-self: center; }
@media (prefers-reduced-motion: reduce) { #ring.on { animation: none; opacity: 1; } .small #keys { transition: none; } }
`;
