// Who takes part at all: the shares of `eligible` and `holdout`, the leaving version of `drain`, and what none of them can
// mean without a unit. Which models share a layer is decided where all of them are known.

import { child, type Located } from './located.ts';
import type { DrainPlan, ModelPlan, RulePlan } from './plan.ts';
import type { Findings } from './problem.ts';
import { type Names, slotsOf, versionNamed } from './resolve-shares.ts';
import type { RawModel } from './schema.ts';

/** Keys that are about units, and mean nothing where no request has one. */
const ABOUT_UNITS = ['overrides', 'eligible', 'holdout', 'layer', 'drain'] as const;

export function enrolmentOf(
  raw: RawModel,
  at: Located,
  names: Names,
): Pick<ModelPlan, 'eligible' | 'holdout' | 'drain'> {
  const { findings } = names;
  const eligible = slotsOf(raw.eligible, 'eligible', at, findings);
  const holdout = slotsOf(raw.holdout, 'holdout', at, findings);
  const idle = { overrides: Object.keys(raw.overrides).length === 0, eligible: eligible === 1, holdout: holdout === 0 };
  if (raw.sticky === undefined && child(at, 'sticky')?.kind !== 'map') {
    for (const key of ABOUT_UNITS) {
      const here = child(at, key);
      if (here === undefined || (key in idle && idle[key as keyof typeof idle])) continue;
      const problem = `\`${key}\` is about units, and no request of this model has one`;
      findings.atKey(at, key, problem, 'name a sticky key, or remove it');
    }
  }
  return { eligible, holdout, drain: drainOf(raw, at, names) };
}

function drainOf({ drain }: RawModel, at: Located, names: Names): DrainPlan | null {
  const here = child(at, 'drain', 'version');
  if (drain === undefined || here === undefined) return null;
  return { version: versionNamed(names, drain.version, here), forMs: drain.for, unitsMax: drain.units };
}

/** A rule behind one that holds whenever it does is never reached. */
export function reportUnreachable(rules: readonly RulePlan[], at: Located, findings: Findings): void {
  for (const [index, { when }] of rules.entries()) {
    const first = rules
      .slice(0, index)
      .findIndex((earlier) => conditions(earlier.when) > 0 && covers(earlier.when, when));
    const here = child(at, 'rules', index);
    if (first < 0 || here === undefined) continue;
    const problem = `rules[${first}] holds whenever this rule does, so it is never reached`;
    findings.at(here, problem, 'put the narrower rule first, or remove one of the two');
  }
}

type When = RulePlan['when'];

function conditions({ headers, query, path, body }: When): number {
  return Object.keys(headers).length + Object.keys(query).length + (path === null ? 0 : 1) + body.length;
}

/** Whether every condition of `wide` follows from those of `narrow`. */
function covers(wide: When, narrow: When): boolean {
  const within = (part: Readonly<Record<string, string>>, all: Readonly<Record<string, string>>): boolean =>
    Object.entries(part).every(([name, value]) => Object.hasOwn(all, name) && all[name] === value);
  const pathFollows =
    wide.path === null ||
    (narrow.path !== null && (narrow.path === wide.path || narrow.path.startsWith(`${wide.path}/`)));
  const bodyFollows = wide.body.every(({ tokens, value }) =>
    narrow.body.some((other) => other.value === value && samePlace(other.tokens, tokens)),
  );
  return pathFollows && bodyFollows && within(wide.headers, narrow.headers) && within(wide.query, narrow.query);
}

function samePlace(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((token, i) => token === b[i]);
}
