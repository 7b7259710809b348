// Where figures are kept: benchmarks/results, one file per run for machines and one for people, and the README on request.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './conditions.ts';
import { costTable, latencyTable, markdown, type Report } from './report.ts';

const START = '<!-- bench:start -->';
const END = '<!-- bench:end -->';

/** @returns the path of the table, below the project */
export function keepResults(report: Report, folder: string = join(ROOT, 'benchmarks/results')): string {
  const name = `${report.conditions.at.slice(0, 10)}-${report.conditions.commit}`;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${name}.json`), `${JSON.stringify(report, null, 2)}\n`);
  writeFileSync(join(folder, `${name}.md`), `${markdown(report)}\n`);
  return `benchmarks/results/${name}.md`;
}

/** @throws where the README has no place for the table */
export function updateReadme(report: Report, kept: string, file: string = join(ROOT, 'README.md')): void {
  writeFileSync(file, withTable(readFileSync(file, 'utf8'), readmeText(report, kept)));
}

/** Replace what stands between the two marks. */
export function withTable(readme: string, text: string): string {
  const start = readme.indexOf(START);
  const end = readme.indexOf(END);
  if (start < 0 || end < start)
    throw new Error(`README.md has no ${START} followed by ${END}: put both where the table belongs`);
  return `${readme.slice(0, start + START.length)}\n${text}\n${readme.slice(end)}`;
}

function readmeText(report: Report, kept: string): string {
  const { conditions, options } = report;
  return [
    costTable(report),
    latencyTable(report),
    `${options.rounds} rounds on ${conditions.cores} cores of ${conditions.cpu} (${conditions.at.slice(0, 10)}, ${conditions.commit}); median and range. Conditions, intervals and limits: [${kept}](${kept}); again: \`npm run bench\`.`,
  ].join('\n\n');
}
