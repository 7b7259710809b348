// What the console asks for each second: a line per model, and everything about the one that is open. One answer, so that
// what stands on one page is of one moment; the lines are short, so that 400 models stay cheap.

import type {
  AdminView,
  ConfigStatus,
  DriftStatus,
  DriftView,
  ModelDetail,
  ModelSummary,
  Phase,
  ShadowView,
} from './view.ts';

export interface LiveView {
  readonly at: string;
  readonly phase: Phase;
  readonly config: ConfigStatus;
  readonly models: readonly LiveLine[];
  readonly selected: {
    readonly model: ModelDetail;
    readonly shadows: readonly ShadowView[];
    readonly drift: DriftView | null;
  } | null;
}

export interface LiveLine {
  readonly name: string;
  readonly champion: string;
  /** Of the versions that answer; shadows are not counted. */
  readonly perSecond: number;
  readonly errorsPerSecond: number;
  readonly total: number;
  /** Of the champion. */
  readonly p50: number | null;
  readonly p99: number | null;
  readonly drift: DriftStatus;
}

/** @param selected name of the open model; the first one where it is not given or not there */
export function live(view: AdminView, selected: string | undefined, wallMs: number): LiveView {
  const models = view.models();
  const name = models.find((model) => model.name === selected)?.name ?? models[0]?.name;
  const model = name === undefined ? undefined : view.model(name);
  return {
    at: new Date(wallMs).toISOString(),
    phase: view.phase(),
    config: view.config(),
    models: models.map(lineOf),
    selected:
      model === undefined
        ? null
        : { model, shadows: view.shadows(model.name) ?? [], drift: view.drift(model.name) ?? null },
  };
}

function lineOf({ name, champion, traffic, drift }: ModelSummary): LiveLine {
  const answering = traffic.filter(({ role }) => role !== 'shadow');
  const sum = (of: 'perSecond' | 'errorsPerSecond' | 'total'): number =>
    answering.reduce((total, each) => total + each[of], 0);
  const leading = answering.find(({ version }) => version === champion);
  return {
    name,
    champion,
    perSecond: sum('perSecond'),
    errorsPerSecond: sum('errorsPerSecond'),
    total: sum('total'),
    p50: leading?.latencyMs.p50 ?? null,
    p99: leading?.latencyMs.p99 ?? null,
    drift: drift.status,
  };
}
