import { expect } from 'vitest';
import type { Server } from '../../setup/process.js';
import { operation, readSchema, rootFields, textPaths, withText, type Values } from '../../setup/operations.js';
import { call, dose, each, historyOf, newKey, newProject, promised, SUBMIT, useFleet } from './promised.js';

const fleet = useFleet();
const schema = readSchema();

const HOSTILE = [
  'a\u0000b', '\ud800', '\udfff\ud800', '\u202Egnp.exe', 'e\u0301', '\u00e9', '\u{1F468}\u200D\u{1F469}\u200D\u{1F467}', '__proto__', 'constructor', 'toString', 'x'.repeat(64 * 1024), 'x'.repeat(1024), 'x'.repeat(1025),
  '\u0001\u0007\u001b[31m', 'a\r\nb', '\ufeffa', '\u200b', ' a ', '', ' ', '$1', '%s%n', '{{7*7}}', '${7*7}', '../../etc/passwd', '-1', '1e309', 'null', 'NaN', '[object Object]', 'Infinity', '\uffff', '\u{10FFFF}', 'I\u0307', '\u0130', 'ß', '=1+1', '"\\',
];

/** Every place where a caller may put a text: mutations and queries, required or not. */
const places = (['query', 'mutation'] as const).flatMap((kind) => rootFields(schema, kind)
  // These end what the tests stand on.
  .filter((field) => !['revokeApiKey', 'rotateApiKey', 'archiveProject'].includes(field.name))
  .flatMap((field) => textPaths(field).map((path) => ({ kind, field, path }))));

/** Ids of a project that may come to harm. */
async function victim(server: Server): Promise<Values> {
  return { id: await newProject(server), text: 'usual' };
}

const TEXTS = dose(12, HOSTILE.length);

promised('F16', 'a hostile text is kept byte for byte or refused with a code, wherever it stands', `${TEXTS} of ${HOSTILE.length} texts (NUL, surrogates, RTL, NFC and NFD, __proto__, 64 KB, ...) through each of ${places.length} arguments`, async (observe) => {
  const [server] = fleet().servers as [Server];
  const key = await server.key();
  const values = await victim(server);
  const codes = new Map<string, number>();
  const calls = places.flatMap((place, p) => Array.from({ length: TEXTS }, (_, n) => ({ ...place, text: HOSTILE[(p * 5 + n * 7) % HOSTILE.length]! })));
  await each(calls.length, 8, async (n) => {
    const { kind, field, path, text } = calls[n]!;
    const { query, variables } = withText(kind, field, path, text, values);
    const { code } = await call(server, key, query, variables);
    codes.set(code, (codes.get(code) ?? 0) + 1);
    expect(code, `${field.name} ${path.join('.')} ${JSON.stringify(text.slice(0, 40))}`).not.toBe('INTERNAL');
  });
  // What the vote log took of them, it has as it came.
  const projectId = await newProject(server);
  const { submitVotes } = await server.data(SUBMIT, { input: { projectId, votes: HOSTILE.map((text) => ({ item: text, annotator: text, class: 'a', voteId: text === '' ? undefined : text, comment: text })) } });
  const taken = HOSTILE.filter((_, n) => submitVotes.results[n].status === 'CREATED');
  const kept = (await historyOf(server, projectId)).filter((vote) => vote.item === vote.annotator && vote.item === vote.comment).map((vote) => vote.item as string);
  observe(`${calls.length} calls: ${[...codes].map(([code, count]) => `${count} ${code}`).join(', ')}; of ${HOSTILE.length} as ids ${taken.length} kept to the byte, ${HOSTILE.length - taken.length} refused`);
  expect(new Set(kept)).toEqual(new Set(taken));
  expect(taken.length).toBeGreaterThan(20);
});

const INJECTED = [
  "'; drop table votes; --", "' or '1'='1", '"; drop table votes; --', "'); update projects set name = 'owned'; --", '$1', '$$; drop table votes; $$', "\\'; drop table votes; --", "1; select pg_sleep(25)", "' union select secret_hash from api_keys --", "'||(select version())||'",
  "%27%20or%201=1", "\u02bc; drop table votes; --", "' and 1=cast((select current_user) as int) --", "/**/or/**/1=1", "E'\\x27'", "'; copy (select 1) to program 'true'; --", 'a", "b', "{1,2}", "'; notify assay_run_changed, 'x'; --", "' returning 1; --",
];
const INJECTIONS = dose(6, INJECTED.length);

