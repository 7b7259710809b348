// TLS on both sides: PEM files become texts, and a certificate that does not go with its key is found before a socket is opened.

import { createSecureContext } from 'node:tls';
import { child, type Located } from './located.ts';
import type { NamedFiles } from './named-files.ts';
import type { ClientTlsPlan, EndpointPlan, ServerTlsPlan } from './plan.ts';
import type { Findings } from './problem.ts';
import type { RawGate } from './schema.ts';
import type { RawVersion } from './schema-version.ts';

export function resolveServerTls(
  raw: RawGate['listen']['tls'],
  at: Located,
  files: NamedFiles,
  findings: Findings,
): ServerTlsPlan | null {
  if (raw === undefined) return null;
  const cert = files.pem(child(at, 'cert'), raw.cert);
  const key = files.pem(child(at, 'key'), raw.key);
  const clientCa = files.pem(child(at, 'clientCa'), raw.clientCa);
  if (raw.clients !== undefined && child(at, 'clientCa') === undefined) {
    findings.atKey(at, 'clients', 'client certificates are asked for, and no authority is named', 'set clientCa');
  }
  checkPair(cert, key, at, findings);
  if (cert === undefined || key === undefined) return null;
  return { cert, key, clientCa: clientCa ?? null, clientRequired: clientCa !== undefined && raw.clients !== 'request' };
}

export function resolveClientTls(
  raw: RawVersion['tls'],
  endpoints: readonly EndpointPlan[],
  at: Located,
  files: NamedFiles,
  findings: Findings,
): ClientTlsPlan | null {
  if (raw === undefined) return null;
  if (endpoints.length > 0 && endpoints.every(({ origin }) => origin.startsWith('http:'))) {
    findings.at(at, 'tls is set, and no URL here is https', 'write https in the URL, or leave tls out');
  }
  const cert = files.pem(child(at, 'cert'), raw.cert);
  const key = files.pem(child(at, 'key'), raw.key);
  for (const [has, lacks] of [
    ['cert', 'key'],
    ['key', 'cert'],
  ] as const) {
    if (child(at, has) !== undefined && child(at, lacks) === undefined) {
      findings.atKey(at, has, `a client certificate needs both, and ${lacks} is missing`, `add ${lacks}`);
    }
  }
  checkPair(cert, key, at, findings);
  return {
    ca: files.pem(child(at, 'ca'), raw.ca) ?? null,
    cert: cert ?? null,
    key: key ?? null,
    serverName: raw.serverName ?? null,
    verify: raw.verify,
  };
}

/** Whether a certificate can be read, and whether the key is the certificate's own. */
function checkPair(cert: string | undefined, key: string | undefined, at: Located, findings: Findings): void {
  if (cert === undefined || key === undefined) return;
  try {
    createSecureContext({ cert, key });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
    findings.atKey(
      at,
      'key',
      `the certificate and the key cannot be used together (${code})`,
      'name a certificate and its own key',
    );
  }
}
