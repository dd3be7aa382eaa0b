import type { Bar, Button, Dialog, Message, Pane, Picture, Row, Widget } from '../../protocol/simulated-mfp';
import { element } from '../elements';
import { ICONS } from './icons';

// Builds the elements of a picture. Elements with `data-target` can be touched.

const SVG = 'http://www.w3.org/2000/svg';
const ICON_ONLY = ['plus', 'minus', 'up', 'down'];
const DIGITS = ['1', '2', '3', '4', '5', '6', '7', '8', '9'];

export function icon(name: string): SVGElement {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('aria-hidden', 'true');
  for (const [colour, d] of ICONS[name] ?? []) {
    const path = document.createElementNS(SVG, 'path');
    path.setAttribute('d', d);
    path.setAttribute('fill', colour);
    svg.append(path);
  }
  return svg;
}

const ariaPressed = (pressed: boolean | undefined) => (pressed === undefined ? undefined : String(pressed));

function button({ target, label, icon: name, note, tone, pressed, disabled }: Button, kind: string): HTMLButtonElement {
  const labelled = name === undefined || !ICON_ONLY.includes(name);
  return element(
    'button',
    {
      type: 'button',
      'data-target': target,
      class: [kind, tone].filter(Boolean).join(' '),
      disabled,
      'aria-pressed': ariaPressed(pressed),
      'aria-label': labelled ? undefined : label,
    },
    name !== undefined && icon(name),
    labelled && element('span', { class: 'label' }, label),
    note !== undefined && element('span', { class: 'note' }, note),
  );
}

const buttons = (all: readonly Button[], kind: string): HTMLElement[] => all.map((each) => button(each, kind));

function level(percent: number, colour: string, side: 'width' | 'height' = 'width'): HTMLElement {
  const filled = element('i');
  filled.style[side] = `${percent}%`;
  filled.style.background = colour;
  return element('span', { class: 'level' }, filled);
}

const titled = (label: string, kind: string, ...children: Node[]): HTMLElement =>
  element('section', { class: kind, 'aria-label': label }, element('h2', {}, label), ...children);

function row({ target, text, detail, tone, pressed }: Row): HTMLElement {
  const attributes = { class: `item ${tone ?? 'plain'}`, 'aria-pressed': ariaPressed(pressed) };
  const children = [element('b', {}, text), element('span', {}, detail)];
  if (target === undefined) return element('div', attributes, ...children);
  return element('button', { type: 'button', 'data-target': target, ...attributes }, ...children);
}

const factElements = (facts: readonly (readonly [string, string])[]): HTMLElement[] =>
  facts.flatMap(([name, value]) => [element('dt', {}, name), element('dd', {}, value)]);

function widget(shown: Widget): HTMLElement {
  switch (shown.kind) {
    case 'tiles':
      return element('div', { class: 'tiles' }, ...buttons(shown.tiles, 'tile'));
    case 'value': {
      const output = element('output', { class: shown.value.length > 9 ? 'long' : '' }, shown.value || '–');
      return element('div', { class: 'value' }, element('span', {}, shown.label), output);
    }
    case 'choice':
      return titled(shown.label, 'choice', element('div', { class: 'options' }, ...buttons(shown.options, 'option')));
    case 'stepper': {
      const output = element('output', {}, shown.value);
      const steps = [button(shown.less, 'step'), output, button(shown.more, 'step')];
      return titled(shown.label, 'stepper', element('div', { class: 'steps' }, ...steps));
    }
    case 'keypad': {
      const digit = (label: string) => button({ target: `digit:${label}`, label }, 'digit');
      const clear = button({ target: 'clear', label: 'C' }, 'digit clear');
      return element('div', { class: 'keypad' }, ...DIGITS.map(digit), element('span'), digit('0'), clear);
    }
    case 'list': {
      const rows = shown.rows.length > 0 ? shown.rows.map(row) : [element('p', {}, shown.empty)];
      const { pager } = shown;
      const pages = pager && [
        button(pager.previous, 'step'),
        element('span', {}, pager.text),
        button(pager.next, 'step'),
      ];
      return element(
        'div',
        { class: 'list' },
        element('div', { class: 'rows' }, ...rows),
        pages && element('div', { class: 'pager' }, ...pages),
      );
    }
    case 'levels': {
      const levels = shown.levels.map(({ name, colour, percent, low }) =>
        element(
          'div',
          { class: low ? 'low' : '' },
          element('span', {}, name),
          level(percent, colour),
          element('b', {}, `${percent} %`),
        ),
      );
      return element('div', { class: 'levels' }, ...levels);
    }
    case 'facts': {
      return titled(shown.label, 'facts', element('dl', {}, ...factElements(shown.facts)));
    }
    case 'text':
      return element('p', { class: 'text' }, shown.text);
    case 'actions':
      return element('div', { class: 'actions' }, ...buttons(shown.actions, 'action'));
  }
}

export function pane({ size, widgets }: Pane): HTMLElement {
  const made = element('div', { class: 'pane' }, ...widgets.map(widget));
  made.style.flexGrow = String(size);
  return made;
}

export function dialog({ tone, title, text, facts = [], note, steps, actions }: Dialog): HTMLElement {
  return element(
    'div',
    { role: 'alertdialog', 'aria-modal': 'true', 'aria-label': title, class: `box ${tone}` },
    element('h1', {}, icon(tone === 'ask' ? 'access' : 'alert'), title),
    text !== '' && element('p', {}, text),
    facts.length > 0 && element('dl', {}, ...factElements(facts)),
    steps.length > 0 && element('ol', {}, ...steps.map((step) => element('li', {}, step))),
    note !== undefined && element('p', { class: 'note', role: 'timer' }, note),
    element('div', { class: 'answers' }, ...buttons(actions, 'action')),
  );
}

/** The line with the open remote sessions. */
export function liveBar(live: Picture['live']): Element[] {
  return live ? [element('span', {}, icon('eye'), live.text), button(live.action, 'end')] : [];
}

/** The line above every screen. */
export function titleBar(screen: string, title: string, message: Message | null): Element[] {
  const home = button({ target: 'open:home', label: 'Home', icon: 'home' }, 'home');
  const parts = [screen === 'home' ? icon('home') : home, element('h1', {}, title)];
  return message ? [...parts, element('p', { class: `message ${message.tone}`, role: 'status' }, message.text)] : parts;
}

/** The line below every screen. */
export function statusBar({ state, warned, text, toners, alerts }: Bar): Element[] {
  const faults = alerts === 1 ? '1 fault' : `${alerts} faults`;
  const levels = toners.map(({ name, percent }) => `${name} ${percent} %`).join(', ');
  return [
    element('i', { class: `lamp ${warned && state === 'idle' ? 'warn' : state}` }),
    element('span', { class: 'state', role: 'status' }, text),
    ...(alerts > 0 ? [button({ target: 'alerts', label: faults, icon: 'alert' }, 'alerts')] : []),
    element(
      'span',
      { class: 'toners', role: 'img', 'aria-label': levels },
      ...toners.map(({ percent, colour }) => level(percent, colour, 'height')),
    ),
  ];
}
