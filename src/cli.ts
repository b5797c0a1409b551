#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { exitCodes, fault, runCommand } from './commands.js';

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string };

// A reader that has seen enough, such as head, is no fault.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(exitCodes.done);
  throw error;
});
// What nobody waits for: a thread that dies, a stream that breaks.
process.on('uncaughtException', (error) => process.exit(fault(error)));

process.exitCode = await runCommand(process.argv.slice(2), version);
