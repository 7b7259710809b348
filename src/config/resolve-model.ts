// One model of the Plan: raw values with their places become indices, shares and milliseconds. Every problem that needs more
// than one value to be seen is found here.

import { protocolOf } from '../protocols/registry.ts';
import { enrolmentOf, reportUnreachable } from './enrolment.ts';
import { child, deepest, entriesOf, isDefault, type Located, shown } from './located.ts';
import type { NamedFiles } from './named-files.ts';
import type { CapturePlan, MatchPlan, ModelPlan, QualityPlan, RetryPlan, StickyPlan, VersionPlan } from './plan.ts';
import type { Findings } from './problem.ts';
import { pointerTokens } from './quantities.ts';
import { conditionsOf, mirrorsOf, type Names, overridesOf, rulesOf, sharesOf, versionNamed } from './resolve-shares.ts';
import { resolveVersion } from './resolve-version.ts';
import { type RawModel, VERSIONS_MAX } from './schema.ts';

export function resolveModel(
  name: string,
  raw: RawModel,
  at: Located,
  files: NamedFiles,
  findings: Findings,
): ModelPlan {
  const versions = versionsOf(name, raw, at, files, findings);
  const written = [...entriesOf(child(at, 'versions')).keys()];
  const index = written.length === 0 ? undefined : new Map(written.map((version, position) => [version, position]));
  const names: Names = { model: name, index, findings };
  const champion = championOf(raw, at, names);
  checkUnread(raw, at, findings);
  const rules = rulesOf(raw, at, names);
  reportUnreachable(rules, at, findings);
  return {
    name,
    owner: raw.owner ?? null,
    description: raw.description ?? null,
    protocol: raw.protocol,
    match: matchOf(name, raw, at, findings),
    champion,
    versions,
    sticky: stickyOf(raw, at, findings),
    salt: raw.salt ?? name,
    split:
      raw.split === undefined
        ? written.map((_, position) => (position === champion ? 1 : 0))
        : sharesOf(raw.split, deepest(at, ['split']), names),
    overrides: overridesOf(raw, at, names),
    rules,
    ...enrolmentOf(raw, at, names),
    layer: null,
    mirrors: mirrorsOf(raw, at, champion, names),
    fallback: raw.fallback === 'champion',
    retry: retryOf(raw),
    timeout: { connectMs: raw.timeout.connect, firstByteMs: raw.timeout.firstByte, totalMs: raw.timeout.total },
    breaker: { failures: raw.breaker.failures, openMs: raw.breaker.open },
    inflightMax: raw.inflight,
    capture: captureOf(raw, at, findings),
    features: raw.features,
    drift: {
      baseline: files.baseline(child(at, 'drift', 'baseline'), raw.drift.baseline) ?? null,
      against: raw.drift.against,
      tickMs: raw.drift.tick,
      tolerance: raw.drift.tolerance,
      provisionalRows: raw.drift.provisional,
    },
    quality: qualityOf(raw, at, findings),
  };
}

function versionsOf(name: string, raw: RawModel, at: Located, files: NamedFiles, findings: Findings): VersionPlan[] {
  const entries = entriesOf(child(at, 'versions'));
  const wrongKind = child(at, 'versions') !== undefined && child(at, 'versions')?.kind !== 'map';
  if (entries.size === 0 && !wrongKind) {
    findings.atKey(
      at,
      'versions',
      `model ${name} has no versions`,
      'write versions: { NAME: { url: http://HOST:PORT } }',
    );
  }
  if (entries.size > VERSIONS_MAX) {
    const problem = `model ${name} has ${entries.size} versions, more than ${VERSIONS_MAX}`;
    findings.atKey(at, 'versions', problem, 'remove those that get no traffic');
  }
  // In the order of the file, which an object would lose for names such as `2`.
  return [...entries].flatMap(([version, here]) => {
    const value = Object.hasOwn(raw.versions ?? {}, version) ? raw.versions?.[version] : undefined;
    return value === undefined ? [] : [resolveVersion(version, value, here, files, findings)];
  });
}

