export interface LabelStream {
  initial: number;
  annotators: number[];
  labels: number[];
}

export type Predict = (item: number) => Float64Array;

export interface Pool {
  name: string;
  classCount: number;
  batch: number;
  truth: number[];
  poolSize: number;
  itemCount: number;
  features: unknown;
  classify(features: unknown, classCount: number, trainItems: number[], labels: ArrayLike<number>): Predict;
}

export const poolNames: string[];
export function readPool(folder: URL, name: string): Pool;
export function readStreams(folder: URL, name: string, seed: number): LabelStream[];
export function readSelections(folder: URL, name: string): number[][][];
export function readCurves(folder: URL, name: string, policy: string): Record<string, string>[];
