// A client of the gate's admin API, as anybody could write it: models, shadows, drift. Every answer is
// JSON of the shapes in admin/view.ts; a call that fails or takes long is an error with the address in it.

import type { DriftView, ModelDetail, ShadowView } from '../../admin/view.ts';

export interface AdminClient {
  model(name: string): Promise<ModelDetail>;
  shadows(name: string): Promise<readonly ShadowView[]>;
  drift(name: string): Promise<DriftView>;
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
    shadows: async (name) =>
      ((await get(`${model(name)}/shadows`)) as { readonly shadows: readonly ShadowView[] }).shadows,
    drift: async (name) => (await get(`${model(name)}/drift`)) as DriftView,
  };
}
