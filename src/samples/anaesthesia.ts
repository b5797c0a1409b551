/**
 * The data of A. P. Dawid and A. M. Skene, "Maximum Likelihood Estimation of Observer Error-Rates Using the EM Algorithm",
 * Applied Statistics 28 (1), 1979, table 1: five anaesthetists judge from their notes how fit each of 45 patients is for a
 * general anaesthetic, 1 (best) to 4. The first of them did so three times.
 */
export const anaesthesiaClasses = ['1', '2', '3', '4'];

/** One text a patient: the answers of observers 1 (three of them) to 5. */
const answers = [
  '111 1 1 1 1', '333 4 3 3 4', '112 2 1 2 2', '222 3 1 2 1', '222 3 2 2 2',
  '222 3 3 2 2', '122 2 1 1 1', '333 3 4 3 3', '222 2 2 2 3', '232 2 2 2 3',
  '444 4 4 4 4', '222 3 3 4 3', '111 1 1 1 1', '222 3 2 1 2', '121 1 1 1 1',
  '111 2 1 1 1', '111 1 1 1 1', '111 1 1 1 1', '222 2 2 2 1', '222 1 3 2 2',
  '222 2 2 2 2', '222 2 2 2 1', '222 3 2 2 2', '221 2 2 2 2', '111 1 1 1 1',
  '111 1 1 1 1', '232 2 2 2 2', '111 1 1 1 1', '111 1 1 1 1', '112 1 1 2 1',
  '111 1 1 1 1', '333 3 2 3 3', '111 1 1 1 1', '222 2 2 2 2', '222 3 2 3 2',
  '433 4 3 4 3', '221 2 2 3 2', '232 3 2 3 3', '333 3 4 3 2', '111 1 1 1 1',
  '111 1 1 1 1', '121 2 1 1 1', '232 2 2 2 2', '121 1 1 1 1', '222 2 2 2 2',
];

export interface Answer {
  item: string;
  annotator: string;
  class: string;
}

export const anaesthesiaVotes: Answer[] = answers.flatMap((text, patient) =>
  text.split(' ').flatMap((given, observer) =>
    Array.from(given, (answer) => ({ item: `patient ${patient + 1}`, annotator: `observer ${observer + 1}`, class: answer })),
  ),
);
