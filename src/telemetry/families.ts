// The metric families read from shared memory: their names, help and labels, and which cells they show. Cells that have
// never been counted are left out where a label has many values, so that 400 models stay a scrape of a bearable size.

import { FAILURES } from '../errors.ts';
import { REASONS, SHADOW_DROPS } from '../model.ts';
import { BOUNDS_MS, BUCKETS, countOf, LE_MS, sumMs } from './histogram.ts';
import { GATEWAY, SERIES, STATUS_CLASSES } from './layout.ts';
import type { SeriesSum, Sums } from './sums.ts';
import { type Family, type Labels, labelsText, line, lineHead, type WrittenFamily } from './text-format.ts';

const NONE: Labels = {};
const { at } = SERIES;
const LE: readonly string[] = [...LE_MS.map((ms) => String(ms / 1000)), '+Inf'];
/** For each bound shown, the first bucket above it. */
const LE_END: readonly number[] = [...LE_MS.map((ms) => BOUNDS_MS.indexOf(ms) + 1), BUCKETS];

export function seriesFamilies(sums: Sums): readonly WrittenFamily[] {
  const shared = new WeakMap<SeriesSum, string>();
  const labelsOf = (series: SeriesSum): string => {
    const known = shared.get(series);
    if (known !== undefined) return known;
    const { model, version, role } = series;
    const made = labelsText({ model, version, role });
    shared.set(series, made);
    return made;
  };
  const family = (type: Family['type'], name: string, help: string, of: Writer): WrittenFamily => {
    const write = of(name);
    return {
      name,
      help,
      type,
      lines() {
        let text = '';
        for (const series of sums.series) text += write(series.cells, labelsOf(series));
        return text;
      },
    };
  };
  return [
    family(
      'counter',
      'headgate_decisions_total',
      'Calls that ended, by the reason for their version. Role shadow: mirrored copies.',
      perCell(at.reasons, labelsPer('reason', REASONS)),
    ),
    family(
      'counter',
      'headgate_responses_total',
      'Calls that ended, by class of status. none: there was no answer.',
      perCell(at.statuses, labelsPer('status', STATUS_CLASSES), new Set(['2xx', '5xx'])),
    ),
    family(
      'counter',
      'headgate_failures_total',
      'Calls that Headgate ended itself, by code and by who caused it.',
      perCell(
        at.failures,
        FAILURES.map(({ code, source }) => ({ code, source })),
      ),
    ),
    family(
      'histogram',
      'headgate_decision_duration_seconds',
      "From the head of the request to the last byte of the answer; a shadow's to the end of its answer.",
      histogramAt(at.latency),
    ),
    family(
      'histogram',
      'headgate_upstream_duration_seconds',
      "From the start of the last attempt to its answer's last byte.",
      histogramAt(at.upstream),
    ),
    family('counter', 'headgate_retries_total', 'Attempts after the first.', oneCell(at.retries)),
    family(
      'counter',
      'headgate_fallbacks_total',
      'Calls of a version that failed before answering and were answered by the champion.',
      oneCell(at.fallbacks),
    ),
    family(
      'counter',
      'headgate_drain_forgotten_total',
      'Units of a leaving version forgotten before their time: more were seen than drain.units.',
      perCell(at.drainForgotten, [NONE]),
    ),
    family(
      'counter',
      'headgate_shadows_dropped_total',
      'Requests chosen for a mirror and not sent, by reason.',
      perCell(at.shadowDrops, labelsPer('reason', SHADOW_DROPS)),
    ),
    family('counter', 'headgate_request_bytes_total', 'Bytes of request bodies.', oneCell(at.requestBytes)),
    family('counter', 'headgate_response_bytes_total', 'Bytes of response bodies.', oneCell(at.responseBytes)),
    family('gauge', 'headgate_version_inflight', 'Calls in flight per version.', oneCell(at.inflight)),
  ];
}