function championOf(raw: RawModel, at: Located, names: Names): number {
  const here = child(at, 'champion');
  if (raw.champion !== undefined && here !== undefined) return versionNamed(names, raw.champion, here);
  const count = names.index?.size ?? 0;
  if (count > 1 && here === undefined) {
    const choices = [...(names.index?.keys() ?? [])].slice(0, 20).join(', ');
    names.findings.atKey(
      at,
      'champion',
      `model ${names.model} has ${count} versions and no champion`,
      `name one of ${choices}`,
    );
  }
  return count === 1 ? 0 : -1;
}

function matchOf(name: string, raw: RawModel, at: Located, findings: Findings): MatchPlan {
  const here = deepest(at, ['match']);
  const paths = raw.match?.path ?? protocolOf(raw.protocol).defaultPaths(name);
  const methods = raw.match?.method ?? null;
  for (const [position, path] of paths.entries()) {
    const twice = child(here, 'path', position);
    if (paths.indexOf(path) < position && twice !== undefined) {
      findings.at(twice, 'this path stands in the list twice', 'remove one of the two');
    }
  }
  return {
    paths,
    methods,
    host: raw.match?.host ?? null,
    headers: conditionsOf(raw.match?.header ?? {}, deepest(here, ['header']), findings),
  };
}

/** Recorded in any case: without them a body could not be read. */
const READING_HEADERS = ['content-type', 'content-encoding', 'inference-header-content-length'];

const STICKY_SOURCES = ['header', 'query', 'cookie', 'body'] as const;

function stickyOf(raw: RawModel, at: Located, findings: Findings): StickyPlan | null {
  const { sticky } = raw;
  if (sticky === undefined) return null;
  const here = deepest(at, ['sticky']);
  const written = STICKY_SOURCES.filter((source) => child(here, source) !== undefined);
  if (written.length === 0) {
    findings.at(here, 'the sticky key has no source', 'name one of header, query, cookie or body');
  }
  if (written.length > 1) {
    findings.at(here, `the sticky key has ${written.length} sources: ${written.join(', ')}`, 'keep one of them');
  }
  const { header, query, cookie, body, missing } = sticky;
  checkMasked(raw, at, findings);
  if (header !== undefined) return { source: { kind: 'header', name: header }, missing };
  if (query !== undefined) return { source: { kind: 'query', name: query }, missing };
  if (cookie !== undefined) return { source: { kind: 'cookie', name: cookie }, missing };
  return { source: { kind: 'body', tokens: body === undefined ? [] : pointerTokens(body) }, missing };
}

/** The unit stands in every record, as it is. */
function checkMasked({ sticky, capture }: RawModel, at: Located, findings: Findings): void {
  for (const key of ['redact', 'hash'] as const) {
    const hidden = capture[key].find((one) =>
      one.startsWith('/') ? overlaps(sticky?.body, one) : one === sticky?.header,
    );
    const here = child(at, 'sticky', hidden?.startsWith('/') ? 'body' : 'header');
    if (hidden === undefined || here === undefined) continue;
    const entry = child(at, 'capture', key, capture[key].indexOf(hidden));
    const word = entry === undefined ? 'it' : shown(entry);
    const problem = `capture.${key} hides ${word}, and the unit from the same place would be recorded`;
    const remedy = `send the unit in a header of its own, as a keyed hash for instance, or take it out of ${key}`;
    findings.at(here, problem, remedy);
  }
}

/** Whether one is equal to, above or below the other; `*` and names of list members may stand for anything. */
function overlaps(body: string | undefined, pointer: string): boolean {
  if (body === undefined) return false;
  const [unit, hidden] = [pointerTokens(body), pointerTokens(pointer)];
  const shorter = Math.min(unit.length, hidden.length);
  return hidden.slice(0, shorter).every((token, i) => token === '*' || token === unit[i]);
}

/** Keys that speak of what is in a body, where the protocol reads none. What `defaults` says is for the models that it fits. */
function checkUnread({ protocol, capture }: RawModel, at: Located, findings: Findings): void {
  if (protocol !== 'raw') return;
  const remedy = 'leave it out, or choose a protocol that reads bodies';
  for (const place of [
    ['features'],
    ['quality'],
    ...['baseline', 'against', 'tick', 'tolerance', 'provisional'].map((key) => ['drift', key]),
  ]) {
    const here = child(at, ...place);
    if (here !== undefined && !isDefault(here)) findings.at(here, 'protocol raw reads no bodies', remedy);
  }
  const bodies = child(at, 'capture', 'bodies');
  if (capture.bodies === 'features' && bodies !== undefined && !isDefault(bodies)) {
    findings.at(bodies, 'protocol raw reads no bodies, so that no features are known', 'use full or none');
  }
}

