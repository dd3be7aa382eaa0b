const { basename } = require('node:path');
const Sequencer = require('@jest/test-sequencer').default;

/** The longest specs, longest first: on a new clone Jest knows only the size of a file, which says little here. */
const LONGEST = [
  'console-screens',
  'console-deployment',
  'console',
  'wake',
  'browser-sessions',
  'deployment',
  'shutdown',
  'maintenance',
  'browser-sessions-isolation',
  'panel',
  // endurance
  'container-images',
  'compose',
  'debian-package',
  'approval-crashes',
  'campaign-crashes',
  'relay-frames',
  'deployment-with-many-sessions',
  'campaigns',
  'deployment-crashes',
];

/** Specs of whole programs take longest; started last, one of them would run alone at the end. */
module.exports = class extends Sequencer {
  sort(tests) {
    const byLength = super.sort(tests); // by their latest duration, otherwise by their size
    const isLong = ({ context }) => context.config.displayName?.name !== 'unit';
    const rank = ({ path }) => (LONGEST.indexOf(basename(path, '.spec.ts')) + 1 || LONGEST.length + 1) - 1;
    const long = byLength.filter(isLong).sort((one, other) => rank(one) - rank(other)); // stable
    return [...long, ...byLength.filter((test) => !isLong(test))];
  }
};