promised('F17', 'SQL in a text is a text: nothing is executed, and no error quotes the database', `${INJECTIONS} of ${INJECTED.length} injections through each of ${places.length} arguments`, async (observe) => {
  const [server] = fleet().servers as [Server];
  const key = await server.key();
  const values = await victim(server);
  const shape = async () => (await fleet().query<{ shape: string }>(
    `select string_agg(relname::text || ' ' || relkind::text, ',' order by relname) as shape from pg_class where relnamespace = 'public'::regnamespace`))[0]!.shape;
  const before = await shape();
  const quoted: string[] = [];
  let slow = 0;
  const calls = places.flatMap((place, p) => Array.from({ length: INJECTIONS }, (_, n) => ({ ...place, text: INJECTED[(p * 3 + n) % INJECTED.length]! })));
  await each(calls.length, 8, async (n) => {
    const { kind, field, path, text } = calls[n]!;
    const { query, variables } = withText(kind, field, path, text, values);
    const from = performance.now();
    const { code, message } = await call(server, key, query, variables);
    // The first call of a policy waits 10 s for its order.
    if (performance.now() - from > 24_000) slow++;
    expect(code, `${field.name} ${path.join('.')} ${text}`).not.toBe('INTERNAL');
    // Words of the server's own, beside the text that is told back.
    if (/syntax error|relation "|column "|violates|pg_|operator does not exist|invalid input syntax/i.test(message.replaceAll(text, ''))) quoted.push(`${field.name}: ${message}`);
  });
  const owned = (await fleet().query<{ count: number }>(`select count(*)::int as count from projects where name = 'owned'`))[0]!.count;
  observe(`${calls.length} calls; executed ${Number(await shape() !== before) + owned + slow}, database text in errors ${quoted.length}`);
  expect({ quoted, owned, slow, shape: await shape() }).toEqual({ quoted: [], owned: 0, slow: 0, shape: before });
});

promised('F15', 'what is no probability or no number is refused with its row, and nothing of it is stored', 'NaN, infinities, 1e309, -0, negatives, rows that do not sum to 1: predictions, thresholds, payloads, times', async (observe) => {
  const [server] = fleet().servers as [Server];
  const key = await server.key();
  const projectId = await newProject(server);
  const upload = async (type: string, body: string) => {
    const answer = await fetch(`${server.url}/projects/${projectId}/predictions?model=m&version=1`, { method: 'POST', headers: { authorization: `Bearer ${key}`, 'content-type': type }, body });
    return { status: answer.status, told: await answer.json() as { created?: number; rejected?: number; rejects?: { message: string }[]; error?: { message: string } } };
  };
  const rows = ['NaN,1', '1,NaN', 'Infinity,0', '-Infinity,1', '1e309,0', '-0.5,1.5', '0.2,0.2', '0.9,0.9', ',1', 'x,1', '1e-400,0'];
  let refused = 0;
  for (const row of rows) {
    const { status, told } = await upload('text/csv', `item,p_a,p_b\ni,${row}\n`);
    if ((status === 200 && told.rejected === 1 && told.rejects!.length === 1) || (status === 400 && told.error!.message.length > 10)) refused++;
    else throw new Error(`${row} was answered with ${status} ${JSON.stringify(told)}`);
  }
  for (const value of ['1e309', '"NaN"', 'null', '-1', '[0.5]', '{}']) {
    const { status, told } = await upload('application/x-ndjson', `{"item":"i","p_a":${value},"p_b":0}\n`);
    if ((status === 200 && told.rejected === 1) || status === 400) refused++;
    else throw new Error(`${value} was answered with ${status} ${JSON.stringify(told)}`);
  }
  // GraphQL: numbers as JSON has them, beyond what a double holds.
  const codes = new Map<string, number>();
  for (const literal of ['1e309', '-1e309', '-1', '2', '1e-400', '"NaN"', '"Infinity"']) {
    const { code } = await call(server, key, `mutation { updateProject(input: { id: "${projectId}", rules: { explorationShare: ${literal} } }) { project { id } } }`);
    codes.set(code, (codes.get(code) ?? 0) + 1);
    if (literal !== '1e-400') expect(code, literal).toBe('INVALID_INPUT');
  }
  const stored = (await fleet().query<{ count: number }>(`select count(*)::int as count from predictions`))[0]!.count;
  observe(`${refused} of ${rows.length + 6} rows refused, stored ${stored}; GraphQL: ${[...codes].map(([code, count]) => `${count} ${code}`).join(', ')}`);
  expect({ refused, stored }).toEqual({ refused: rows.length + 6, stored: 0 });
});

/** As a spreadsheet cuts a file whose cells it separates so: at line ends and separators outside of quotes. */
function cellsOf(text: string, separator: string): string[] {
  const cells: string[] = [];
  let cell = '';
  let isQuoted = false;
  for (let at = 0; at < text.length; at++) {
    const sign = text[at]!;
    // Two within quotes are one of the text.
    if (sign === '"' && isQuoted && text[at + 1] === '"') cell += text[at++]!;
    else if (sign === '"') isQuoted = !isQuoted;
    else if (!isQuoted && (sign === separator || sign === '\n' || sign === '\r')) {
      cells.push(cell);
      cell = '';
    } else cell += sign;
  }
  return cells;
}

const BEGINNINGS = ['=', '+', '-', '@', '\t', '\r', '\n', '|', '%', '=1+1', '=cmd|', '+1', '-1', '@SUM(', '\t=1', '\r=1', '\uff1d1', '\uff0b', '\uff0d', '\uff20', ' =1', ';=1', ',=1', '"=1', '\'=1'];

