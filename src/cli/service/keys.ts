import type { INestApplicationContext } from '@nestjs/common';
import Table from 'cli-table3';
import { InvalidArgumentError, type Command } from 'commander';
import { DataSource } from 'typeorm';
import { scopes, type Scope } from '../../platform/principal.js';
import { ApiKey } from '../../projects/keys/api-key.entity.js';
import { ApiKeysService } from '../../projects/keys/api-keys.service.js';
import { Workspace } from '../../projects/workspaces/workspace.entity.js';
import { wholeNumber } from '../option-values.js';
import { Refusal } from '../refusal.js';
import { say, visible, warn } from '../terminal.js';
import { databaseHelp, findProject, withService } from './service.js';

export function configure(command: Command): void {
  command.addHelpText('after', `${databaseHelp}\nScopes: ${scopes.join(', ')}.`);
  command.command('list').description('List the keys, without their secrets.').action(() => withService(list));
  command.command('create').description('Make a key and print it, this once.')
    .requiredOption('--name <text>', 'what the key is for')
    .requiredOption('--scope <scope>', 'what it may do; any number of times', collectScope, [])
    .option('--workspace <name>', 'whose it is; a new workspace is made for a new name', 'default')
    .option('--project <id or name>', 'the only project it opens')
    .option('--annotator <id>', "the only annotator of that project for whom it votes and asks for items; scopes: votes:write, assignment")
    .option('--expires <moment>', 'RFC 3339: from then on it is refused', moment)
    .option('--calls-per-minute <n>', 'how often it may call', wholeNumber(1, 1_000_000_000))
    .action((options: CreateOptions) => withService((app) => create(app, options)));
  command.command('rotate <id>').description('Give a key a new secret, and print it, this once.')
    .option('--overlap <seconds>', 'how long the old one works as well, up to 7 days (604800); 0 ends it at once', wholeNumber(0, 604_800), 0)
    .action((id: string, { overlap }: { overlap: number }) => withService((app) => rotate(app, id, overlap)));
  command.command('revoke <id>').description('End a key.').action((id: string) => withService(async (app) => {
    const apiKey = await app.get(ApiKeysService).revoke({ workspaceId: await workspaceOf(app, id) }, id);
    say(`${apiKey.name} was revoked at ${apiKey.revokedAt!.toISOString()}`);
  }));
}

async function rotate(app: INestApplicationContext, id: string, overlapSeconds: number): Promise<void> {
  const { apiKey, secret } = await app.get(ApiKeysService).rotate({ workspaceId: await workspaceOf(app, id) }, id, overlapSeconds);
  const ends = apiKey.previousSecretEndsAt;
  warn(`${apiKey.name} has a new secret, shown this once; the old one ${ends ? `works until ${ends.toISOString()}` : 'has ended'}:`);
  say(secret);
}

interface CreateOptions {
  name: string;
  scope: Scope[];
  workspace: string;
  project?: string;
  annotator?: string;
  expires?: Date;
  callsPerMinute?: number;
}

async function list(app: INestApplicationContext): Promise<void> {
  const keys = await app.get(DataSource).getRepository(ApiKey).find({ order: { id: 'asc' } });
  const table = new Table({ head: ['id', 'workspace', 'project', 'annotator', 'name', 'prefix', 'scopes', 'calls a minute', 'state', 'last used'], style: { head: [], border: [] } });
  for (const key of keys) {
    const inForce = key.previousSecretEndsAt ? `in force, the old secret until ${key.previousSecretEndsAt.toISOString()}` : 'in force';
    const state = key.revokedAt ? 'revoked' : key.expiresAt && key.expiresAt <= new Date() ? 'expired' : inForce;
    table.push([key.nodeId, key.workspaceId, key.projectNodeId ?? 'all', key.annotator == null ? 'all' : visible(key.annotator), visible(key.name), key.prefix, key.scopes.join('\n'), key.callsPerMinute ?? 'as set', state, key.lastUsedAt?.toISOString() ?? 'never']);
  }
  console.log(table.toString());
}

async function create(app: INestApplicationContext, options: CreateOptions): Promise<void> {
  const workspaces = app.get(DataSource).getRepository(Workspace);
  const workspace = await workspaces.findOneBy({ name: options.workspace }) ?? await workspaces.save(workspaces.create({ name: options.workspace }));
  const project = options.project == null ? null : await findProject(app, options.project);
  if (project && project.workspaceId !== workspace.id) throw new Refusal(`the project ${options.project} is not in the workspace ${options.workspace}`);
  const { secret } = await app.get(ApiKeysService).create(
    { workspaceId: workspace.id },
    { name: options.name, scopes: options.scope, projectId: project?.id, annotator: options.annotator, expiresAt: options.expires, callsPerMinute: options.callsPerMinute },
  );
  warn(`${options.name}, shown this once:`);
  say(secret);
}

async function workspaceOf(app: INestApplicationContext, id: string): Promise<number> {
  const key = (await app.get(DataSource).getRepository(ApiKey).find()).find((one) => one.nodeId === id);
  if (!key) throw new Refusal(`there is no key ${JSON.stringify(id)}; assay keys list shows them`);
  return key.workspaceId;
}

function collectScope(written: string, before: Scope[]): Scope[] {
  if (!scopes.includes(written as Scope)) throw new InvalidArgumentError(`It must be one of ${scopes.join(', ')}.`);
  return [...new Set([...before, written as Scope])];
}

function moment(written: string): Date {
  const date = new Date(written);
  if (Number.isNaN(date.getTime())) throw new InvalidArgumentError('It must be a moment such as 2027-01-31T12:00:00Z.');
  return date;
}
