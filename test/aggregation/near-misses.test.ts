import { expect, test } from 'vitest';
import { classWarnings } from '../../src/aggregation/near-misses.js';

test('names for no answer are told, but a minus beside a plus is a class', () => {
  expect(classWarnings(['+', '-'])).toEqual([]);
  expect(classWarnings(['yes', '-'])).toEqual(['"-" is a class like any other; leave the answer out where it means that there is none']);
  expect(classWarnings(['yes', 'NaN', 'None'])).toHaveLength(2);
});

test('names that all but look alike are told by the least that they differ in, once', () => {
  expect(classWarnings(['cat', 'cat ', 'Cat', 'dog'])).toEqual([
    'the classes "cat" and "cat " differ by blanks alone and are counted apart; write them alike if they are one',
    'the classes "cat" and "cat " and "Cat" differ by case alone and are counted apart; write them alike if they are one',
  ]);
  expect(classWarnings(['1', '1.0', '+1', '10'])).toEqual(['the classes "1" and "1.0" and "+1" differ by the way a number is written alone and are counted apart; write them alike if they are one']);
});
