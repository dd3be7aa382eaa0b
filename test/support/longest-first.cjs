const Sequencer = require('@jest/test-sequencer').default;

/** Specs of whole programs take longest; started last, one of them would run alone at the end. */
module.exports = class extends Sequencer {
  sort(tests) {
    const byLength = super.sort(tests); // by how long they took last time, otherwise by their size
    const isLong = ({ context }) => context.config.displayName?.name !== 'unit';
    return [...byLength.filter(isLong), ...byLength.filter((test) => !isLong(test))];
  }
};
