// Words for what a run has found: conditions, tables in markdown, targets, and what the benchmark cannot tell.

import type { Conditions } from './conditions.ts';
import type { Findings, Spread, Table } from './section.ts';
import { type Judged, judge, measuredText, TARGETS } from './targets.ts';
import { markdownTable, medianText, spreadText } from './words.ts';
import { answerBody, createPool, requestBody } from './workload.ts';

/** A section that has run, as it is kept. */
export interface Outcome extends Findings {
  readonly id: string;
  readonly title: string;
  readonly conditions: Conditions;
  readonly placement: string;
  readonly seed: number;
  readonly tookSeconds: number;
}

/** All sections that have run at one commit. */
export interface Run {
  readonly commit: string;
  readonly sections: readonly Outcome[];
}

const LIMITS = [
  'Load, candidate and upstreams share one machine: CPU per request is what to compare, not requests per second.',
  'All is on the loopback interface: no network, no TLS, upstreams that answer at once.',
  'nginx and haproxy record nothing and compare nothing: no rival here does the work of the rungs from capture on.',
  'LiteLLM is not measured: its proxy is a Python application with a hundred dependencies, and nobody here vouches for a set-up of it.',
  'Capture writes to a temporary folder of this machine: a slower disk is not measured.',
  'An hour of traffic is so many requests, not so much time: what ages by the clock does not age here.',
];

export function figuresOf({ sections }: Run): Record<string, Spread> {
  return Object.assign({}, ...sections.map(({ figures }) => figures)) as Record<string, Spread>;
}

export function judgeRun(run: Run): Judged[] {
  return judge(TARGETS, figuresOf(run));
}

export function targetsTable(judged: readonly Judged[]): string {
  const rows = judged.map((each) => [each.target.what, each.target.aim, measuredText(each), each.verdict]);
  return markdownTable({ head: ['what', 'target', 'measured', ''], rows });
}

/** The ladder in three columns: narrow enough for a README. */
export function ladderTable(run: Run): string {
  const figures = figuresOf(run);
  const rows = LADDER_ROWS.flatMap(([id, title]) => {
    const us = figures[`ladder/${id}/us-saturated`];
    if (us === undefined) return [];
    const at = (name: string): Spread | undefined => figures[`ladder/${id}/${name}`];
    return [[title, medianText(us, 0), spreadText(at('x-nginx-split-mirror'), 2), medianText(at('us-paced'), 0)]];
  });
  return markdownTable({ head: ['', 'us, saturated', 'x nginx split + mirror', 'us, 2,000/s'], rows });
}

const LADDER_ROWS: readonly (readonly [id: string, title: string])[] = [
  ['nginx', 'nginx, plain'],
  ['nginx-split-mirror', 'nginx, split + mirror'],
  ['headgate-pass', 'Headgate, plain'],
  ['headgate-split', '+ sticky split'],
  ['headgate-telemetry', '+ telemetry'],
  ['headgate-mirror', '+ mirror 100 %'],
  ['headgate-capture', '+ capture 100 %, full bodies'],
  ['headgate-drift', '+ drift of every column'],
  ['headgate-acked', 'the same, durability: acked'],
];

export function outcomeText(outcome: Outcome): string {
  const { title, tables, notes, warnings } = outcome;
  return [
    `## ${title}`,
    ...tables.map(tableText),
    notes.map((note) => `- ${note}`).join('\n'),
    warnings.length === 0 ? '' : `Not as it should be:\n\n${warnings.map((warning) => `- ${warning}`).join('\n')}`,
    conditionsText(outcome),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

function tableText(table: Table): string {
  return `${table.title}:\n\n${markdownTable(table)}`;
}

/** The whole run as markdown. */
export function markdown(run: Run): string {
  return [
    `# Benchmark of ${run.commit}`,
    `## Targets`,
    targetsTable(judgeRun(run)),
    'Median of the rounds (lowest..highest). Ratios are taken round by round, both sides under the same weather.',
    ...run.sections.map(outcomeText),
    `## What this does not tell\n\n${LIMITS.map((limit) => `- ${limit}`).join('\n')}`,
    `Requests: POST of ${requestBody(0).length} bytes (${createPool(undefined, 1).size} with their head), answers of ${answerBody('champion').length} bytes, where nothing else is said.`,
  ].join('\n\n');
}

export function conditionsText({ conditions, placement, seed, tookSeconds }: Omit<Outcome, keyof Findings>): string {
  const { at, commit, cores, cpu, memoryGiB, kernel, versions, busy, others, stolen } = conditions;
  const named = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  const share = (value: number): string => `${(value * 100).toFixed(1)} %`;
  return [
    `<sub>${at.slice(0, 16).replace('T', ' ')} UTC, commit ${commit}; ${cores} cores of ${cpu}, ${memoryGiB} GiB, Linux ${kernel}; ${placement}.`,
    `In use before the start ${share(busy)}; meanwhile used by others ${share(others)}, taken by the hypervisor ${share(stolen)}; seed ${seed}; ${tookSeconds} s. ${named.join(', ')}.</sub>`,
  ].join('\n');
}
