// The alarms of the Plan: every model that a webhook names must be there, its TLS of use, and its URL without a user.

import { child, type Located } from './located.ts';
import type { NamedFiles } from './named-files.ts';
import { suggest } from './nearest.ts';
import type { AlarmsPlan, WebhookPlan } from './plan.ts';
import type { Findings } from './problem.ts';
import { resolveClientTls } from './resolve-tls.ts';
import { ALARM_EVENTS, type RawAlarms, type RawWebhook } from './schema-alarms.ts';

/** @param models names of all models that could be read */
export function resolveAlarms(
  raw: RawAlarms,
  at: Located,
  models: ReadonlySet<string>,
  files: NamedFiles,
  findings: Findings,
): AlarmsPlan {
  const webhooks = Object.entries(raw.webhooks).map(([name, webhook]) => {
    const here = child(at, 'webhooks', name) ?? at;
    return resolveWebhook(name, webhook, here, models, files, findings);
  });
  return {
    groupMs: raw.group,
    cooldownMs: raw.cooldown,
    remindMs: raw.remind === 0 ? null : raw.remind,
    webhooks,
  };
}

function resolveWebhook(
  name: string,
  raw: RawWebhook,
  at: Located,
  known: ReadonlySet<string>,
  files: NamedFiles,
  findings: Findings,
): WebhookPlan {
  for (const [index, model] of (raw.models ?? []).entries()) {
    if (known.has(model)) continue;
    const here = child(at, 'models', index) ?? child(at, 'models') ?? at;
    findings.at(here, `no model is called ${model}`, suggest(model, [...known], 'choose from'));
  }
  const url = new URL(raw.url);
  if (url.username !== '' || url.password !== '') {
    findings.atKey(at, 'url', 'the URL holds a user or a password', 'use headers for credentials');
  }
  const tls = resolveClientTls(raw.tls, [{ origin: url.origin, path: null }], child(at, 'tls') ?? at, files, findings);
  const { format, models = null, events = ALARM_EVENTS, headers, secret = null, rate, timeout: timeoutMs } = raw;
  return { name, url: raw.url, format, models, events, headers, secret, perHour: rate, timeoutMs, tls };
}
