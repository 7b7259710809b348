// The gate's own part of the Plan: where it listens, who may look in, where it reports to. Models are resolve-model.ts.

import { resolve } from 'node:path';
import { isLoopback } from '../http/loopback.ts';
import type { Environment } from './interpolate.ts';
import { child, type Located } from './located.ts';
import type { NamedFiles } from './named-files.ts';
import type { AdminPlan, CapturesPlan, DriftBudgetPlan, ListenPlan, TelemetryPlan } from './plan.ts';
import type { Findings } from './problem.ts';
import { resolveServerTls } from './resolve-tls.ts';
import type { RawGate } from './schema.ts';

export interface GateParts {
  readonly listen: ListenPlan;
  readonly admin: AdminPlan;
  readonly data: string;
  readonly captures: CapturesPlan;
  readonly drift: DriftBudgetPlan;
  readonly telemetry: TelemetryPlan;
}

export function resolveGate(
  raw: RawGate,
  root: Located,
  files: NamedFiles,
  env: Environment,
  findings: Findings,
): GateParts {
  const { host, port } = raw.listen;
  checkAdmin(raw, root, findings);
  if (raw.listen.body.buffer > raw.listen.body.max) {
    const at = child(root, 'listen', 'body') ?? root;
    findings.atKey(at, 'buffer', 'more is held of a body than a body may have', 'lower buffer, or raise max');
  }
  return {
    listen: {
      host,
      port,
      threads: raw.listen.threads,
      fastLane: raw.listen.fastLane,
      bodyBytesMax: raw.listen.body.max,
      bodyBytesHeld: raw.listen.body.buffer,
      headBytesMax: raw.listen.headers.max,
      drainMs: raw.listen.drain,
      inflightMax: raw.listen.inflight,
      connectionsMax: raw.listen.connections,
      timeout: {
        headMs: raw.listen.timeout.head,
        requestMs: raw.listen.timeout.request,
        idleMs: raw.listen.timeout.idle,
        stallMs: raw.listen.timeout.stall,
      },
      tls: resolveServerTls(raw.listen.tls, child(root, 'listen', 'tls') ?? root, files, findings),
    },
    admin: { host: raw.admin.host, port: raw.admin.port, token: raw.admin.token ?? null },
    data: resolve(root.source.folder, raw.data),
    captures: capturesOf(raw.captures, root, findings),
    drift: { falseAlarmsPerWeek: raw.drift.falseAlarmsPerWeek },
    telemetry: resolveTelemetry(raw.telemetry, root, env, findings),
  };
}

function capturesOf(
  { keep, outcomes, commit, compact, retain }: RawGate['captures'],
  root: Located,
  findings: Findings,
): CapturesPlan {
  if (retain.bodies > retain.records) {
    const at = child(root, 'captures', 'retain') ?? root;
    findings.atKey(
      at,
      'bodies',
      'bodies cannot be kept for longer than their records',
      'lower bodies, or raise records',
    );
  }
  return {
    keepBytes: keep,
    outcomeBytesMax: outcomes,
    commit: { everyMs: commit.every, bytes: commit.bytes, timeoutMs: commit.timeout },
    store: {
      everyMs: compact.every === 0 ? null : compact.every,
      memoryBytes: compact.memory,
      retention: { bodiesMs: retain.bodies, recordsMs: retain.records, bytesMax: retain.size },
    },
  };
}

/** What the gate does not refuse to strangers it offers to nobody but this machine. */
function checkAdmin({ admin, listen }: RawGate, root: Located, findings: Findings): void {
  const at = child(root, 'admin') ?? root;
  const tokenWritten = child(at, 'token') !== undefined && at !== root;
  if (!isLoopback(admin.host) && admin.token === undefined && !tokenWritten) {
    const remedy = 'set admin.token, or use 127.0.0.1';
    findings.atKey(at, 'host', 'the admin side is open to other machines, and no token is set', remedy);
  }
  if (admin.port !== 0 && admin.port === listen.port) {
    const [part, other] = child(root, 'admin', 'port') === undefined ? ['listen', 'admin'] : ['admin', 'listen'];
    const problem = `port ${admin.port} is also ${other}.port`;
    findings.atKey(child(root, part) ?? root, 'port', problem, 'give each its own port');
  }
}

function resolveTelemetry(
  { logs, traces }: RawGate['telemetry'],
  root: Located,
  env: Environment,
  findings: Findings,
): TelemetryPlan {
  const written = child(root, 'telemetry', 'traces', 'endpoint');
  if (written !== undefined && traces.endpoint !== undefined && holdsUser(traces.endpoint)) {
    findings.at(written, 'the URL holds a user or a password', 'use telemetry.traces.headers for credentials');
  }
  return {
    logLevel: logs.level,
    accessLog: logs.access,
    traces: {
      endpoint: traces.endpoint ?? (written === undefined ? endpointOf(env, root, findings) : null),
      headers: traces.headers,
      sample: traces.sample,
      serviceName: traces.service,
    },
  };
}

/**
 * OpenTelemetry's own variables; an empty one is an unset one (OTLP exporter specification). What is wrong with one is said
 * without its value, which may hold credentials.
 */
function endpointOf(env: Environment, root: Located, findings: Findings): string | null {
  for (const [name, path] of [
    ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', ''],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', '/v1/traces'],
  ] as const) {
    const value = env[name];
    if (value === undefined || value === '') continue;
    if (!isHttpUrl(value)) {
      findings.atKey(
        root,
        'telemetry',
        `the environment's ${name} is not an HTTP URL`,
        'correct or unset the variable',
      );
    } else if (holdsUser(value)) {
      const remedy = 'take them out of the variable, and use telemetry.traces.headers';
      findings.atKey(root, 'telemetry', `the environment's ${name} holds a user or a password`, remedy);
    }
    return path === '' ? value : `${value.replace(/\/$/, '')}${path}`;
  }
  return null;
}

function isHttpUrl(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}

function holdsUser(url: string): boolean {
  const { username, password } = new URL(url);
  return username !== '' || password !== '';
}
