// Names of versions become indices, weights become shares: the split, the rules, the overrides, the mirrors. A name that no
// version bears is never guessed at.

import { SLOTS, UNIT_BYTES_MAX } from '../model.ts';
import { child, deepest, entriesOf, type Located, shown } from './located.ts';
import { suggest } from './nearest.ts';
import type { MirrorPlan, RulePlan } from './plan.ts';
import type { Findings } from './problem.ts';
import { pointerTokens } from './quantities.ts';
import type { RawMirror, RawModel } from './schema.ts';

/** The versions of one model by name; undefined where they could not be read, and names cannot be judged. */
export interface Names {
  readonly model: string;
  readonly index: ReadonlyMap<string, number> | undefined;
  readonly findings: Findings;
}

/** Index of a version that a value names; -1 where there is none, which is reported once. */
export function versionNamed(names: Names, name: string, at: Located, key?: string): number {
  const index = names.index?.get(name) ?? -1;
  if (index < 0 && names.index !== undefined && !(at.kind === 'scalar' && at.broken)) {
    const word = key === undefined ? shown(at) : JSON.stringify(name);
    const problem = `model ${names.model} has no version ${word}`;
    // What comes from the environment is not even compared: a near miss would tell of it.
    const remedy = suggest(key === undefined && at.interpolated ? '' : name, [...names.index.keys()], 'its versions');
    if (key === undefined) names.findings.at(at, problem, remedy);
    else names.findings.atKey(at, key, problem, remedy);
  }
  return index;
}

/** Shares in the order of the versions, summing to 1. */
export function sharesOf(weights: Readonly<Record<string, number>>, at: Located, names: Names): readonly number[] {
  const shares = new Array<number>(names.index?.size ?? 0).fill(0);
  const given = Object.entries(weights);
  let sum = 0;
  for (const [name, weight] of given) {
    const index = versionNamed(names, name, at, name);
    if (index >= 0) shares[index] = weight;
    sum += weight;
  }
  if (sum === 0 && given.length === entriesOf(at).size) {
    names.findings.at(at, 'the weights sum to zero', 'give at least one version a weight above zero');
  }
  if (!Number.isFinite(sum)) names.findings.at(at, 'the sum of the weights is too large', 'write smaller weights');
  for (const [name, weight] of given) {
    if (!(weight > 0) || !Number.isFinite(sum) || weight / sum >= SLOT - 1e-12) continue;
    const problem = `${percentOf(weight / sum)} of the units is less than one slot of ${SLOTS}`;
    names.findings.atKey(at, name, problem, `give it at least ${percentOf(SLOT)} of the sum, or 0`);
  }
  return shares.map((weight) => weight / sum);
}

/** The smallest share there is. */
const SLOT = 1 / SLOTS;

function percentOf(fraction: number): string {
  return `${Number((fraction * 100).toPrecision(6))}%`;
}

/** A share that must be whole slots, since one unit more or less would move at each rounding. */
export function slotsOf(fraction: number, key: string, at: Located, findings: Findings): number {
  const slots = fraction * SLOTS;
  if (Math.abs(slots - Math.round(slots)) > 1e-6) {
    const [below, above] = [Math.floor(slots) / SLOTS, Math.ceil(slots) / SLOTS].map(percentOf);
    const problem = `${percentOf(fraction)} of the units is no whole number of slots (${percentOf(SLOT)} each)`;
    findings.at(child(at, key) ?? at, problem, `write ${below} or ${above}`);
  }
  return Math.round(slots) / SLOTS;
}

export function overridesOf(raw: RawModel, at: Located, names: Names): ReadonlyMap<string, number> {
  const overrides = new Map<string, number>();
  for (const [unit, name] of Object.entries(raw.overrides)) {
    const here = deepest(at, ['overrides', unit]);
    const bytes = Buffer.byteLength(unit, 'utf8');
    if (bytes === 0 || bytes > UNIT_BYTES_MAX) {
      const problem = `a unit has 1 to ${UNIT_BYTES_MAX} bytes, this one ${bytes}`;
      names.findings.atKey(deepest(at, ['overrides']), unit, problem, 'remove it: no request ever has it');
    }
    overrides.set(unit, versionNamed(names, name, here));
  }
  return overrides;
}

export function rulesOf(raw: RawModel, at: Located, names: Names): readonly RulePlan[] {
  return raw.rules.map((rule, index) => {
    const here = deepest(at, ['rules', index]);
    const { header, query, path, body } = rule.when;
    if (entriesOf(child(here, 'when')).size === 0) {
      const remedy =
        'name a header, a query parameter, a path or a place in the body; a split for all belongs to the model';
      names.findings.atKey(here, 'when', 'a rule without a condition', remedy);
    }
    if (child(here, 'split') === undefined)
      names.findings.atKey(here, 'split', 'a rule without a split', 'say who gets the units');
    return {
      when: {
        headers: conditionsOf(header, deepest(here, ['when', 'header']), names.findings),
        query,
        path: path ?? null,
        body: Object.entries(body).map(([pointer, value]) => ({ tokens: pointerTokens(pointer), value })),
      },
      split: rule.split === undefined ? [] : sharesOf(rule.split, deepest(here, ['split']), names),
    };
  });
}

export function mirrorsOf(raw: RawModel, at: Located, champion: number, names: Names): readonly MirrorPlan[] {
  const here = deepest(at, ['mirror']);
  return Object.entries(raw.mirror).map(([name, mirror]: [string, RawMirror]) => {
    const version = versionNamed(names, name, here, name);
    if (version >= 0 && version === champion) {
      const remedy = 'mirror a challenger, or leave it out';
      names.findings.atKey(here, name, 'the champion cannot be its own shadow', remedy);
    }
    return { version, share: mirror.share, timeoutMs: mirror.timeout, callsMax: mirror.calls, bytesMax: mirror.bytes };
  });
}

/** Headers that a request must have, names in lower case. One name in two cases is a problem. */
export function conditionsOf(
  headers: Readonly<Record<string, string>>,
  at: Located,
  findings: Findings,
): Readonly<Record<string, string>> {
  const lower: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    const key = name.toLowerCase();
    if (Object.hasOwn(lower, key)) findings.atKey(at, name, 'this header is named twice', 'remove one of the two');
    lower[key] = value;
  }
  return lower;
}
