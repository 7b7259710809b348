// What becomes of one record, as a story: it is named, read, recorded, then handed to everybody who only watches. A fault in
// one of them is reported and costs the others nothing.

import type { Capture } from '../capture/capture.ts';
import type { Settled } from '../capture/handover/settling.ts';
import { payloadOf } from '../capture/payload.ts';
import { watchable } from '../capture/watchable.ts';
import type { Comparer } from '../compare/comparer.ts';
import type { DriftEngine } from '../drift/engine.ts';
import { FAILURES } from '../errors.ts';
import type { ExchangeRecord } from '../model.ts';
import type { Payload, Reading, Table } from '../protocols/protocol.ts';
import type { AccessLog } from '../telemetry/logs.ts';
import type { Traces } from '../telemetry/traces.ts';
import type { KnownModel, PlanShelf } from './plan-shelf.ts';
import type { BodySide, UnreadableCounts } from './unreadable.ts';

export interface ObserverOptions {
  readonly shelf: PlanShelf;
  readonly capture: Capture;
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
  /** Records of Plans that are no longer known: they can be neither named nor recorded. */
  readonly orphans: number;
}

interface Names {
  readonly model: string;
  readonly version: string;
  readonly assigned: string;
  readonly origin: string | null;
}

export function createObserver(options: ObserverOptions): Observer {
  const { shelf, capture, drift, comparer, traces, accessLog, unreadable, fault } = options;
  let orphans = 0;

  function observe(record: ExchangeRecord, settled: Settled | null): void {
    const known = shelf.find(record.serial, record.model);
    if (known === undefined) {
      orphans += 1;
      settled?.(false);
      return;
    }
    const names = namesOf(known, record);
    const isGood = record.failure < 0 && record.status < 400;

    const features = guarded(() => tableOf(known, record, 'request')) ?? null;
    // What came with an error is no prediction.
    const predictions = isGood ? (guarded(() => tableOf(known, record, 'response')) ?? null) : null;

    guarded(() => capture.append(record, known, { features, predictions }, settled));
    const seen = guarded(() => watchable(record, known.model, { features, predictions })) ?? UNSEEN;
    if (known.model.mirrors.length > 0) guarded(() => compare(known, record, names, seen.predictions));
    if (isGood) guarded(() => watch(record, names, seen.features, seen.predictions));
    guarded(() => traces?.record(record, names));
    guarded(() => accessLog.record(record, names));
  }

  function tableOf(known: KnownModel, record: ExchangeRecord, side: BodySide): Table | null {
    const { protocol, readOptions, model } = known;
    if (protocol === null) return null;
    const [pieces, headers, length] =
      side === 'request'
        ? [record.request, record.requestHeaders, record.requestBytes]
        : [record.response, record.responseHeaders, record.responseBytes];
    const payload = payloadOf(pieces, headers);
    const read = (): Reading =>
      side === 'request' ? protocol.readRequest(payload, readOptions) : protocol.readResponse(payload);
    const reading = isWhole(payload, length) ? guarded(read) : CUT_SHORT;
    if (reading?.kind === 'table') return reading.table;
    unreadable.add(model.name, side, reading?.why ?? 'the protocol failed');
    return null;
  }

  function compare(known: KnownModel, record: ExchangeRecord, names: Names, predictions: Table | null): void {
    const { decisionId, status, latencyMs } = record;
    const answer = { model: names.model, version: names.version, decisionId, status, latencyMs, predictions };
    if (record.role === 'shadow') comparer.shadow(answer);
    else if (!isReplaced(known, record)) comparer.primary(answer);
  }

  function watch(record: ExchangeRecord, { model, version }: Names, features: Table | null, predictions: Table | null) {
    const { role, at } = record;
    if (features !== null) drift.observe({ model, version, role, side: 'request', table: features, at });
    if (predictions !== null) drift.observe({ model, version, role, side: 'response', table: predictions, at });
  }

  function guarded<T>(run: () => T): T | undefined {
    try {
      return run();
    } catch (error) {
      fault(error);
      return undefined;
    }
  }

  return {
    observe,
    get orphans() {
      return orphans;
    },
  };
}

/** A challenger that gave no answer, in whose place the champion answered: that call is the decision's primary. */
function isReplaced({ model }: KnownModel, { version, status, failure }: ExchangeRecord): boolean {
  return model.fallback && version !== model.champion && status === 0 && FAILURES[failure]?.source === 'upstream';
}

const UNSEEN = { features: null, predictions: null };

const CUT_SHORT: Reading = { kind: 'unreadable', why: 'longer than what is held of a body' };

function isWhole({ bytes }: Payload, length: number): boolean {
  return bytes.length === length;
}

function namesOf({ model, origins }: KnownModel, { version, assigned }: ExchangeRecord): Names {
  return {
    model: model.name,
    version: model.versions[version]?.name ?? '',
    assigned: model.versions[assigned]?.name ?? '',
    origin: origins[version] ?? null,
  };
}
