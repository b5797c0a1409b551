import { isObject, type Json, parseJson, within, written } from './json.js';
import { JsonFault } from '../text/json-cursor.js';
import { notAClass } from './answers.js';
import { quoted } from './ledger.js';
import { RecordFault } from './record.js';

/**
 * The class that a model's text names: the whole of it without a fence around, or a member of the JSON that it is. A class is never
 * looked for in prose, which may say that it is not that.
 * @param member whose value is the class where the text is JSON
 * @returns null where the member is null
 * @throws RecordFault for a text that names none
 */
export function classInText(text: string, member: string, classes: readonly string[]): string | null {
  const bare = text.trim().replace(/^```[a-zA-Z]*\s*\n?([^]*?)\n?\s*```$/, '$1').trim();
  if (classes.includes(bare)) return bare;
  let value: Json;
  try {
    value = parseJson(bare);
  } catch (fault) {
    if (!(fault instanceof JsonFault)) throw fault;
    throw new RecordFault('NOT_A_CLASS', `the text ${quoted(text)} is no class, and no JSON with a member ${quoted(member)}; ask the model for the class alone`);
  }
  const answer = isObject(value) ? within(value, member) : value;
  if (answer === null) return null;
  const name = written(answer);
  if (name === null || !classes.includes(name)) throw isObject(value) && answer !== undefined ? notAClass(member, answer) : new RecordFault('NOT_A_CLASS', `the text ${quoted(text)} names no class by a member ${quoted(member)}; --question names another`);
  return name;
}
