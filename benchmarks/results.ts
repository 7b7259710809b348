// Where figures are kept: benchmarks/results, one file per commit for machines and one for people; and the places in README.md and
// docs/performance.md where the last of them are shown.

import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './conditions.ts';
import { judgeRun, ladderTable, markdown, type Outcome, outcomeText, type Run, targetsTable } from './report.ts';
import { SECTIONS } from './sections/index.ts';

const START = '<!-- bench:start -->';
const END = '<!-- bench:end -->';
export const FOLDER = join(ROOT, 'benchmarks/results');

/** @returns what is kept of a commit, and its path below the project without the ending; null where nothing is */
export function keptRun(commit: string, folder: string = FOLDER): { readonly run: Run; readonly name: string } | null {
  if (!existsSync(folder)) return null;
  const file = readdirSync(folder)
    .filter((name) => name.endsWith(`-${commit}.json`))
    .sort()
    .at(-1);
  if (file === undefined) return null;
  const run = JSON.parse(readFileSync(join(folder, file), 'utf8')) as Run;
  return Array.isArray(run.sections) ? { run, name: file.replace(/\.json$/, '') } : null;
}

/** Put a section beside those that are kept of its commit, in place of an earlier one. @returns the path of the report, below the project */
export function keepOutcome(outcome: Outcome, folder: string = FOLDER): string {
  const { commit, at } = outcome.conditions;
  const kept = keptRun(commit, folder);
  const others = (kept?.run.sections ?? []).filter(({ id }) => id !== outcome.id);
  const order = SECTIONS.map(({ id }) => id);
  const sections = [...others, outcome].sort((a, b) => order.indexOf(a.id) - order.indexOf(b.id));
  const name = kept?.name ?? `${at.slice(0, 10)}-${commit}`;
  const run: Run = { commit, sections };
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${name}.json`), `${JSON.stringify(run, null, 2)}\n`);
  writeFileSync(join(folder, `${name}.md`), `${markdown(run)}\n`);
  return `benchmarks/results/${name}.md`;
}

/** @throws where a page has no place for its tables */
export function publish(run: Run, name: string, root: string = ROOT): void {
  const kept = `benchmarks/results/${name}.md`;
  rewrite(join(root, 'README.md'), readmeText(run, kept));
  rewrite(join(root, 'docs/performance.md'), performanceText(run, `../${kept}`));
}

function rewrite(file: string, text: string): void {
  writeFileSync(file, withTables(readFileSync(file, 'utf8'), text, file));
}

/** Replace what stands between the two marks. */
export function withTables(page: string, text: string, file: string): string {
  const start = page.indexOf(START);
  const end = page.indexOf(END);
  if (start < 0 || end < start)
    throw new Error(`${file} has no ${START} followed by ${END}: put both where the tables belong`);
  return `${page.slice(0, start + START.length)}\n${text}\n${page.slice(end)}`;
}

function readmeText(run: Run, kept: string): string {
  return [
    'CPU time per request, all threads counted, on one core:',
    ladderTable(run),
    'Against what it set out to reach:',
    // What a run left out is on the other page.
    targetsTable(judgeRun(run).filter(({ measured }) => measured !== null)),
    `${machineText(run)} All figures and their conditions: [${kept}](${kept}), how they are taken and read: [docs/performance.md](docs/performance.md); again: \`npm run bench\`.`,
  ].join('\n\n');
}

function performanceText(run: Run, kept: string): string {
  return [
    `${machineText(run)} The run as kept: [${kept}](${kept}).`,
    targetsTable(judgeRun(run)),
    ...run.sections.map(outcomeText),
  ].join('\n\n');
}

function machineText({ sections, commit }: Run): string {
  const conditions = sections[0]?.conditions;
  if (conditions === undefined) return '';
  const { cores, cpu, at } = conditions;
  return `Measured at ${commit} on ${at.slice(0, 10)}, ${cores} cores of ${cpu}: median (lowest..highest) of the rounds.`;
}
