// A client of the gate's admin API, as anybody could write it: models, shadows, drift, single decisions. Every answer is
// JSON of the shapes in admin/view.ts; a call that fails or takes long is an error with the address in it.

import type { DecisionView, DriftView, ModelDetail, ShadowView } from '../../admin/view.ts';

export interface AdminClient {
  model(name: string): Promise<ModelDetail>;
  shadows(name: string): Promise<readonly ShadowView[]>;
  drift(name: string): Promise<DriftView>;
  decision(id: string): Promise<DecisionView>;
}

const CALL_MS_MAX = 3000;

export function createAdminClient(base: string): AdminClient {
  const get = async (path: string): Promise<unknown> => {
    const url = new URL(path, base);
    const answer = await fetch(url, { signal: AbortSignal.timeout(CALL_MS_MAX) });
    if (!answer.ok) throw new Error(`${url.href} answered ${answer.status}`);
    return answer.json();
  };
  const model = (name: string): string => `/api/v1/models/${encodeURIComponent(name)}`;
  return {
    model: async (name) => (await get(model(name))) as ModelDetail,
    shadows: async (name) => listOf<ShadowView>(await get(`${model(name)}/shadows`)),
    drift: async (name) => (await get(`${model(name)}/drift`)) as DriftView,
    decision: async (id) => (await get(`/api/v1/decisions/${encodeURIComponent(id)}`)) as DecisionView,
  };
}

/** A list may come bare or under one name. */
function listOf<T>(answer: unknown): readonly T[] {
  if (Array.isArray(answer)) return answer as readonly T[];
  const [first] = Object.values((answer ?? {}) as Record<string, unknown>).filter(Array.isArray);
  return (first ?? []) as readonly T[];
}

/** The values of one numeric feature in these decisions' primary calls; decisions not yet on record are left out. */
export async function featureValues(client: AdminClient, ids: readonly string[], feature: string): Promise<number[]> {
  const views = await Promise.all(ids.map((id) => client.decision(id).catch(() => null)));
  return views.flatMap((view) => {
    const primary = view?.calls.find((call) => call.role !== 'shadow');
    const value = numberIn(primary?.features, feature);
    return value === undefined ? [] : [value];
  });
}

/** The record keeps features as an object or as a list of such, one a row; a value may be alone or in a list. */
function numberIn(features: unknown, name: string): number | undefined {
  const row: unknown = Array.isArray(features) ? features[0] : features;
  if (typeof row !== 'object' || row === null) return undefined;
  const value = (row as Record<string, unknown>)[name];
  const first: unknown = Array.isArray(value) ? value[0] : value;
  return typeof first === 'number' ? first : undefined;
}
