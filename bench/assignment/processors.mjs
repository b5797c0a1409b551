// Processor time of processes, from /proc.
import { readdirSync, readFileSync } from 'node:fs';

const TICKS_A_SECOND = 100;

function fieldsOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  } catch {
    return null;
  }
}

function seconds(fields) {
  return fields ? (Number(fields[11]) + Number(fields[12])) / TICKS_A_SECOND : 0;
}

export function secondsOf(pid) {
  return seconds(fieldsOf(pid));
}

/** Of a database server and all its processes, those that have ended among them. @param backend one of its processes */
export function databaseSeconds(backend) {
  const parent = fieldsOf(backend)[1];
  const own = fieldsOf(parent);
  const children = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && fieldsOf(name)?.[1] === parent);
  const ended = (Number(own[13]) + Number(own[14])) / TICKS_A_SECOND;
  return seconds(own) + ended + children.reduce((sum, child) => sum + secondsOf(child), 0);
}
