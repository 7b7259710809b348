// Why the columns of one version and role drift: the cause of each, where it lives, and what that does to the predictions. Worked
// out when somebody asks or an alarm is raised, never while rows are counted.

import type { Random } from '../../kernel/random.ts';
import type { Table } from '../../protocols/protocol.ts';
import type { Stream, StreamGroup } from '../counts/stream-group.ts';
import type { Covered } from '../counts/windows.ts';
import type { Located } from './cause.ts';
import { type Counted, explainPredictions, type PredictionCause } from './prediction-cause.ts';
import { createRowWatch, type RowWatch } from './row-watch.ts';
import type { TargetSurrogate } from './target-surrogate.ts';

export interface Explainer {
  /** Rows of requests, which are sampled: where the change of a column lives is seen in whole rows. */
  offer(group: StreamGroup, table: Table, tick: number, caller: string): void;
  /** Of a column that drifts. @param tick judged last: what was found then is kept until the next one */
  locate(group: StreamGroup, stream: Stream, tick: number): Located;
  /** Of a column of the responses; null where it does not drift, or nothing explains it. */
  prediction(
    responses: StreamGroup,
    stream: Stream,
    requests: StreamGroup | undefined,
    judged: Judged,
  ): PredictionCause | null;
  forget(group: StreamGroup): void;
}

/** The window that was judged last. */
export interface Judged {
  readonly tick: number;
  readonly covered: Covered;
}

export interface ExplainerOptions {
  readonly windowTicks: number;
  readonly random: Random;
  readonly surrogates: readonly TargetSurrogate[];
}

/** Columns of a model that are searched in one tick: a millisecond each. */
const LOCATED_MAX = 20;

/** Of one model. */
export function createExplainer({ windowTicks, random, surrogates }: ExplainerOptions): Explainer {
  const watches = new Map<StreamGroup, RowWatch>();

  const found = new Map<Stream, Located>();
  let foundAt = -1;

  function locate(group: StreamGroup, stream: Stream, tick: number): Located {
    const nowhere: Located = { cause: stream.cause, where: null };
    if (tick !== foundAt) {
      found.clear();
      foundAt = tick;
    }
    const known = found.get(stream);
    if (known !== undefined) return known;
    if (stream.verdict.status !== 'drifting' || found.size >= LOCATED_MAX) return nowhere;
    const located = watches.get(group)?.locate(stream, stream.cause) ?? nowhere;
    found.set(stream, located);
    return located;
  }

  return {
    offer(group, table, tick, caller) {
      let watch = watches.get(group);
      if (watch === undefined) {
        watch = createRowWatch(group.streams, windowTicks, random);
        watches.set(group, watch);
      }
      watch.offer(table, tick, caller);
    },
    locate,
    prediction(responses, stream, requests, { tick, covered }) {
      const surrogate = surrogateOf(surrogates, stream.name, responses.version);
      if (surrogate === undefined || requests === undefined || stream.verdict.status !== 'drifting') return null;
      const counted = (group: StreamGroup, stream: Stream): Counted => {
        return { stream, counts: group.windows.sum(covered, stream.offset, stream.binning?.size ?? 0) };
      };
      const byName = new Map(requests.streams.map((one) => [one.name, one]));
      const features = new Map(
        surrogate.terms.flatMap(({ feature }) => {
          const one = byName.get(feature);
          return one === undefined ? [] : [[feature, counted(requests, one)] as const];
        }),
      );
      const causeOf = (feature: string): Located => {
        const one = byName.get(feature);
        return one === undefined ? { cause: null, where: null } : locate(requests, one, tick);
      };
      return explainPredictions({ surrogate, target: counted(responses, stream), features, at: covered.to, causeOf });
    },
    forget(group) {
      watches.delete(group);
    },
  };
}

/** The version's own before one of any version. */
function surrogateOf(all: readonly TargetSurrogate[], column: string, version: string): TargetSurrogate | undefined {
  const fitting = all.filter((one) => one.column === column && (one.version === version || one.version === null));
  return fitting.find((one) => one.version === version) ?? fitting[0];
}
