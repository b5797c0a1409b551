// What the figures mean: the prose of README.md. Revise it when the figures change.
export const notes = {
  intro: [
    'The 18 crowds of ../shared/datasets that have gold answers, one vote a pair of item and annotator (the last). Accuracy splits ties evenly.',
    'Log loss is of .99 p + .01/K, the Brier score sums over the classes, the calibration error has 15 bins. Every method at its defaults, seed 0.',
  ].join('\n'),
  choice: '',
  comparison: 'An earlier prototype and the top-two paper gave the accuracies below on nine (five) of the crowds. Only what differs by more than .3 is listed.',
  differences: '',
};
