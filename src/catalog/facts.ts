// What is known of a model from its Plan alone, in the words of the admin API. No secret leaves: URLs are shown without
// credentials and queries, and of authentication nothing is shown at all. Live numbers are added by whoever has them.

import type { EndpointPlan, ModelPlan, StickyPlan } from '../config/plan.ts';

export interface VersionFacts {
  readonly name: string;
  /** Of the units that no rule or override concerns, 0 to 1. */
  readonly share: number;
  readonly champion: boolean;
  readonly urls: readonly string[];
  /** As written: revision, run. */
  readonly lineage: Readonly<Record<string, string>>;
}

export interface MirrorFacts {
  readonly version: string;
  readonly share: number;
}

export interface ModelFacts {
  readonly name: string;
  readonly owner: string | null;
  readonly description: string | null;
  readonly protocol: string;
  readonly champion: string;
  readonly versions: readonly VersionFacts[];
  /** Where the unit comes from, e.g. `header account-id`; null where nothing sticks. */
  readonly sticky: string | null;
  readonly mirrors: readonly MirrorFacts[];
  readonly capture: { readonly sample: number; readonly bodies: string };
}

export function modelFacts(model: ModelPlan): ModelFacts {
  const nameOf = (index: number): string => model.versions[index]?.name ?? '';
  return {
    name: model.name,
    owner: model.owner,
    description: model.description,
    protocol: model.protocol,
    champion: nameOf(model.champion),
    versions: model.versions.map(({ name, endpoints, lineage }, index) => ({
      name,
      share: model.split[index] ?? 0,
      champion: index === model.champion,
      urls: endpoints.map(shownUrl),
      lineage,
    })),
    sticky: model.sticky === null ? null : stickyText(model.sticky),
    mirrors: model.mirrors.map(({ version, share }) => ({ version: nameOf(version), share })),
    capture: { sample: model.capture.sample, bodies: model.capture.bodies },
  };
}

function shownUrl({ origin, path }: EndpointPlan): string {
  const url = new URL(path ?? '/', origin);
  return path === null ? url.origin : `${url.origin}${url.pathname}`;
}

function stickyText({ source }: StickyPlan): string {
  if (source.kind !== 'body') return `${source.kind} ${source.name}`;
  const pointer = source.tokens.map((token) => `/${token.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
  return `body ${pointer}`;
}
