export interface Difference {
  mean: number;
  low: number;
  high: number;
}

export const draws: number;
export function pairedDifference(a: readonly number[], b: readonly number[]): Difference;
export function mean(values: readonly number[]): number;
export function differenceWords(difference: Difference, digits: number): string;
