/** What is wrong with a rule's text, and what to write instead. `position` counts characters from 1. */
export class RuleError extends Error {
  constructor(
    readonly position: number,
    fault: string,
  ) {
    super(`character ${position}: ${fault}`);
    this.name = 'RuleError';
  }
}
