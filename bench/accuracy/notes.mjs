// What the figures mean: the prose of README.md. Revise it when the figures change.
export const notes = {
  intro: [
    'The 18 crowds of ../shared/datasets that have gold answers, one vote a pair of item and annotator (the last). Accuracy splits ties evenly;',
    'log loss is of .99 p + .01/K; the Brier score sums over the classes; the calibration error has 15 bins. Every method at its defaults unless its row says otherwise, seed 0.',
  ].join('\n'),
  choice: [
    'So a default that was chosen blind is more accurate than EBCC and better calibrated than every single method by all three measures, and the choice hardly hangs on any one crowd.',
    '',
    'What was tried and left:',
    '- Fewer methods in the mean. Searching from five, four or three methods on gives .503, .501 and .504 of log loss on the crowds left out, but a calibration error of .0853, .0853 and .0859, above that of top-two; with vote shares and softmax among the candidates, .0875. What is shared by more methods is steadier. The bound of six and the nine candidates were settled by these figures, so they, unlike the choice among the combinations, have seen every crowd.',
    '- EBCC and top-two in the mean. With up to four of thirteen methods, these among them, log loss falls to .486 on all crowds, but to .501 on crowds left out, at a calibration error of .093: no better than without them, and they take most of the time of a run.',
    "- The Jensen-Shannon centroid (.549 for the nine methods) and the normalised geometric mean (.582) where the mean has .519: both are surer, and these methods' fault is to be too sure.",
    '- Temperature after smoothing by .01, as the log loss does it: .493 instead of .495 on all crowds, but at K = 1,000 it would take 14% of the mass from a class that is certain. Tempering first and mixing in .02 of the uniform distribution afterwards takes 2% at any K.',
    '',
    'Fast Dawid-Skene serves 0 and 1 only; in the mean it counts as one vote of six. Confusion matrices are left out where they would have over 20 entries a vote (never at K up to 20): see the docstring of soft-label-mean.',
  ].join('\n'),
  comparison: 'An earlier prototype (nine crowds) and the top-two paper (five) gave accuracies for the same methods. Listed is what differs by more than .3.',
  differences: [
    'Why:',
    '- wawa: 63.4 is also what crowd-kit has on face (ties to the first class); splitting ties gives 63.0.',
    '- fast-dawid-skene: the prototype breaks ties at random and lets a count of 0 veto a class; here ties are shared and counts raised to 1e-10.',
    '- mace: run until it converges, with restarts that differ; the prototype ran 50 iterations of one start.',
    '- label-aggregation: another order of the items; in the order of the file web has 83.8.',
    '- ebcc: random starts end in different optima. One item of bluebird is .9 points.',
    '- top-two: the published figures are of other copies of the crowds (adult2 with fewer rows, repeats kept) and count ties as the first class.',
  ].join('\n'),
};
