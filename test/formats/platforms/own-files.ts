import type { ImportOptions } from '../../../src/formats/foreign/options.js';

/** A small file of a platform, and what comes of it. */
export interface OwnFile {
  from: string;
  /** The file's name, where that matters. */
  name?: string;
  text: string;
  options?: ImportOptions;
  classes?: string[];
  /** Whether nothing but the caller can tell whose it is. */
  unrecognised?: true;
  /** In the order of the file: vote item annotator answer voteId ms, gold item class, prediction item model version class score, passed at reason, refused at code. */
  fates: string[];
}

const lines = (...all: (object | string)[]) => all.map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`).join('');
const choice = (name: string, ...choices: string[]) => ({ from_name: name, type: 'choices', value: { choices } });

export const ownFiles: readonly OwnFile[] = [
  {
    from: 'label-studio',
    text: JSON.stringify([
      { id: 9007199254740993, data: { text: 'one' }, drafts: [4], predictions: [], annotations: [
        { id: 2, completed_by: 5, result: [choice('kind', 'ham')], created_at: '2025-05-01T10:00:00Z', updated_at: '2025-05-01T12:00:00Z', lead_time: 1.5 },
        { id: 1, completed_by: 5, result: [choice('kind', 'spam')], created_at: '2025-05-01T09:00:00Z', updated_at: '2025-05-01T09:00:00Z' },
        { id: 3, completed_by: 6, result: [], was_cancelled: true, created_at: '2025-05-01T09:00:00Z' }] },
      { id: 8, data: {}, predictions: [{ model_version: 'm1', score: 0.25, result: [choice('kind', 'ham')] }], annotations: [{ id: 4, completed_by: 7, ground_truth: true, result: [choice('kind', 'ham')] }, { id: 5, completed_by: 7, result: [choice('kind', 'ham', 'spam')] }, { id: 6, completed_by: null, result: [choice('kind', 'ham')] }] },
    ]).replace('9007199254740992', '9007199254740993'),
    options: { predictions: 'spread' },
    fates: [
      'vote 9007199254740993 5 ham ls:2@2025-05-01T12:00:00Z 1500', 'vote 9007199254740993 5 spam ls:1', 'vote 9007199254740993 6 SKIP ls:3', 'passed /0/drafts/0 DRAFT',
      'gold 8 ham', 'refused /1/annotations/1 SEVERAL_CLASSES', 'refused /1/annotations/2 NO_ANNOTATOR', 'prediction 8 label-studio m1 ham 0.25',
    ],
  },
  {
    from: 'label-studio-min',
    text: JSON.stringify([{ ref: 'a', id: 3, kind: 'ham', annotator: 'ann@x.example', annotation_id: 7, created_at: '2025-05-01T10:00:00Z', updated_at: '2025-05-01T10:00:00Z', lead_time: 2 }, { ref: 'b', id: 4, annotator: null, annotation_id: null }]),
    fates: ['vote 3 ann@x.example ham ls:7 2000', 'passed /1 NO_ANSWER'],
  },
  {
    from: 'toloka',
    text: 'INPUT:url\tOUTPUT:kind\tGOLDEN:kind\tHINT:text\tASSIGNMENT:task_id\tASSIGNMENT:assignment_id\tASSIGNMENT:worker_id\tASSIGNMENT:status\tASSIGNMENT:started\tASSIGNMENT:submitted\n'
      + 'u1\tham\tham\t\tt--1\ta1\tw1\tAPPROVED\t2025-05-01T10:00:00\t2025-05-01T10:00:04\n\t\t\t\t\t\t\t\t\t\nu2\tspam\t\t\tt--2\ta2\tw2\tREJECTED\t2025-05-01T10:00:00\t\nu2\t\t\t\tt--2\ta3\tw3\tEXPIRED\t2025-05-01T10:00:00\t\n',
    fates: ['vote u1 w1 ham toloka:a1/t--1 4000', 'gold u1 ham', 'passed 4 REJECTED', 'passed 5 UNFINISHED'],
  },
  { from: 'crowd-kit', text: ',task,worker,label\n0,t1,w1,ham\n1,t2,w1,\n', fates: ['vote t1 w1 ham', 'refused 3 MISSING'] },
  {
    from: 'mturk',
    text: '"HITId","AssignmentId","WorkerId","AssignmentStatus","SubmitTime","WorkTimeInSeconds","Input.url","Answer.kind.label","Approve","Reject"\n'
      + '"h1","a1","W1","Approved","Wed May 31 12:33:46 PDT 2017","9","u1","ham"\n"h1","a2","W2","Submitted","","","u1","spam","","no"\n"h1","a3","W3","Approved","","","u1","{}"\n',
    fates: ['vote u1 W1 ham mturk:a1 9000', 'passed 3 REJECTED', 'passed 4 NO_ANSWER'],
  },
  {
    from: 'sagemaker',
    text: JSON.stringify([{ datasetObjectId: '4', dataObject: { s3Uri: 's3://b/1' }, annotations: [{ workerId: 'w1', annotationData: { content: '{"kind":{"ham":true,"spam":false}}' } }, { workerId: 'w2', annotationData: { content: '{"kind":{"ham":true,"spam":true}}' } }] }]),
    fates: ['vote s3://b/1 w1 ham', 'refused /0/annotations/1 SEVERAL_CLASSES'],
  },
  {
    from: 'prodigy', options: { dataset: 'ds' },
    text: lines({ text: 'a', _input_hash: -5, options: [{ id: 1 }, { id: 2 }], accept: [2], answer: 'accept', _annotator_id: 'ds-a-b', _timestamp: 1700000000 }, { text: 'a', _input_hash: -5, options: [], answer: 'reject', _annotator_id: 'ds-c' }, { text: 'a', _input_hash: -5, options: [], accept: [], answer: 'ignore', _session_id: '2025-01-01_10-00-00' }),
    fates: ['vote -5 a-b 2', 'vote -5 c CANNOT_LABEL', 'refused 3 NO_ANNOTATOR'],
  },
  {
    from: 'argilla', options: { predictions: 'votes' },
    text: lines({ id: 'r1', text: 'x', 'kind.responses': ['ham', 'spam', 'ham'], 'kind.responses.users': ['u1', 'u2', 'u3'], 'kind.responses.status': ['submitted', 'discarded', 'draft'], 'kind.suggestion': 'spam', 'kind.suggestion.score': 0.5, 'kind.suggestion.agent': 'bot' }, { id: 'r2', 'kind.responses': ['ham'], 'kind.responses.users': [], 'kind.responses.status': ['submitted'] }),
    fates: ['vote r1 model:bot spam', 'vote r1 u1 ham', 'vote r1 u2 SKIP', 'passed 1/2 DRAFT', 'refused 2 MALFORMED'],
  },
  {
    from: 'cvat',
    text: '<?xml version="1.0"?>\n<annotations><version>1.1</version><meta><job><id>3</id><assignee><username>ann</username></assignee></job></meta>'
      + '<image id="0" name="a&amp;b.jpg"><tag label="ham" source="manual"></tag></image><image id="1" name="c.jpg"/><image id="2" name="d.jpg"><tag label="ham" source="auto"/></image></annotations>',
    fates: ['vote a&b.jpg ann ham', 'passed image 1 NO_ANSWER', 'passed image 2 PREDICTION'],
  },
  {
    from: 'doccano', name: 'ann.b.jsonl',
    text: lines({ id: 1, text: 'x', label: ['ham'], Comments: ['hm'] }, { id: 2, text: 'y', label: ['ham', 'spam'], Comments: [] }, { id: 3, text: 'z', label: [[0, 2, 'ham']], Comments: [] }),
    fates: ['vote 1 ann.b ham', 'refused 2 SEVERAL_CLASSES', 'refused 3 PER_REGION'],
  },
  {
    from: 'labelbox',
    text: lines({ data_row: { id: 'c1', global_key: 'g1' }, projects: { p1: { labels: [
      { id: 'l1', label_details: { created_by: 'ann', created_at: '2025-05-01T10:00:00Z' }, performance_details: { seconds_to_create: 3 }, annotations: { classifications: [{ name: 'Kind', radio_answer: { name: 'Ham', value: 'ham' } }] } },
      { id: 'l2', label_details: { created_by: 'bob' }, performance_details: { skipped: true }, annotations: { classifications: [] } }] } } }),
    fates: ['vote g1 ann ham labelbox:l1 3000', 'vote g1 bob SKIP labelbox:l2'],
  },
  {
    from: 'zooniverse',
    text: 'classification_id,user_name,user_id,workflow_id,workflow_version,created_at,gold_standard,metadata,annotations,subject_data,subject_ids\n'
      + '1,ann,7,10,1.2,2025-05-01 10:00:00 UTC,,"{""session"":""s""}","[{""task"":""T0"",""value"":""Yes""}]",{},501\n2,not-logged-in-1,,10,1.2,2025-05-01 10:00:00 UTC,,"{""session"":""s""}","[{""task"":""T0"",""value"":""No""}]",{},501\n3,ann,7,10,1.2,2025-05-01 10:00:00 UTC,,{},"[{""task"":""T0"",""value"":""Yes""}]",{},501;502\n',
    fates: ['vote 501 7 Yes zooniverse:1', 'vote 501 session:s No zooniverse:2', 'refused 4 SEVERAL_SUBJECTS'],
  },
  { from: 'wide', options: { annotatorColumns: ['a_*'], goldColumn: 'g' }, text: 'id,a_1,a_2,g\n1,ham,NA,ham\n2,,nan,\n', unrecognised: true, fates: ['vote 1 a_1 ham', 'gold 1 ham', 'passed 3 NO_ANSWER'] },
  { from: 'one-hot', options: { classColumns: ['ham', 'spam'], annotatorId: 'who' }, text: 'id,who,ham,spam\n1,a,1,0\n1,b,1,1\n2,a,0,3\n', unrecognised: true, fates: ['vote 1 a ham', 'refused 3 SEVERAL_CLASSES', 'refused 4 OUT_OF_RANGE'] },
  { from: 'snorkel', classes: ['ham', 'spam'], text: 'f1,f2\n0,-1\n-1,-1\n1,7\n', unrecognised: true, fates: ['vote 0 f1 ham', 'passed 3 ABSTAIN', 'vote 2 f1 spam', 'refused 4/f2 OUT_OF_RANGE'] },
  {
    from: 'potato', name: 'user_state.json',
    text: JSON.stringify({ user_id: 'ann', instance_id_to_label_to_value: { i1: [[{ schema: 'kind', name: 'ham' }, 'true'], [{ schema: 'kind', name: 'spam' }, 'true']], i2: [[{ schema: 'kind', name: 'select-one' }, 'spam']] }, instance_id_to_behavioral_data: { i1: { total_time_ms: 20, annotation_changes: [{ timestamp: 1700000000.5, schema_name: 'kind', label_name: 'ham', action: 'select' }] } } }),
    fates: ['vote i1 ann ham 20', 'vote i2 ann spam'],
  },
  {
    from: 'figure-eight', options: { question: 'kind' },
    text: '_unit_id,_created_at,_id,_started_at,_tainted,_worker_id,kind,kind_gold\n5,8/31/2018 08:18:12,1,8/31/2018 08:18:02,false,w1,ham,ham\n5,8/31/2018 08:18:12,2,8/31/2018 08:18:02,true,w2,ham,\n',
    fates: ['gold 5 ham', 'vote 5 w1 ham f8:1 10000', 'passed 3 TAINTED'],
  },
  {
    from: 'openai-batch', classes: ['ham', 'spam'],
    text: lines({ custom_id: 'i1', response: { status_code: 200, body: { model: 'm', created: 1700000000, choices: [{ message: { content: '```json\n{"label":"ham"}\n```' }, finish_reason: 'stop' }] } }, error: null }, { custom_id: 'i2', response: { status_code: 200, body: { model: 'm', choices: [{ message: { content: 'I do not think it is ham' }, finish_reason: 'stop' }] } }, error: null }, { custom_id: 'i3', response: null, error: { message: 'late' } }),
    fates: ['vote i1 m ham', 'refused 2 NOT_A_CLASS', 'refused 3 REQUEST_FAILED'],
  },
  { from: 'anthropic-batch', classes: ['ham', 'spam'], text: lines({ custom_id: 'i1', result: { type: 'succeeded', message: { model: 'c', content: [{ type: 'text', text: ' spam ' }], stop_reason: 'end_turn' } } }, { custom_id: 'i2', result: { type: 'expired' } }), fates: ['vote i1 c spam', 'refused 2 REQUEST_FAILED'] },
  {
    from: 'lm-eval', name: 'samples_t_2025-01-01T00-00-00.jsonl', options: { annotator: 'me' }, classes: ['ham', 'spam'],
    text: lines({ doc_id: 3, doc: {}, target: 0, filtered_resps: [[-2, 'False'], [-2, 'False']], filter: 'none' }, { doc_id: 4, doc: {}, target: 'spam', filtered_resps: ['spam'], filter: 'none' }),
    fates: ['gold 3 ham', 'prediction 3 me samples_t 0.5,0.5', 'passed 1 TIE', 'gold 4 spam', 'vote 4 me spam'],
  },
];
