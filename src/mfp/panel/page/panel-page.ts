import { PRODUCT } from '../../identity';

/** `/`: the front of the operation panel. `/?at=device` says that it stands at the machine itself. */
export const PANEL_PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Operation panel</title>
<link rel="stylesheet" href="/panel.css">
<script src="/panel.js" defer></script>
</head>
<body>
<div id="front">
<main id="glass" aria-label="Display">
<div id="screen">
<header id="top"></header>
<div id="others" role="status"></div>
<div id="panes"></div>
<footer id="bar"></footer>
</div>
<div id="dialog"></div>
<button type="button" id="asleep" data-target="wake"><span>Touch to wake the display</span></button>
<div id="ring" aria-hidden="true"></div>
<div id="refused" role="alert"></div>
<div id="lost" role="alert">Connecting to the device ...</div>
</main>
<aside id="keys" aria-label="Keys of the device">
<div class="maker"><b>Platen</b> ${PRODUCT.replace('Platen ', '')}</div>
<div class="row">
<button type="button" data-key="sleep" class="small"><i class="led" id="led-sleep"></i>Energy<br>saver</button>
<button type="button" data-key="reset" class="small">Reset</button>
</div>
<div class="pad">
<button type="button" data-key="1">1</button><button type="button" data-key="2">2</button><button type="button" data-key="3">3</button>
<button type="button" data-key="4">4</button><button type="button" data-key="5">5</button><button type="button" data-key="6">6</button>
<button type="button" data-key="7">7</button><button type="button" data-key="8">8</button><button type="button" data-key="9">9</button>
<span></span><button type="button" data-key="0">0</button><button type="button" data-key="clear" class="clear" aria-label="Clear">C</button>
</div>
<div class="row">
<button type="button" data-key="stop" class="stop"><i class="led" id="led-stop"></i>Stop</button>
<button type="button" data-key="start" class="start"><i class="led" id="led-start"></i>Start</button>
</div>
</aside>
<button type="button" id="drawer" aria-expanded="false" aria-controls="keys">Keys</button>
</div>
<noscript>This display needs JavaScript.</noscript>
</body>
</html>
`;
