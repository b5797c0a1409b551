export interface Mutant {
  promise: string;
  breaks: string;
  edits: { file: string; find: string; replace: string }[];
}
export const mutants: readonly Mutant[];
