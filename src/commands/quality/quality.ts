// `headgate quality MODEL`: how good a model's predictions turned out, as a table or JSON. Asks a running gate for its last look, or
// reads the record itself, which needs no gate.

import type { Writable } from 'node:stream';
import { formatProblem } from '../../config/problem.ts';
import { assessRecord } from '../../monitor/quality/read-record.ts';
import { emptyView } from '../../quality/assess.ts';
import type { QualityView } from '../../quality/quality-view.ts';
import { type Answer, askQuality } from '../drift/ask-gate.ts';
import { EXIT } from '../exit-codes.ts';
import { loadAllocated } from '../load-allocated.ts';
import { qualityText } from './quality-text.ts';

export interface QualityOptions {
  readonly model: string;
  readonly admin: string;
  readonly token: string | undefined;
  /** The configuration whose record is read; null: a gate is asked. */
  readonly config: string | null;
  readonly check: boolean;
  readonly json: boolean;
  readonly nowMs: number;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdout: Writable;
  readonly stderr: Writable;
}

const MEMORY_BYTES = 1024 ** 3;

/** @returns the exit code */
export async function runQuality(options: QualityOptions): Promise<number> {
  const { model, config, json, check, stdout, stderr } = options;
  const answer = config === null ? await askQuality(options, model) : await read(options, config);
  if (!answer.ok) {
    stderr.write(`${answer.problem}\n`);
    return answer.code;
  }
  stdout.write(json ? `${JSON.stringify(answer.body, null, 2)}\n` : qualityText(answer.body));
  if (answer.body.settings === null) return EXIT.data;
  return check && answer.body.status === 'drifting' ? EXIT.failed : EXIT.ok;
}

async function read({ model, env, nowMs }: QualityOptions, config: string): Promise<Answer<QualityView>> {
  const loaded = loadAllocated(config, env);
  if (loaded.kind === 'problems')
    return { ok: false, problem: loaded.problems.map(formatProblem).join('\n'), code: EXIT.config };
  const { models, data } = loaded.plan;
  const found = models.find(({ name }) => name === model);
  if (found === undefined) {
    const names = models.map(({ name }) => name).slice(0, 20);
    return {
      ok: false,
      problem: `${config}: no model is called "${model}"; there are ${names.join(', ')}`,
      code: EXIT.data,
    };
  }
  if (found.quality === null) return { ok: true, body: emptyView(model, null, null) };
  try {
    return {
      ok: true,
      body: await assessRecord({ data, model, plan: found.quality, now: nowMs, memoryBytes: MEMORY_BYTES }),
    };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { ok: false, problem: `${data}: the record cannot be read: ${why}`, code: EXIT.data };
  }
}
