// `headgate explain --decision ID`: a past decision from its record, and what the configuration of today says to the same
// request. Where the two differ, why. Reads the captured segments below `data`; asks no running gate.

import { existsSync } from 'node:fs';
import type { ExplainView } from '../admin/view.ts';
import type { CaptureRow } from '../capture/row.ts';
import { createDecisionFinder } from '../capture/segments/find.ts';
import { capturesFolder } from '../capture/segments/folder.ts';
import { findStored } from '../capture/store/find-once.ts';
import { asOnTheWire } from '../split/explain.ts';
import type { Attributes } from '../split/rules.ts';
import { EXIT } from './exit-codes.ts';
import { type Asked, type Explained, type ExplainedModel, loadExplained } from './explain.ts';
import { type Then, whatDiffers } from './what-differs.ts';

export interface ExplainDecisionOptions extends Asked {
  readonly decision: string;
  readonly file: string;
  readonly json: boolean;
}

export interface Replay {
  readonly decision: string;
  /** ISO. */
  readonly at: string;
  readonly model: string;
  readonly unit: string;
  readonly recorded: Then;
  /** null where it cannot be said: `why` tells the reason. */
  readonly today: ExplainView | null;
  /** Whether the unit is assigned the same version today; null where it cannot be said. */
  readonly same: boolean | null;
  readonly why: readonly string[];
}

/** @returns the exit code */
export async function runExplainDecision(options: ExplainDecisionOptions): Promise<number> {
  const loaded = loadExplained(options.file);
  if (typeof loaded === 'number') return loaded;
  const { data } = loaded.plan;
  const rows = await findRows(data, options.decision);
  const row = rows.at(-1);
  if (row === undefined) {
    process.stderr.write(
      `${data}: nothing is on record under ${JSON.stringify(options.decision)}; capture.sample may have left it out, or it is older than captures.retain.records.\n`,
    );
    return EXIT.data;
  }
  const told = replay(row, loaded, options);
  process.stdout.write(options.json ? `${JSON.stringify(told, null, 2)}\n` : replayText(told, rows.length));
  return EXIT.ok;
}

/** Calls that answered or were to answer, oldest first: of segments, and of the store. */
async function findRows(data: string, decision: string): Promise<CaptureRow[]> {
  const folder = capturesFolder(data);
  const finder = createDecisionFinder({ folder, indexMax: 1, scanBytesMax: Number.POSITIVE_INFINITY });
  // Segments first: one that goes into the store between the two looks is found there.
  const captured = existsSync(folder) ? (await finder.find(decision)).rows : [];
  const rows = [...(await findStored(data, decision)), ...captured];
  const once = new Map(rows.map((row) => [`${row.replica}/${row.sequence}`, row]));
  return [...once.values()].filter(({ role }) => role !== 'shadow').sort((a, b) => a.at - b.at);
}

/** @param asked what the record lacks, as a person remembers it; it goes before the record */
export function replay(row: CaptureRow, configuration: Explained, asked: Asked): Replay {
  const {
    decision_id: decision,
    model,
    unit,
    version,
    assigned,
    slot,
    epoch,
    propensity,
    reason,
    rule,
    generation,
  } = row;
  const recorded: Then = { version, assigned, slot, epoch, propensity, reason, rule, generation };
  const base = { decision, at: new Date(row.at).toISOString(), model, unit, recorded };
  const unknown = (sentence: string): Replay => ({ ...base, today: null, same: null, why: [sentence] });

  const found = configuration.named(model);
  if (found === undefined) return unknown(`Model ${model} is no longer in the configuration.`);
  if (slot < 0)
    return unknown('The request had no unit: it was not sticky, and the same request may be drawn otherwise.');
  const { answers, missing } = answersOf(row, found, asked);
  const [now] = answers;
  if (now === undefined) return unknown(`Model ${model} has no answer for this unit.`);
  if (unit.includes('\ufffd') && now.slot !== slot) {
    return unknown('The unit was not valid UTF-8: its bytes are not on record.');
  }
  if (answers.some((other) => other.version !== now.version)) return unknown(missing);
  const view = { ...now, generation: configuration.plan.generation };
  return { ...base, today: view, same: assigned === view.version, why: whatDiffers(recorded, view, found.model) };
}

/** Today's answers: one, or several where a rule looks at something that the record does not hold. */
function answersOf(row: CaptureRow, { plan, model, explainer }: ExplainedModel, asked: Asked) {
  const unit = { bytes: Buffer.from(row.unit, 'utf8'), text: row.unit };
  const isSame = row.generation === plan.generation;
  const given = asOnTheWire(explainer, { ...asked, path: '', body: asked.body });
  const attributes = attributesOf(row, asked, given, explainer);
  const onRecord = new Set([...model.capture.headers, ...namesOf(attributes.rawHeaders)]);
  const { rule, uncertain } = explainer.judge(attributes, {
    header: (name) => onRecord.has(name),
    // What was redacted does not stand there as it came.
    body: asked.body !== null || (row.request !== null && !row.truncated && model.capture.redact.length === 0),
  });
  // Under the same configuration the record knows best which rule held.
  const rules = isSame ? [row.rule ?? -1] : [rule, ...uncertain];
  const doubtful = uncertain.map((index) => `rules[${index}]`).join(', ');
  return {
    answers: rules.map((index) => explainer.explainRuled(unit, index)),
    missing: `${doubtful} may hold: it looks at what the record does not have. Name it with --header or --body.`,
  };
}

function attributesOf(
  row: CaptureRow,
  asked: Asked,
  given: Attributes,
  explainer: ExplainedModel['explainer'],
): Attributes {
  const query = new URLSearchParams(asked.query).toString();
  const [path = '', search = ''] = row.path.split(/\?(.*)/s);
  const searches = [query, search].filter((part) => part !== '').join('&');
  return {
    rawHeaders: [...given.rawHeaders, ...row.request_headers],
    target: `${asked.path ?? path}${searches === '' ? '' : `?${searches}`}`,
    body: asked.body === null ? explainer.readBody(row.request) : given.body,
  };
}

function namesOf(rawHeaders: readonly string[]): string[] {
  return rawHeaders.filter((_, i) => i % 2 === 0).map((name) => name.toLowerCase());
}

const ROWS = ['assigned', 'slot', 'epoch', 'propensity', 'reason', 'rule', 'generation'] as const;

export function replayText({ decision, at, model, unit, recorded, today, same, why }: Replay, calls: number): string {
  const cell = (value: string | number | null | undefined): string => String(value ?? '-');
  const current = today === null ? null : { ...today, assigned: today.version };
  const width = Math.max(6, ...ROWS.map((key) => cell(recorded[key]).length));
  const lines = [
    `decision    ${decision}${calls > 1 ? ` (the last of ${calls} calls on record)` : ''}`,
    `at          ${at}`,
    `model       ${model}`,
    `unit        ${unit}`,
    '',
    `            ${'then'.padEnd(width)}  now`,
    ...ROWS.map((key) => `${key.padEnd(12)}${cell(recorded[key]).padEnd(width)}  ${cell(current?.[key])}`),
    '',
    ...why,
  ];
  const verdict = same === null ? 'unknown' : same ? 'the same' : 'differs';
  return `${lines.join('\n')}\ntoday: ${verdict}\n`;
}
