// One model of the Plan: raw values with their places become indices, shares and milliseconds. Every problem that needs more
// than one value to be seen is found here.

import { protocolOf } from '../protocols/registry.ts';
import { enrolmentOf, reportUnreachable } from './enrolment.ts';
import { child, deepest, entriesOf, isDefault, type Located } from './located.ts';
import type { NamedFiles } from './named-files.ts';
import type { CapturePlan, MatchPlan, ModelPlan, RetryPlan, StickyPlan, VersionPlan } from './plan.ts';
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
    capture: captureOf(raw),
    features: raw.features,
    drift: {
      baseline: files.baseline(child(at, 'drift', 'baseline'), raw.drift.baseline) ?? null,
      tickMs: raw.drift.tick,
      tolerance: raw.drift.tolerance,
      provisionalRows: raw.drift.provisional,
    },
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
  if (header !== undefined) return { source: { kind: 'header', name: header }, missing };
  if (query !== undefined) return { source: { kind: 'query', name: query }, missing };
  if (cookie !== undefined) return { source: { kind: 'cookie', name: cookie }, missing };
  checkRedacted(raw, at, findings);
  return { source: { kind: 'body', tokens: body === undefined ? [] : pointerTokens(body) }, missing };
}

/** The unit stands in every record, as it is. */
function checkRedacted({ sticky, capture }: RawModel, at: Located, findings: Findings): void {
  const body = sticky?.body;
  const here = child(at, 'sticky', 'body');
  if (body === undefined || here === undefined) return;
  const hidden = capture.redact.find(
    (pointer) => `${body}/`.startsWith(`${pointer}/`) || pointer.startsWith(`${body}/`),
  );
  if (hidden === undefined) return;
  const problem = `capture.redact hides ${JSON.stringify(hidden)}, and the unit from the same place would be recorded`;
  findings.at(
    here,
    problem,
    'send the unit in a header, as a keyed hash for instance, or take the pointer out of redact',
  );
}

/** Keys that speak of what is in a body, where the protocol reads none. What `defaults` says is for the models that it fits. */
function checkUnread({ protocol, capture }: RawModel, at: Located, findings: Findings): void {
  if (protocol !== 'raw') return;
  const remedy = 'leave it out, or choose a protocol that reads bodies';
  for (const place of [
    ['features'],
    ...['baseline', 'tick', 'tolerance', 'provisional'].map((key) => ['drift', key]),
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

function captureOf({ capture }: RawModel): CapturePlan {
  return {
    sample: capture.sample,
    bodies: capture.bodies,
    redact: capture.redact.map(pointerTokens),
    headers: [...new Set(capture.headers)],
    durability: capture.durability,
  };
}
