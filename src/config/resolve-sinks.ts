// The sinks of the Plan: their PEM texts read, and every model that they name there to be found.

import { child, type Located } from './located.ts';
import type { NamedFiles } from './named-files.ts';
import { suggest } from './nearest.ts';
import type { ClientTlsPlan, SinkPlan } from './plan.ts';
import type { Findings } from './problem.ts';
import { resolveClientTls } from './resolve-tls.ts';
import type { RawSink, RawSinks } from './schema-sinks.ts';

/** Rows of one object: more than fit into it, so that its bytes decide. */
const OBJECT_RECORDS_MAX = 1_000_000;

/** @param models names of all models that could be read */
export function resolveSinks(
  raw: RawSinks,
  at: Located,
  models: ReadonlySet<string>,
  files: NamedFiles,
  findings: Findings,
): readonly SinkPlan[] {
  return Object.entries(raw).map(([name, sink]) => {
    const here = child(at, name) ?? at;
    checkModels(sink, here, models, findings);
    return resolveSink(name, sink, here, files, findings);
  });
}

function resolveSink(name: string, raw: RawSink, at: Located, files: NamedFiles, findings: Findings): SinkPlan {
  const shared = {
    name,
    models: raw.models ?? null,
    shadows: raw.shadows,
    from: raw.from,
    timeoutMs: raw.timeout,
    tls: tlsOf(raw, at, files, findings),
  };
  switch (raw.type) {
    case 'cloudevents': {
      checkUrl(raw.url, 'url', at, findings);
      const { type, url, mode, events, namespace, headers } = raw;
      return { ...shared, batch: batchOf(raw.batch), type, url, mode, events, namespace, headers };
    }
    case 'kafka': {
      const { type, brokers, topic, key, compression, sasl = null } = raw;
      return { ...shared, batch: batchOf(raw.batch), type, brokers, topic, key, compression, sasl };
    }
    case 's3': {
      checkUrl(raw.endpoint, 'endpoint', at, findings);
      checkEndpoint(raw.endpoint, at, findings);
      const { type, bucket, region, addressing, object } = raw;
      return {
        ...shared,
        batch: { recordsMax: OBJECT_RECORDS_MAX, bytesMax: object.bytes, lingerMs: object.every },
        type,
        endpoint: new URL(raw.endpoint).origin,
        bucket,
        prefix: raw.prefix.replace(/^\/+|\/+$/g, ''),
        region,
        addressing,
        credentials: { ...raw.credentials, sessionToken: raw.credentials.sessionToken ?? null },
      };
    }
  }
}

function batchOf(raw: { readonly records: number; readonly bytes: number; readonly linger: number }) {
  return { recordsMax: raw.records, bytesMax: raw.bytes, lingerMs: raw.linger };
}

function checkModels({ models }: RawSink, at: Located, known: ReadonlySet<string>, findings: Findings): void {
  for (const [index, model] of (models ?? []).entries()) {
    if (known.has(model)) continue;
    const here = child(at, 'models', index) ?? child(at, 'models') ?? at;
    findings.at(here, `no model is called ${model}`, suggest(model, [...known], 'choose from'));
  }
}

function checkUrl(url: string, key: string, at: Located, findings: Findings): void {
  const { username, password } = new URL(url);
  if (username === '' && password === '') return;
  const remedy = key === 'url' ? 'use headers for credentials' : 'use credentials for them';
  findings.atKey(at, key, 'the URL holds a user or a password', remedy);
}

function checkEndpoint(endpoint: string, at: Located, findings: Findings): void {
  const { pathname, search } = new URL(endpoint);
  if (pathname === '/' && search === '') return;
  findings.atKey(at, 'endpoint', 'the endpoint has a path', 'write scheme and host alone, and the bucket under bucket');
}

/** TLS must be of use: brokers of Kafka speak it wherever it is set. */
function tlsOf(raw: RawSink, at: Located, files: NamedFiles, findings: Findings): ClientTlsPlan | null {
  const url = raw.type === 'cloudevents' ? raw.url : raw.type === 's3' ? raw.endpoint : null;
  const endpoints = url === null ? [] : [{ origin: new URL(url).origin, path: null }];
  return resolveClientTls(raw.tls, endpoints, child(at, 'tls') ?? at, files, findings);
}
