import { JsonFault } from '../text/json-cursor.js';
import { classesIn, notAClass } from './answers.js';
import { isObject, type Json, type JsonObject, listOf, parseJson, within } from './json.js';
import { quoted } from './ledger.js';
import { RecordFault } from './record.js';

/**
 * The classes of an element of Amazon's forms, which MTurk and SageMaker share: a text; {"label": "A"}; or {"A": true, "B": false}.
 * @returns none for an element that was not answered
 * @throws RecordFault for what is no class, or about a part of the item
 */
export function elementClasses(question: string, value: Json | undefined): string[] {
  if (Array.isArray(value) && value.some((one) => within(one, 'left') !== undefined || within(one, 'top') !== undefined)) {
    throw new RecordFault('PER_REGION', `${quoted(question)} was answered for parts of the item; votes are on whole items`);
  }
  if (!isObject(value)) return Array.isArray(value) ? classesIn(question, value) : value === '' ? [] : classesIn(question, value);
  if (value.label !== undefined) return classesIn(question, value.label === '' ? null : value.label);
  if (value.labels !== undefined) return classesIn(question, value.labels);
  const boxes = Object.entries(value);
  if (boxes.some(([, checked]) => typeof checked !== 'boolean')) throw notAClass(question, value);
  return boxes.filter(([, checked]) => checked === true).map(([name]) => name);
}

/** The elements of a form by their names: an object, or a list of such. @throws RecordFault for what is no JSON */
export function elementsIn(name: string, text: string): JsonObject {
  let value: Json;
  try {
    value = parseJson(text);
  } catch (fault) {
    if (!(fault instanceof JsonFault)) throw fault;
    throw new RecordFault('MALFORMED', `${name} ${quoted(text)} is not JSON: ${fault.message}`);
  }
  const parts = Array.isArray(value) ? listOf(value) : [value];
  return Object.assign(Object.create(null), ...parts.filter(isObject)) as JsonObject;
}
