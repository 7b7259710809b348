// One version of the Plan: its endpoints without a doubt, its PEM texts read, its credentials ready to send.

import { child, type Located } from './located.ts';
import type { NamedFiles } from './named-files.ts';
import type { EndpointPlan, HealthPlan, VersionPlan } from './plan.ts';
import type { Findings } from './problem.ts';
import { resolveClientTls } from './resolve-tls.ts';
import type { RawVersion } from './schema-version.ts';

export function resolveVersion(
  name: string,
  raw: RawVersion,
  at: Located,
  files: NamedFiles,
  findings: Findings,
): VersionPlan {
  const endpoints = raw.url ?? [];
  if (raw.url === undefined && child(at, 'url') === undefined) {
    findings.atKey(at, 'url', `version ${name} has no url`, 'write url: http://HOST:PORT');
  }
  checkDuplicates(endpoints, at, findings);
  return {
    name,
    endpoints,
    balance: raw.balance,
    health: resolveHealth(raw.health),
    auth: raw.auth ?? null,
    tls: resolveClientTls(raw.tls, endpoints, child(at, 'tls') ?? at, files, findings),
    connectionsMax: raw.connections,
    lineage: {
      ...(raw.revision === undefined ? {} : { revision: raw.revision }),
      ...(raw.run === undefined ? {} : { run: raw.run }),
    },
  };
}

function checkDuplicates(endpoints: readonly EndpointPlan[], at: Located, findings: Findings): void {
  const seen = new Set<string>();
  for (const [index, { origin, path }] of endpoints.entries()) {
    const key = `${origin}${path ?? ''}`;
    const here = child(at, 'url', index);
    if (seen.has(key) && here !== undefined)
      findings.at(here, 'this URL stands in the list twice', 'remove one of the two');
    seen.add(key);
  }
}

function resolveHealth(raw: RawVersion['health']): HealthPlan | null {
  if (raw === undefined) return null;
  const { path, interval, timeout, healthy, unhealthy } = raw;
  return { path, intervalMs: interval, timeoutMs: timeout, healthyAfter: healthy, unhealthyAfter: unhealthy };
}
