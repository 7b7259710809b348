// The report of one model's drift as one HTML file: nothing is loaded and nothing runs, so that it can be mailed, kept and printed. What is
// drifting or unknown comes first and in full, the worst on top; what is steady is small. Every chart has its figures as a table.

import type { DistanceView, DriftStatus, DriftView, FeatureDriftView } from '../../../admin/view.ts';
import { timeOf } from '../../../alarms/sentence.ts';
import type { ColumnAlarm } from '../column-alarms.ts';
import { short, shortP } from '../figures.ts';
import { MARKS, worstFirst } from '../table.ts';
import { chart, percent } from './chart.ts';
import { html, type Markup, type Piece, raw } from './markup.ts';
import { STYLE } from './style.ts';

export interface ReportPage {
  readonly view: DriftView;
  /** The same columns over other spans of time, the shortest first. */
  readonly spans: readonly DriftView[];
  readonly alarmOf: (feature: FeatureDriftView) => ColumnAlarm | null;
  readonly madeMs: number;
}

/** Steady columns that are drawn; the others are in the table alone. */
const SMALL_MAX = 300;

export function reportPage(page: ReportPage): string {
  const { view, madeMs } = page;
  const features = worstFirst(view.features);
  const grave = features.filter(({ status }) => status !== 'steady');
  const steady = features.filter(({ status }) => status === 'steady');
  const ids = new Map(features.map((feature, i) => [feature, `c${i}`]));
  const idOf = (feature: FeatureDriftView): string => ids.get(feature) ?? '';
  const drifting = features.filter(({ status }) => status === 'drifting').length;
  const document = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Drift of ${view.model}: ${view.status}</title>
<style>${raw(STYLE)}</style>
</head>
<body>
<header>
<h1>Drift of ${view.model}</h1>
<p class="lead">${statusMark(view.status)} · ${drifting} of ${features.length} columns drifting · ${windowWords(view)}</p>
<p class="lead quiet">Written ${timeOf(madeMs)}. ${baselineWords(features)}</p>
</header>
<main>
${features.length === 0 ? html`<p>No column has been read yet.</p>` : summary(page, features, idOf)}
${section('What has changed, or cannot be told', grave, (feature) => card(page, feature, idOf(feature)))}
${steady.length === 0 ? null : html`<h2>Steady</h2><div class="small">${steady.slice(0, SMALL_MAX).map((feature) => smallCard(feature, idOf(feature)))}</div>`}
${steady.length > SMALL_MAX ? html`<p class="quiet">${steady.length - SMALL_MAX} more are in the table alone.</p>` : null}
</main>
<footer><p>The status decides; distances stand beside it. Evidence is a sum that may grow to t after t ticks without drift;
the threshold that it takes is set by drift.falseAlarmsPerWeek, for all columns of the gate. p is for one look at
one column, rows taken as independent. docs/drift.md of Headgate defines every figure.</p></footer>
</body>
</html>
`;
  return document.markup;
}

function section(
  title: string,
  features: readonly FeatureDriftView[],
  show: (feature: FeatureDriftView) => Markup,
): Piece {
  return features.length === 0 ? null : html`<h2>${title}</h2>${features.map(show)}`;
}

function summary(
  { alarmOf }: ReportPage,
  features: readonly FeatureDriftView[],
  idOf: (feature: FeatureDriftView) => string,
): Markup {
  const rows = features.map((feature) => {
    const alarm = alarmOf(feature);
    return html`<tr><th scope="row"><a href="#${idOf(feature)}">${nameOf(feature)}</a></th><td class="text">${versionOf(feature)}</td><td class="text">${statusMark(feature.status)}</td><td>${alarm === null ? '–' : timeOf(alarm.sinceMs)}</td><td>${alarm === null ? '–' : alarm.strength}</td><td>${feature.rows.toLocaleString('en-US')}</td><td>${feature.psi === null ? '–' : short(feature.psi)}</td><td class="text cause">${feature.hint ?? ''}</td></tr>`;
  });
  return html`<h2>All columns</h2><div class="scroll"><table><caption>The worst first. Since and evidence are those of the open alarm.</caption>
<thead><tr><th scope="col">column</th><th scope="col" class="text">version</th><th scope="col" class="text">status</th><th scope="col">since</th><th scope="col">evidence</th><th scope="col">rows</th><th scope="col">PSI</th><th scope="col" class="text">cause</th></tr></thead>
<tbody>${rows}</tbody></table></div>`;
}

function card({ spans, alarmOf }: ReportPage, feature: FeatureDriftView, id: string): Markup {
  const alarm = alarmOf(feature);
  return html`<article class="card ${feature.status}-edge" id="${id}">
<header><h3>${nameOf(feature)} <span class="quiet">${versionOf(feature)}</span></h3>${statusMark(feature.status)}</header>
${alarm === null ? (feature.hint === null ? null : html`<p>${feature.hint}</p>`) : html`<p>${alarm.sentence}</p>`}
<div class="columns">
<div>${figure(feature, id)}${binTable(feature)}</div>
<div>${spanTable(feature, spans)}${distanceTable(feature.distances ?? [])}</div>
</div>
</article>`;
}

function smallCard(feature: FeatureDriftView, id: string): Markup {
  return html`<article class="card" id="${id}"><header><h3>${nameOf(feature)}</h3><span class="quiet">${versionOf(feature)} · PSI ${feature.psi === null ? '–' : short(feature.psi)}</span></header>${figure(feature, id)}</article>`;
}

function figure(feature: FeatureDriftView, id: string): Markup {
  const title = `Shares of the rows of ${nameOf(feature)}, ${versionOf(feature)}: baseline of ${feature.baselineRows} rows and the window of ${feature.rows} rows`;
  return html`<figure>${chart(id, title, feature.kind, feature.bins)}<figcaption><span class="key w"></span>baseline, ${rowsOf(feature.baselineRows)}<span class="key i"></span>window, ${rowsOf(feature.rows)}</figcaption></figure>`;
}

function binTable({ bins }: FeatureDriftView): Piece {
  if (bins.length === 0) return null;
  const rows = bins.map(
    ({ label, baseline, current }) =>
      html`<tr><th scope="row">${label}</th><td>${percent(baseline)}</td><td>${percent(current)}</td></tr>`,
  );
  return html`<details><summary>The figures of the chart</summary><table><thead><tr><th scope="col">bin</th><th scope="col">baseline</th><th scope="col">window</th></tr></thead><tbody>${rows}</tbody></table></details>`;
}

const DISTANCES: Readonly<Record<string, string>> = {
  psi: 'PSI',
  ks: 'Kolmogorov-Smirnov',
  chiSquare: 'chi-square',
  jensenShannon: 'Jensen-Shannon, base e',
  jensenShannonBase2: 'Jensen-Shannon, base 2',
  jensenShannonDivergence: 'JS divergence, bits',
  wasserstein: 'Wasserstein-1',
  hellinger: 'Hellinger',
  totalVariation: 'total variation',
  lInfinity: 'L-infinity',
};

function distanceTable(distances: readonly DistanceView[]): Piece {
  if (distances.length === 0) return null;
  const rows = distances.map(
    ({ name, value, amongValues, p, bounds }) =>
      html`<tr><th scope="row">${DISTANCES[name] ?? name}</th><td>${value === null ? '–' : `${bounds?.high === null ? '≥ ' : ''}${short(value)}`}</td><td>${amongValues === null ? '–' : short(amongValues)}</td><td>${p === null ? '' : shortP(p)}</td></tr>`,
  );
  return html`<table><caption>Distances of the window</caption><thead><tr><th scope="col">distance</th><th scope="col">all rows</th><th scope="col">among values</th><th scope="col">p</th></tr></thead><tbody>${rows}</tbody></table>`;
}

function spanTable(feature: FeatureDriftView, spans: readonly DriftView[]): Piece {
  const rows = spans.map((span) => {
    const same = span.features.find((one) => keyOf(one) === keyOf(feature));
    return html`<tr><th scope="row">${span.window.name}</th><td>${(same?.rows ?? 0).toLocaleString('en-US')}</td><td>${same?.psi == null ? '–' : short(same.psi)}</td></tr>`;
  });
  return rows.length === 0
    ? null
    : html`<table><caption>Over time</caption><thead><tr><th scope="col">window</th><th scope="col">rows</th><th scope="col">PSI</th></tr></thead><tbody>${rows}</tbody></table>`;
}

const statusMark = (status: DriftStatus): Markup =>
  html`<span class="status ${status}"><span aria-hidden="true">${MARKS[status]} </span>${status}</span>`;

const nameOf = ({ feature, side }: FeatureDriftView): string =>
  side === 'response' ? `${feature} (prediction)` : feature;

const versionOf = ({ version, role }: FeatureDriftView): string =>
  role === 'champion' ? version : `${version} (${role})`;

const keyOf = ({ version, role, side, feature }: FeatureDriftView): string => `${side} ${role} ${version} ${feature}`;

const rowsOf = (rows: number): string => `${rows.toLocaleString('en-US')} rows`;

function windowWords({ window: { name, from, to } }: DriftView): string {
  const until = timeOf(Date.parse(to));
  return from === null
    ? `everything until ${until}`
    : `window ${name === 'judged' ? '' : `${name}, `}${timeOf(Date.parse(from))} to ${until}`;
}

function baselineWords(features: readonly FeatureDriftView[]): string {
  const isProvisional = features.some(({ provisional }) => provisional);
  const rows = Math.max(0, ...features.map(({ baselineRows }) => baselineRows));
  if (features.length === 0) return '';
  const what = isProvisional
    ? 'Some baselines are the first rows of their version, which nobody has vouched for.'
    : `Baseline of ${rowsOf(rows)}.`;
  const at = features.find(({ baselineAt }) => baselineAt !== null)?.baselineAt;
  return at == null ? what : `${what} It was made ${timeOf(Date.parse(at))}.`;
}
