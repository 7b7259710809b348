// `headgate replay`: captured calls of a model, sent again to one of its versions or to any URL, and the answers compared with
// those on record. It asks no running gate, and writes nothing to the record.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import type { ModelPlan } from '../../config/plan.ts';
import { formatProblem } from '../../config/problem.ts';
import type { Payload, Table } from '../../protocols/protocol.ts';
import { protocolOf } from '../../protocols/registry.ts';
import { EXIT } from '../exit-codes.ts';
import { loadAllocated } from '../load-allocated.ts';
import { createProgress } from '../query-progress.ts';
import { atRate } from './pace.ts';
import { type RecordedCall, recordedCalls } from './recorded.ts';
import { replayText } from './replay-text.ts';
import { createTally, type Tally } from './tally.ts';
import { type Target, targetOf } from './target.ts';

export interface ReplayOptions {
  readonly config: string;
  readonly model: string;
  readonly to: string;
  readonly from: string | null;
  readonly until: string | null;
  readonly where: string | null;
  readonly rate: number;
  readonly concurrency: number;
  readonly limit: number;
  readonly tolerance: number;
  readonly asShadow: boolean;
  readonly json: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdout: Writable;
  readonly stderr: Writable & { readonly isTTY?: boolean };
}

/** @returns the exit code */
export async function runReplay(options: ReplayOptions): Promise<number> {
  const { config, to, stderr, stdout } = options;
  const loaded = loadAllocated(config, options.env);
  if (loaded.kind === 'problems') {
    for (const problem of loaded.problems) stderr.write(`${formatProblem(problem)}\n`);
    return EXIT.config;
  }
  const { models, data } = loaded.plan;
  const model = models.find(({ name }) => name === options.model);
  if (model === undefined) {
    stderr.write(
      `error: no model is called ${options.model}; there are ${models.map(({ name }) => name).join(', ')}\n`,
    );
    return EXIT.usage;
  }
  const target = targetOf(model, to, options.asShadow);
  if (target === undefined) {
    const names = model.versions.map(({ name }) => name).join(', ');
    stderr.write(`error: --to is a URL or a version of ${model.name}, and ${to} is neither; there are ${names}\n`);
    return EXIT.usage;
  }
  if (model.capture.redact.length > 0)
    stderr.write(
      `${model.name}: capture.redact has changed the requests on record; other answers are to be expected\n`,
    );
  const folder = await mkdtemp(join(tmpdir(), 'headgate-replay-'));
  try {
    const tally = createTally(options.tolerance);
    const waited = await replay(options, model, data, folder, target, tally);
    const told = { model: model.name, to, tolerance: options.tolerance, rate: options.rate, waited, ...tally.report() };
    stdout.write(options.json ? `${JSON.stringify(told, null, 2)}\n` : replayText(told));
    return told.sent === 0 ? EXIT.data : EXIT.ok;
  } catch (error) {
    stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return EXIT.data;
  } finally {
    await target.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function replay(
  options: ReplayOptions,
  model: ModelPlan,
  data: string,
  folder: string,
  target: Target,
  tally: Tally,
): Promise<number> {
  const { from, until, where, limit, rate, concurrency } = options;
  const progress = createProgress(options.stderr);
  let done = 0;
  const calls = sendable(recordedCalls({ data, folder, model: model.name, from, until, where, limit }), tally);
  const pace = { perSecond: rate, underWayMax: concurrency, now: () => performance.now() };
  const waited = await atRate(calls, pace, async (call) => {
    const answer = await target.send(call);
    if (answer.error !== null) tally.fail(answer.error);
    else {
      tally.add({
        decisionId: call.decisionId,
        recorded: {
          status: call.status,
          latencyMs: call.latencyMs,
          predictions: predictionsOf(model, call.status, call.response),
        },
        replayed: { ...answer, predictions: predictionsOf(model, answer.status, answer) },
      });
    }
    done += 1;
    progress.show(`replaying, ${done} sent`, done / limit);
  });
  progress.clear();
  return waited;
}

async function* sendable(calls: AsyncIterable<RecordedCall>, tally: Tally): AsyncGenerator<RecordedCall> {
  for await (const call of calls) {
    if (call.obstacle === null) yield call;
    else tally.skip(call.obstacle);
  }
}

/** What came with an error is no prediction. */
function predictionsOf({ protocol }: ModelPlan, status: number, payload: Payload | null): Table | null {
  if (payload === null || status >= 400 || protocol === 'raw') return null;
  const reading = protocolOf(protocol).readResponse(payload);
  return reading.kind === 'table' ? reading.table : null;
}