promised('F18', 'a cell that a spreadsheet would run is neutralised with comma and semicolon, and comes back to the byte', `${BEGINNINGS.length} beginnings as item, annotator, class, comment`, async (observe) => {
  const [server] = fleet().servers as [Server];
  const key = await server.key();
  const projectId = await newProject(server, {}, BEGINNINGS.map((beginning, n) => `${beginning}c${n}`));
  const votes = BEGINNINGS.map((beginning, n) => ({ item: `${beginning}i${n}`, annotator: `${beginning}a${n}`, class: `${beginning}c${n}`, comment: `${beginning}x` }));
  const { submitVotes } = await server.data(SUBMIT, { input: { projectId, votes } });
  const taken = votes.filter((_, n) => submitVotes.results[n].status === 'CREATED');
  expect(taken.length).toBeGreaterThan(BEGINNINGS.length / 2);
  const get = async (file: string, of = projectId) => (await fetch(`${server.url}/projects/${of}/${file}`, { headers: { authorization: `Bearer ${key}` } })).text();
  const csv = await get('votes.csv');
  const runs = [',', ';'].flatMap((separator) => cellsOf(csv, separator)).filter((cell) => /^[=+\-@\uff1d\uff0b\uff0d\uff20]/.test(cell.trimStart()));
  const copy = await newProject(server, {}, BEGINNINGS.map((beginning, n) => `${beginning}c${n}`));
  const loaded = await fetch(`${server.url}/projects/${copy}/votes`, { method: 'POST', headers: { authorization: `Bearer ${key}`, 'content-type': 'text/csv' }, body: csv });
  expect(loaded.status).toBe(200);
  const shown = async (of: string) => (await historyOf(server, of)).map(({ item, annotator, class: name, comment }) => JSON.stringify([item, annotator, name, comment])).sort();
  const [there, back] = [await shown(projectId), await shown(copy)];
  observe(`${taken.length} votes; cells that would run ${runs.length}; ${back.filter((vote) => there.includes(vote)).length} of ${there.length} come back to the byte`);
  expect(runs).toEqual([]);
  expect(back).toEqual(there);
});

const KEYS = ['VOTES_WRITE', 'RESULTS_READ', 'ASSIGNMENT', 'PROJECT_ADMIN'] as const;

promised('F19', 'no key reaches what is not its own: another workspace, another project, another annotator answer as if absent', 'each operation x each id of a stranger x 4 scopes, with and without a project', async (observe) => {
  const [server] = fleet().servers as [Server];
  const SECRET = 'hush-4417';
  const theirs = await newProject(server, {}, ['a', 'b', SECRET]);
  await server.data(SUBMIT, { input: { projectId: theirs, votes: [{ item: SECRET, annotator: SECRET, class: SECRET, voteId: SECRET, comment: SECRET }] } });
  const mine = await newProject(server);
  const seen = await server.data(`query ($id: ID!) { project(id: $id) { items { nodes { id votes { nodes { id } } } } annotators { nodes { id } } } }`, { id: theirs });
  const { startRun } = await server.data(`mutation ($id: ID!) { startRun(input: { projectId: $id }) { run { id } } }`, { id: theirs });
  const [item] = seen.project.items.nodes;
  const ids = [theirs, startRun.run.id, item.id, item.votes.nodes[0].id, seen.project.annotators.nodes[0].id] as string[];
  const absent = (id: string) => {
    const [type, ...parts] = Buffer.from(id, 'base64url').toString().split(':');
    return Buffer.from([type, ...parts.map(() => '987654')].join(':')).toString('base64url');
  };
  let leaks = 0;
  let unlike = 0;
  let calls = 0;
  // A key of the same workspace that is restricted to another project stands for every stranger: it is nearest.
  for (const scope of KEYS) {
    const { secret } = await newKey(server, { scopes: [scope], projectId: mine });
    const fields = (['query', 'mutation'] as const).flatMap((kind) => rootFields(schema, kind).map((field) => ({ kind, field })));
    await each(fields.length, 6, async (n) => {
      const { kind, field } = fields[n]!;
      for (const id of ids) {
        const ask = async (one: string) => {
          const { query, variables } = operation(kind, field, { id: one, text: 'not there' }, 1);
          const { code, message, data } = await call(server, secret, query, variables);
          return JSON.stringify({ code, message, data }).replaceAll(one, '#');
        };
        const [foreign, none] = [await ask(id), await ask(absent(id))];
        calls += 2;
        if (foreign.includes(SECRET)) leaks++;
        // What takes no id answers of the key's own things, which change meanwhile.
        if (JSON.stringify(operation(kind, field, { id: '#', text: '' }).variables).includes('#') && foreign !== none) unlike++;
      }
    });
  }
  observe(`${calls} calls: leaks ${leaks}, unlike an absent one ${unlike}`);
  expect({ leaks, unlike }).toEqual({ leaks: 0, unlike: 0 });
});
