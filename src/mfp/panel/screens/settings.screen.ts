import type { Button } from '../../../protocol/simulated-mfp';
import type { PanelScreen } from '../panel-state';

/** Minutes until sleep that the display offers; the web pages accept any number from 1 to 240. */
const SLEEP_MINUTES = [1, 5, 10, 15, 30, 60, 120, 240];
const BRIGHTEST = 5;

const sleepAfter = (minutes: number, direction: string): number | undefined =>
  direction === 'more'
    ? SLEEP_MINUTES.find((offer) => offer > minutes)
    : direction === 'less'
      ? SLEEP_MINUTES.findLast((offer) => offer < minutes)
      : undefined;

function stepKeys(verb: string, label: string, atLeast: boolean, atMost: boolean): { less: Button; more: Button } {
  return {
    less: { target: `${verb}:less`, label: `${label}: less`, icon: 'minus', disabled: atLeast },
    more: { target: `${verb}:more`, label: `${label}: more`, icon: 'plus', disabled: atMost },
  };
}

export const settingsScreen: PanelScreen = {
  title: 'Settings',
  verbs: {
    brightness: (state, direction, { memory }) => {
      const level = memory.brightness + (direction === 'more' ? 1 : direction === 'less' ? -1 : NaN);
      return level >= 1 && level <= BRIGHTEST ? { state, effects: [{ kind: 'set-brightness', level }] } : undefined;
    },
    sleep: (state, direction, { memory }) => {
      const minutes = sleepAfter(memory.settings.sleepMinutes, direction);
      return minutes === undefined ? undefined : { state, effects: [{ kind: 'set-sleep', minutes }] };
    },
  },
  draw: (_state, { memory: { brightness, settings } }) => {
    const { sleepMinutes } = settings;
    return [
      {
        size: 5,
        widgets: [
          {
            kind: 'stepper',
            label: 'Brightness of the display',
            value: `${brightness} of ${BRIGHTEST}`,
            ...stepKeys('brightness', 'Brightness', brightness === 1, brightness === BRIGHTEST),
          },
          {
            kind: 'stepper',
            label: 'Sleep when idle for',
            value: `${sleepMinutes} min`,
            ...stepKeys(
              'sleep',
              'Sleep',
              sleepAfter(sleepMinutes, 'less') === undefined,
              sleepAfter(sleepMinutes, 'more') === undefined,
            ),
          },
        ],
      },
      {
        size: 4,
        widgets: [
          {
            kind: 'facts',
            label: 'Set on the web pages',
            facts: [
              ['Location', settings.location || '-'],
              ['Contact', settings.contact || '-'],
              ['Language', settings.language],
              ['Tray 1', settings.tray1],
              ['Tray 2', settings.tray2],
            ],
          },
        ],
      },
    ];
  },
};
