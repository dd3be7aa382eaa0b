import { isGuessable } from './password-policy';

it.each([
  ['1q2w3e4r5t', true],
  ['Basketball', true],
  ['basketball', true],
  ['password2026!', true],
  ['Manchester--99', true],
  ['aaaaaaaaaaaa', true],
  ['ababababababab', true],
  ['alex.smith', true],
  ['alex.smith-2026', true],
  ['Platen-alex.smith', true],
  ['platenplaten', true],
  ['correct horse battery', false],
  ['basketball in the hall', false],
  ['ohne Umlaute geht es auch', false],
  ['長いパスワードは強いです', false],
  ['zWq81-mvT', false],
])('%s is guessable: %s', (password, guessable) => {
  expect(isGuessable(password, 'alex.smith')).toBe(guessable);
});
