import { MESSAGES, type Language } from './messages';

/** The panel's page; its words are filled in by the script, in the language that the person chose last. */
export const pageIn = (language: Language): string => `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${MESSAGES[language].title}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/panel.css">
<script src="/panel.js" defer></script>
</head>
<body>
<header>
<h1 id="title">${MESSAGES[language].title}</h1>
<p id="channel" class="connecting">${MESSAGES[language].connecting}</p>
<button id="language" type="button"></button>
</header>
<p id="announcement" class="unseen" aria-live="assertive"></p>
<p id="problem" role="alert" hidden></p>
<section id="live"></section>
<p id="maintenance" role="status" hidden></p>
<main id="main" tabindex="-1">
<div id="asking"></div>
<div id="idle" hidden>
<section class="state">
<svg viewBox="0 0 48 48" aria-hidden="true"><path d="M24 4 8 10v12c0 10 6.500 18.500 16 22 9.500-3.500 16-12 16-22V10z"/><path class="mark" d="m16 24 6 6 11-12"/></svg>
<div><h2 id="state"></h2><p id="hint"></p></div>
</section>
<section id="past">
<h2 id="history"></h2>
<p id="none" hidden></p>
<div id="rows" tabindex="0" role="region" aria-labelledby="history"><table><thead><tr></tr></thead><tbody></tbody></table></div>
</section>
</div>
</main>
<noscript>This panel needs JavaScript.</noscript>
</body>
</html>
`;
