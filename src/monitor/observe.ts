// What becomes of one record, as a story: it is named, read, recorded, then handed to everybody who only watches. A fault in
// one of them is reported and costs the others nothing.

import type { Capture } from '../capture/capture.ts';
import type { Settled } from '../capture/handover/settling.ts';
import type { Decoded } from '../capture/keep.ts';
import { joined } from '../capture/payload.ts';
import { watchable } from '../capture/watchable.ts';
import type { Comparer } from '../compare/comparer.ts';
import type { DriftEngine } from '../drift/engine.ts';
import { FAILURES } from '../errors.ts';
import { isMirrored } from '../mirror/mirror.ts';
import type { ExchangeRecord } from '../model.ts';
import type { Reading, Table } from '../protocols/protocol.ts';
import type { AccessLog } from '../telemetry/logs.ts';
import type { Traces } from '../telemetry/traces.ts';
import type { BodyReaders } from './body-readers.ts';
import type { KnownModel, PlanShelf } from './plan-shelf.ts';
import type { BodySide, UnreadableCounts } from './unreadable.ts';

export interface ObserverOptions {
  readonly shelf: PlanShelf;
  readonly capture: Pick<Capture, 'append' | 'lost'>;
  readonly drift: DriftEngine;
  readonly comparer: Comparer;
  /** null: traces go nowhere. */
  readonly traces: Traces | null;
  readonly accessLog: AccessLog;
  readonly unreadable: UnreadableCounts;
  /** A room threw where it should not have. */
  readonly fault: (error: unknown) => void;
}

export interface Observer {
  /** @param settled told whether the record is on disk; null: nobody waits for it */
  observe(record: ExchangeRecord, settled: Settled | null): void;
}

interface Names {
  readonly model: string;
  readonly version: string;
  readonly assigned: string;
  readonly origin: string | null;
}

/** One record under way. */
interface Call {
  readonly record: ExchangeRecord;
  readonly settled: Settled | null;
  readonly known: KnownModel;
  readonly names: Names;
  readonly isGood: boolean;
  readonly decoded: Decoded;
  /** What those may see who show values to people. */
  seen: Decoded;
}

export function createObserver(options: ObserverOptions): Observer {
  const { shelf, capture, drift, comparer, traces, accessLog, unreadable, fault } = options;

  function observe(record: ExchangeRecord, settled: Settled | null): void {
    const known = shelf.find(record.serial, record.model);
    // A Plan that is no longer known: the record can be neither named nor written.
    if (known === undefined) {
      capture.lost('monitor_behind', 1);
      settled?.(false);
      return;
    }
    const isGood = record.failure < 0 && record.status < 400;
    const decoded = {
      features: tableOf(known, record, 'request'),
      // What came with an error is no prediction.
      predictions: isGood ? tableOf(known, record, 'response') : null,
    };
    const call: Call = { record, settled, known, names: namesOf(known, record), isGood, decoded, seen: UNSEEN };
    for (let step = 0; step < STEPS.length; step++) {
      try {
        STEPS[step]?.(call);
      } catch (error) {
        fault(error);
      }
    }
  }

  /** Each of them whatever becomes of the others; `restrict` alone comes before those that show values. */
  const STEPS: readonly ((call: Call) => void)[] = [keep, restrict, compare, watch, trace, log];

  function keep({ record, settled, known, decoded }: Call): void {
    capture.append(record, known, decoded, settled);
  }

  function restrict(call: Call): void {
    call.seen = watchable(call.record, call.known.model, call.decoded);
  }

  function compare({ record, known, names, seen }: Call): void {
    if (known.model.mirrors.length === 0) return;
    const { decisionId, status, latencyMs } = record;
    const { predictions } = seen;
    const answer = { model: names.model, version: names.version, decisionId, status, latencyMs, predictions };
    if (record.role === 'shadow') comparer.shadow(answer);
    else if (!isReplaced(known, record)) comparer.primary(answer, shadowsOf(known, record));
  }

  function watch({ record, names, isGood, seen }: Call): void {
    if (!isGood) return;
    const { role, at, client: caller } = record;
    const { model, version } = names;
    drift.observe({ model, version, role, at, caller, request: seen.features, response: seen.predictions });
  }

  function trace({ record, names }: Call): void {
    traces?.record(record, names);
  }

  function log({ record, names }: Call): void {
    accessLog.record(record, names);
  }

  function tableOf({ readers, model }: KnownModel, record: ExchangeRecord, side: BodySide): Table | null {
    if (readers === null) return null;
    try {
      const reading = readingOf(readers, record, side);
      if (reading.kind === 'table') return reading.table;
      unreadable.add(model.name, side, reading.why);
    } catch (error) {
      unreadable.add(model.name, side, 'the protocol failed');
      fault(error);
    }
    return null;
  }

  return { observe };
}

/** A challenger that gave no answer, in whose place the champion answered: that call is the decision's primary. */
function isReplaced({ model }: KnownModel, { version, status, failure }: ExchangeRecord): boolean {
  return model.fallback && version !== model.champion && status === 0 && FAILURES[failure]?.source === 'upstream';
}

/** The shadows that were to be sent: which decisions are mirrored follows from their ids, and no version watches itself. */
function shadowsOf({ model }: KnownModel, { assigned, decisionId }: ExchangeRecord): number {
  let count = 0;
  for (const { version, share } of model.mirrors) {
    if (version !== assigned && isMirrored(decisionId, model.versions[version]?.name ?? '', share)) count += 1;
  }
  return count;
}

const UNSEEN: Decoded = { features: null, predictions: null };

const CUT_SHORT: Reading = { kind: 'unreadable', why: 'longer than what is held of a body' };

function readingOf({ request, responses }: BodyReaders, record: ExchangeRecord, side: BodySide): Reading {
  const isRequest = side === 'request';
  const bytes = joined(isRequest ? record.request : record.response);
  if (bytes.length !== (isRequest ? record.requestBytes : record.responseBytes)) return CUT_SHORT;
  const reader = isRequest ? request : responses[record.version];
  if (reader === undefined) throw new RangeError(`a record names version ${record.version} of ${responses.length}`);
  return reader.read(bytes, isRequest ? record.requestHeaders : record.responseHeaders);
}

function namesOf({ model, origins }: KnownModel, { version, assigned }: ExchangeRecord): Names {
  return {
    model: model.name,
    version: model.versions[version]?.name ?? '',
    assigned: model.versions[assigned]?.name ?? '',
    origin: origins[version] ?? null,
  };
}