function retryOf({ retry }: RawModel): RetryPlan {
  return { attempts: retry.attempts, on: [...new Set(retry.on)], budget: retry.budget };
}

function captureOf({ capture }: RawModel, at: Located, findings: Findings): CapturePlan {
  const isPointer = (text: string): boolean => text.startsWith('/');
  const headersOf = (list: readonly string[]): string[] => [...new Set(list.filter((text) => !isPointer(text)))];
  for (const list of ['redact', 'hash'] as const) checkRecorded(list, capture, at, findings);
  const key = hashKeyOf(capture, at, findings);
  return {
    sample: capture.sample,
    bodies: capture.bodies,
    redact: capture.redact.filter(isPointer).map(pointerTokens),
    redactHeaders: headersOf(capture.redact),
    hash:
      capture.hash.length === 0 || key === null
        ? null
        : { pointers: capture.hash.filter(isPointer).map(pointerTokens), headers: headersOf(capture.hash), key },
    headers: [...new Set(capture.headers)],
    durability: capture.durability,
  };
}

/** A pointer without its slash looks like a header, and would hide nothing. */
function checkRecorded(list: 'redact' | 'hash', capture: RawModel['capture'], at: Located, findings: Findings): void {
  const recorded = new Set([...READING_HEADERS, ...capture.headers]);
  for (const [index, text] of capture[list].entries()) {
    const here = child(at, 'capture', list, index);
    if (text.startsWith('/') || recorded.has(text) || here === undefined) continue;
    const problem = `${shown(here)} is neither a JSON pointer nor a header that is recorded`;
    findings.at(here, problem, 'write a pointer like /inputs/0/data, or name the header in capture.headers');
  }
}

function qualityOf({ quality }: RawModel, at: Located, findings: Findings): QualityPlan | null {
  if (quality === undefined) return null;
  const { kind, loss, tolerance, falseAlarms } = quality;
  const told = (key: string, problem: string, remedy: string): void =>
    findings.at(child(at, 'quality', key) ?? deepest(at, ['quality']), problem, remedy);
  if (loss === 'brier' && kind !== 'binary')
    told('loss', `a Brier score is of probabilities, not of ${kind}`, 'use error, or kind: binary');
  if (quality.errorMax !== undefined && kind !== 'regression')
    told('errorMax', `errors have a size in a regression, not in ${kind}`, 'leave it out, or use kind: regression');
  if (falseAlarms === 0) told('falseAlarms', 'without a chance of a false alarm there is none at all', 'use 1%');
  return {
    outcome: quality.outcome,
    score: quality.score,
    kind,
    positive: quality.positive,
    threshold: quality.threshold,
    loss,
    errorMax: quality.errorMax ?? null,
    tolerance,
    falseAlarms,
    maturityMs: quality.maturity ?? 0,
    baselineRisk: quality.risk ?? null,
    baselineRows: quality.rows,
    everyMs: quality.every,
  };
}

/** A key that stands in a file under version control hides nothing. */
function hashKeyOf({ hash, hashKey }: RawModel['capture'], at: Located, findings: Findings): string | null {
  const here = child(at, 'capture', 'hashKey');
  const remedy = 'name a variable of the environment as hashKey, and set it to 16 characters or more';
  if (hashKey === undefined) {
    const asked = child(at, 'capture', 'hash');
    if (hash.length > 0 && here === undefined && asked !== undefined)
      findings.at(asked, 'capture.hash has no key', remedy);
    return null;
  }
  // A variable that is not set has been told.
  if (here?.kind === 'scalar' && here.broken) return hashKey;
  if (here !== undefined && here.kind === 'scalar' && !here.interpolated)
    findings.at(here, 'the key of capture.hash is written down in the file', remedy);
  else if (here !== undefined && hashKey.length < 16) findings.at(here, 'the key of capture.hash is too short', remedy);
  return hashKey;
}
