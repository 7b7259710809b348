// Words for the figures: the conditions, the tables in markdown, and what the benchmark cannot tell.

import type { Candidate } from './candidate.ts';
import type { Conditions } from './conditions.ts';
import type { Options } from './options.ts';
import type { OpenSummary, Percentile, Spread, Summary } from './summary.ts';
import { answerBody, createPool, requestBody } from './workload.ts';

export interface Refusal {
  readonly candidate: string;
  readonly why: string;
}

export interface Report {
  readonly conditions: Conditions;
  readonly options: Options;
  readonly candidates: readonly Pick<Candidate, 'id' | 'title' | 'work'>[];
  readonly summaries: readonly Summary[];
  readonly refused: readonly Refusal[];
}

const LIMITS = [
  'Load, candidate and upstreams share the cores of one machine: CPU per request is what to compare, not requests per second.',
  'All is on the loopback interface: no network, no TLS, one size of request and answer, upstreams that answer at once.',
  'nginx and haproxy record nothing: no rival here does the work of the capture and drift rungs.',
  'Latency runs from the intended start and holds the lateness of the load generator; added latency is the difference to no proxy, round by round.',
  'Capture writes to a temporary folder of this machine: a slower disk is not measured.',
];

export function conditionsText({ conditions, options }: Pick<Report, 'conditions' | 'options'>): string {
  const versions = Object.entries(conditions.versions).map(([name, version]) => `${name} ${version}`);
  const phases = options.phases.map((phase) => `${phase.seconds} s at ${phase.ratePerSecond}/s`);
  return [
    `- ${conditions.at.slice(0, 10)}, commit ${conditions.commit}, ${conditions.cores} cores of ${conditions.cpu}, ${conditions.memoryGiB} GiB, Linux ${conditions.kernel}`,
    `- load average before the start ${conditions.loadAverage.toFixed(2)}, cores in use ${(conditions.busy * 100).toFixed(0)} %`,
    `- ${versions.join(', ')}`,
    `- ${options.rounds} rounds in random order (seed ${options.seed}): warm-up ${options.warmUpSeconds} s, ${phases.join(', ')}, saturation ${options.saturationSeconds} s (wrk)`,
    `- ${options.connections} kept-alive connections; POST of ${requestBody(0).length} bytes (${createPool(1).size} with its head), answer of ${answerBody('champion').length} bytes`,
  ].join('\n');
}

export function costTable(report: Report): string {
  const rows = inOrder(report).map(({ candidate, summary }) => [
    candidate.title,
    workWords(candidate),
    spreadText(summary.saturation.cpuUsPerRequest, 0),
    spreadText(summary.open.at(-1)?.cpuUsPerRequest ?? null, 0),
    spreadText(summary.ratios.plain?.saturated ?? null, 2),
    spreadText(summary.ratios.splitMirror?.saturated ?? null, 2),
    summary.residentMiB === null ? '-' : summary.residentMiB.toFixed(0),
  ]);
  const paced = report.options.phases.at(-1)?.ratePerSecond ?? 0;
  return table(
    ['candidate', 'work', 'CPU us/request, saturated', `at ${paced}/s`, 'x nginx', 'x nginx split + mirror', 'MiB'],
    rows,
  );
}

export function latencyTable(report: Report): string {
  const rows = inOrder(report).map(({ candidate, summary }) => [
    candidate.title,
    ...summary.open.flatMap(latencyCells),
  ]);
  const heads = report.options.phases.flatMap(({ ratePerSecond: rate }) => [
    `${rate}/s: p50`,
    'p99',
    'p99.9',
    'added p50',
    'added p99',
  ]);
  return table(['open loop, ms', ...heads], rows);
}

function warningsText({ summaries, refused }: Report): string {
  const lines = [
    ...refused.map(({ candidate, why }) => `- ${candidate}: not measured. ${why}`),
    ...summaries.flatMap(({ candidate, warnings }) => warnings.map((warning) => `- ${candidate}: ${warning}`)),
  ];
  return lines.length === 0 ? '' : `Not as it should be:\n\n${lines.join('\n')}\n`;
}

/** The whole report as markdown. */
export function markdown(report: Report): string {
  return [
    costTable(report),
    'Median of the rounds (lowest..highest); ratios are taken round by round. CPU is user and system time of all threads and processes of the candidate.',
    latencyTable(report),
    'Percentiles of all rounds together (95 % interval by resampling rounds); added: median of the rounds (lowest..highest).',
    warningsText(report),
    conditionsText(report),
    `What this does not tell:\n\n${LIMITS.map((limit) => `- ${limit}`).join('\n')}`,
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

function inOrder(report: Report): { candidate: Report['candidates'][number]; summary: Summary }[] {
  return report.candidates.flatMap((candidate) => {
    const summary = report.summaries.find((each) => each.candidate === candidate.id);
    return summary === undefined ? [] : [{ candidate, summary }];
  });
}

function workWords({ work }: Pick<Candidate, 'work'>): string {
  const words = Object.entries(work).flatMap(([word, done]) => (done ? [word] : []));
  return words.length === 0 ? 'proxy' : words.join(', ');
}

function latencyCells({ latency, addedUs }: OpenSummary): string[] {
  return [
    percentileText(latency.p50),
    percentileText(latency.p99),
    percentileText(latency.p999),
    addedUs === null ? '-' : spreadText(inMs(addedUs.p50), 2),
    addedUs === null ? '-' : spreadText(inMs(addedUs.p99), 2),
  ];
}

function inMs({ median, low, high }: Spread): Spread {
  return { median: median / 1000, low: low / 1000, high: high / 1000 };
}

function percentileText({ us, low, high }: Percentile): string {
  return spreadText(inMs({ median: us, low, high }), 2);
}

function spreadText(spread: Spread | null, digits: number): string {
  if (spread === null) return '-';
  const [median, low, high] = [spread.median, spread.low, spread.high].map((value) => value.toFixed(digits));
  return low === high ? `${median}` : `${median} (${low}..${high})`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((cell, column) => Math.max(3, cell.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  return [line(head), `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`, ...rows.map(line)].join('\n');
}
