// The metric families of quality: figures with labels and estimated without, per version and role, as the record last gave them.
// Those that age alone are left to the API: one sample per figure, not one per period.

import type { Role } from '../model.ts';
import type { Family, Sample } from './text-format.ts';

type Figures = Readonly<Record<string, number | null>>;

export interface QualityNumbers {
  readonly model: string;
  /** ISO; null: not looked at yet. */
  readonly at: string | null;
  readonly versions: readonly {
    readonly version: string;
    readonly role: Role;
    readonly status: string;
    readonly decisions: number;
    readonly labelled: number;
    readonly realised: Figures;
    readonly estimated: Figures | null;
    readonly risk: { readonly mean: number | null; readonly low: number; readonly high: number } | null;
  }[];
}

type Version = QualityNumbers['versions'][number];

export function qualityFamilies(
  quality: () => Iterable<QualityNumbers>,
  looks: () => { readonly succeeded: number; readonly failed: number },
): readonly Family[] {
  const each = (of: (version: Version, labels: Readonly<Record<string, string>>) => Sample[]) => (): Sample[] =>
    [...quality()].flatMap(({ model, versions }) =>
      versions.flatMap((one) => of(one, { model, version: one.version, role: one.role })),
    );
  return [
    {
      name: 'headgate_quality_figure',
      type: 'gauge',
      help: 'How good predictions were by their labels (basis="realised"), or are to be expected by their scores (basis="estimated").',
      samples: each(({ realised, estimated }, labels) => [
        ...figureSamples(realised, { ...labels, basis: 'realised' }),
        ...figureSamples(estimated ?? {}, { ...labels, basis: 'estimated' }),
      ]),
    },
    {
      name: 'headgate_quality_labels',
      type: 'gauge',
      help: 'Calls on record that have a label.',
      samples: each(({ labelled }, labels) => [{ value: labelled, labels }]),
    },
    {
      name: 'headgate_quality_risk',
      type: 'gauge',
      help: 'Mean loss since the moment that says most against the version, with the bounds that hold at all times together.',
      samples: each(({ risk }, labels) =>
        risk === null || risk.mean === null
          ? []
          : [
              { value: risk.mean, labels: { ...labels, bound: 'mean' } },
              { value: risk.low, labels: { ...labels, bound: 'low' } },
              { value: risk.high, labels: { ...labels, bound: 'high' } },
            ],
      ),
    },
    {
      name: 'headgate_quality_drifting',
      type: 'gauge',
      help: '1 where the risk of a version is shown to have risen, else 0; absent where it cannot be told.',
      samples: each(({ status }, labels) =>
        status === 'drifting' || status === 'steady' ? [{ value: status === 'drifting' ? 1 : 0, labels }] : [],
      ),
    },
    {
      name: 'headgate_quality_last_look_timestamp_seconds',
      type: 'gauge',
      help: 'Unix time at which the record was last read for it.',
      samples: () =>
        [...quality()].flatMap(({ model, at }) =>
          at === null ? [] : [{ value: Date.parse(at) / 1000, labels: { model } }],
        ),
    },
    {
      name: 'headgate_quality_looks_total',
      type: 'counter',
      help: 'Readings of the record for the quality of a model, by result.',
      samples: () => [
        { value: looks().succeeded, labels: { result: 'success' } },
        { value: looks().failed, labels: { result: 'failure' } },
      ],
    },
  ];
}

function figureSamples(figures: Figures, labels: Readonly<Record<string, string>>): Sample[] {
  return Object.entries(figures).flatMap(([figure, value]) =>
    value === null ? [] : [{ value, labels: { ...labels, figure } }],
  );
}
