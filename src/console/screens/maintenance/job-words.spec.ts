import { en } from '../../messages/en';
import { activityWords, lineName } from './job-words';

it.each([
  ['firmware-version', 'Firmware version'],
  ['counter.media-sheets', 'Counter media sheets'],
  ['constructor', 'Constructor'],
])('the line %s is called "%s"', (name, words) => expect(lineName(name, en)).toBe(words));

it.each([
  ['downloading', 'Loading the file'],
  ['warming-up', 'warming up'],
  ['__proto__', '__proto__'],
  ['toString', 'toString'],
])('an agent that is %s is said to be "%s"', (activity, words) => expect(activityWords(activity, en)).toBe(words));
