/** Controls, breaks of lines, and marks that turn the direction of what follows. */
const unseen = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/** A name as it may be shown: what would move the cursor, colour the screen or turn the text is written as \u001b. */
export function visible(text: string): string {
  return text.replace(unseen, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** To standard output, line by line; JSON stays JSON. Names within go through `visible` first, so that none makes a line of its own. */
export function say(text: string): void {
  console.log(text.split('\n').map(visible).join('\n'));
}

/** To standard error. */
export function warn(text: string): void {
  console.error(text.split('\n').map(visible).join('\n'));
}
