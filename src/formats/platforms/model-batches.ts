import { voteOrPass } from '../foreign/answers.js';
import { FileRefused, type Fates } from '../foreign/fates.js';
import { isObject, type Json, type JsonObject, listOf, within, written } from '../foreign/json.js';
import { classInText } from '../foreign/judged-text.js';
import { quoted } from '../foreign/ledger.js';
import type { ImportOptions } from '../foreign/options.js';
import type { Platform, PlatformReader } from '../foreign/platform.js';
import { type ForeignRecord, RecordFault } from '../foreign/record.js';

const heeds = ['question', 'classes', 'choices'] as const;

export const openaiBatch: Platform = {
  id: 'openai-batch',
  title: 'OpenAI batches',
  files: 'the output of a batch of chat completions, JSONL; a model is an annotator, --annotator tells prompts apart',
  forms: ['json'],
  heeds,
  recognises: (beginning) => beginning.form === 'json' && within(beginning.value, 'custom_id') !== undefined && within(beginning.value, 'response') !== undefined,
  open: (options, classes) => new BatchReader(options, options.classes ?? classes, openai),
};

export const anthropicBatch: Platform = {
  id: 'anthropic-batch',
  title: 'Anthropic batches',
  files: 'the results of a batch of messages, JSONL; a model is an annotator, --annotator tells prompts apart',
  forms: ['json'],
  heeds: heeds.filter((name) => name !== 'choices'),
  recognises: (beginning) => beginning.form === 'json' && within(beginning.value, 'custom_id') !== undefined && within(beginning.value, 'result', 'type') !== undefined,
  open: (options, classes) => new BatchReader(options, options.classes ?? classes, anthropic),
};

/** What a model said to one request. */
interface Said {
  model: string | null;
  time: string | null;
  /** One or more answers. */
  texts: { text: string; isRefusal: boolean; isCut: boolean }[];
}

/** @throws RecordFault for a request that failed */
type Reply = (value: JsonObject) => Said;

function openai({ response, error }: JsonObject): Said {
  const status = written(within(response, 'status_code'));
  if (!isObject(response) || status !== '200' || error != null) throw failed(within(error, 'message') ?? within(error, 'code') ?? (status === null ? null : `status ${status}`));
  const { body } = response;
  return {
    model: written(within(body, 'model')), time: written(within(body, 'created')),
    texts: listOf(within(body, 'choices')).map((choice) => {
      const reason = within(choice, 'finish_reason');
      return { text: written(within(choice, 'message', 'content')) ?? '', isRefusal: written(within(choice, 'message', 'refusal')) !== null || reason === 'content_filter', isCut: reason === 'length' };
    }),
  };
}

function anthropic({ result }: JsonObject): Said {
  if (within(result, 'type') !== 'succeeded') throw failed(within(result, 'error', 'error', 'message') ?? within(result, 'type'));
  const message = within(result, 'message');
  const reason = within(message, 'stop_reason');
  const text = listOf(within(message, 'content')).filter((part) => within(part, 'type') === 'text').map((part) => written(within(part, 'text')) ?? '').join('');
  return { model: written(within(message, 'model')), time: null, texts: [{ text, isRefusal: reason === 'refusal', isCut: reason === 'max_tokens' }] };
}

function failed(why: Json | undefined): RecordFault {
  return new RecordFault('REQUEST_FAILED', `the request failed${why == null ? '' : `: ${quoted(written(why) ?? '')}`}; send it again`);
}

class BatchReader implements PlatformReader {
  constructor(private readonly options: ImportOptions, private readonly classes: readonly string[] | null, private readonly reply: Reply) {}

  choose(): void {
    if (this.classes === null) throw new FileRefused('OPTION_MISSING', 'what a model wrote is a class only where the classes are known; name them with --classes');
  }

  record(record: ForeignRecord, fates: Fates): void {
    const { at } = record;
    if (record.kind !== 'json' || !isObject(record.value)) throw new RecordFault('MALFORMED', 'the record is no result of a request');
    const { annotator, choices } = this.options;
    const { model, time, texts } = this.reply(record.value);
    if (texts.length > 1 && choices !== 'all') throw new RecordFault('SEVERAL_ANSWERS', `the request has ${texts.length} answers; --choices all takes each for a vote, in a project that keeps all`);
    if (texts.length === 0) throw new RecordFault('REQUEST_FAILED', 'the request has no answer; send it again');
    texts.forEach(({ text, isRefusal, isCut }, n) => {
      const vote = { at: texts.length > 1 ? `${at}/${n}` : at, item: written(within(record.value, 'custom_id')), annotator: annotator ?? model, time };
      if (isRefusal) return fates.vote({ ...vote, answer: { outcome: 'CANNOT_LABEL' } });
      if (isCut) return fates.refuse(vote.at, 'TRUNCATED', `the answer was cut at its greatest length, ${quoted(text)}; let it be longer, and send the request again`);
      try {
        voteOrPass(fates, vote, classInText(text, this.options.question ?? 'label', this.classes!));
      } catch (fault) {
        if (!(fault instanceof RecordFault)) throw fault;
        fates.refuse(vote.at, fault.code, fault.message);
      }
    });
  }
}