export function gatewayFamilies({ gateway, threads }: Sums): readonly (Family | WrittenFamily)[] {
  const refused = perCell(
    GATEWAY.at.refused,
    labelsPer('code', FAILURE_CODES),
    ALWAYS_REFUSED,
  )('headgate_refused_total');
  const one = (type: Family['type'], name: string, help: string, cell: number): Family => ({
    name,
    help,
    type,
    samples: () => [{ value: gateway[cell] as number, labels: NONE }],
  });
  /** @param unit of the cell, in units of the metric: 1000 for milliseconds told as seconds */
  const perThread = (type: Family['type'], name: string, help: string, cell: number, unit = 1000): Family => ({
    name,
    help,
    type,
    samples: () =>
      threads.map(({ thread, cells: own }) => ({ value: (own[cell] as number) / unit, labels: { thread } })),
  });
  const cells = GATEWAY.at;
  return [
    {
      name: 'headgate_refused_total',
      help: 'Requests that the gate refused before a version was called, by code.',
      type: 'counter',
      lines: () => refused(gateway, ''),
    },
    one('gauge', 'headgate_inflight', 'Requests in flight.', cells.inflight),
    one('gauge', 'headgate_connections', 'Client connections open.', cells.connections),
    one(
      'counter',
      'headgate_connections_refused_total',
      'Client connections closed at once, since a thread had listen.connections of them.',
      cells.connectionsRefused,
    ),
    perThread(
      'gauge',
      'headgate_gateway_eventloop_lag_p99_seconds',
      'How late the event loop of a gateway thread ran, 99th percentile of the last two seconds.',
      cells.loopDelayP99Ms,
    ),
    perThread(
      'gauge',
      'headgate_gateway_eventloop_lag_max_seconds',
      'How late the event loop of a gateway thread ran at worst in the last two seconds.',
      cells.loopDelayMaxMs,
    ),
    perThread(
      'counter',
      'headgate_gateway_gc_seconds_total',
      'Time that a gateway thread spent on collecting garbage.',
      cells.collectedMs,
    ),
    perThread(
      'counter',
      'headgate_gateway_gc_total',
      'Collections of garbage by a gateway thread.',
      cells.collections,
      1,
    ),
    perThread(
      'gauge',
      'headgate_gateway_gc_pause_max_seconds',
      'The longest pause of a gateway thread for garbage in the last two seconds.',
      cells.longestCollectionMs,
    ),
    one('gauge', 'headgate_handover_slabs', 'Slabs of exchanges in the hands of the monitor.', cells.slabsOut),
    one('gauge', 'headgate_shadow_bytes', 'Bytes of bodies held for shadows.', cells.shadowBytes),
  ];
}

const FAILURE_CODES = FAILURES.map(({ code }) => code);
const ALWAYS_REFUSED: ReadonlySet<string> = new Set(['no_model', 'overloaded']);

/** Log lines that gateway threads had to let go. */
export function gatewayLogLinesLost({ gateway }: Sums): number {
  return gateway[GATEWAY.at.logLinesLost] as number;
}

/** Of a family's name: what writes the lines of one series, whose labels are given as text. */
type Writer = (name: string) => (cells: Float64Array, labels: string) => string;

function labelsPer(label: string, names: readonly string[]): readonly Labels[] {
  return names.map((name) => ({ [label]: name }));
}

/** A run of cells, one value of a label each; those never counted only where the value is in `always`. */
function perCell(start: number, labels: readonly Labels[], always: ReadonlySet<string> = new Set()): Writer {
  const shown = labels.map((each) => Object.values(each).some((value) => always.has(value)));
  const own = labels.map(labelsText);
  return (name) => (cells, shared) => {
    let text = '';
    for (let i = 0; i < own.length; i++) {
      const value = cells[start + i] as number;
      if (value > 0 || shown[i] === true) text += line(lineHead(name, both(own[i] as string, shared)), value);
    }
    return text;
  };
}

const both = (one: string, other: string): string => (one === '' || other === '' ? one + other : `${one},${other}`);

function oneCell(cell: number): Writer {
  return (name) => (cells, labels) => line(lineHead(name, labels), cells[cell] as number);
}

/** One series of a histogram as it was last written. */
interface Written {
  readonly heads: readonly string[];
  total: number;
  sumMs: number;
  text: string;
}

/** Cumulative buckets, sum and count in seconds; nothing until the first value. */
function histogramAt(offset: number): Writer {
  return (name) => {
    const kept = new WeakMap<Float64Array, Written>();
    const writtenOf = (cells: Float64Array, labels: string): Written => {
      const known = kept.get(cells);
      if (known !== undefined) return known;
      const heads = LE.map((le) => lineHead(`${name}_bucket`, `le="${le}",${labels}`));
      heads.push(lineHead(`${name}_sum`, labels), lineHead(`${name}_count`, labels));
      const made = { heads, total: 0, sumMs: 0, text: '' };
      kept.set(cells, made);
      return made;
    };
    return (cells, labels) => {
      const total = countOf(cells, offset);
      if (total === 0) return '';
      const written = writtenOf(cells, labels);
      const sum = sumMs(cells, offset);
      if (written.total !== total || written.sumMs !== sum) {
        written.total = total;
        written.sumMs = sum;
        written.text = histogramText(cells, offset, written.heads, total, sum);
      }
      return written.text;
    };
  };
}

function histogramText(
  cells: Float64Array,
  offset: number,
  heads: readonly string[],
  total: number,
  sum: number,
): string {
  let text = '';
  let below = 0;
  let next = 0;
  for (let i = 0; i < LE.length; i++) {
    for (; next < (LE_END[i] as number); next++) below += cells[offset + next] as number;
    text += line(heads[i] as string, below);
  }
  return text + line(heads[LE.length] as string, sum / 1000) + line(heads[LE.length + 1] as string, total);
}
