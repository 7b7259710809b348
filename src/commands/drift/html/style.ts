// How the report looks: on a screen by day and night, and on paper. System fonts, since nothing is loaded from anywhere.

export const STYLE = `
:root { color-scheme: light dark; --ink: #1c2430; --quiet: #5b6675; --paper: #fff; --card: #f7f8fa; --line: #d9dee5; --was: #b9c2ce;
  --is: #1f6feb; --drifting: #b42318; --unknown: #8a5a00; --warming: #5b6675; --steady: #1a7f4b; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e8ee; --quiet: #98a3b3; --paper: #12161c; --card: #1a2029; --line: #303948;
  --was: #4c5868; --is: #58a6ff; --drifting: #ff7b72; --unknown: #e3b341; --warming: #98a3b3; --steady: #56d364; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 72rem; padding: 2rem 1.25rem 4rem; background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; font-variant-numeric: tabular-nums; }
h1 { margin: 0 0 .25rem; font-size: 1.7rem; line-height: 1.2; overflow-wrap: anywhere; }
h2 { margin: 2.5rem 0 .75rem; font-size: 1.15rem; }
h3 { margin: 0; font-size: 1.05rem; overflow-wrap: anywhere; }
a { color: var(--is); text-decoration: none; } a:hover, a:focus { text-decoration: underline; }
.quiet, caption, figcaption { color: var(--quiet); }
.lead { margin: .25rem 0 0; }
.status { white-space: nowrap; font-weight: 600; }
.drifting { color: var(--drifting); } .unknown { color: var(--unknown); } .warming { color: var(--warming); } .steady { color: var(--steady); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .92em; }
caption { text-align: left; padding: 0 0 .4rem; font-size: .92em; }
th, td { padding: .3rem .6rem; text-align: right; border-bottom: 1px solid var(--line); white-space: nowrap; vertical-align: top; }
th { font-weight: 600; } thead th { border-bottom: 2px solid var(--line); }
th:first-child, td:first-child, .text { text-align: left; }
th:first-child { white-space: normal; overflow-wrap: break-word; max-width: 22rem; } td.cause { white-space: normal; min-width: 14rem; }
.columns table { font-size: .85em; } .columns th, .columns td { padding: .18rem .5rem; } .columns table + table { margin-top: 1rem; }
.card { margin: 1rem 0; padding: 1rem 1.1rem 1.1rem; background: var(--card); border: 1px solid var(--line); border-radius: 8px; break-inside: avoid; }
.card.drifting-edge { border-left: 4px solid var(--drifting); } .card.unknown-edge { border-left: 4px solid var(--unknown); }
.card header { display: flex; flex-wrap: wrap; gap: .2rem 1rem; align-items: baseline; justify-content: space-between; }
.card p { margin: .4rem 0; }
.columns { display: grid; grid-template-columns: minmax(0, 3fr) minmax(15rem, 2fr); gap: 1rem 1.5rem; align-items: start; margin-top: .6rem; }
.small { display: grid; grid-template-columns: repeat(auto-fill, minmax(19rem, 1fr)); gap: 1rem; }
.small .card { margin: 0; }
figure { margin: 0; } figcaption { font-size: .87em; margin-top: .3rem; }
svg { overflow: visible; display: block; width: 100%; height: auto; max-height: 24rem; }
svg text { font-size: 11px; fill: var(--quiet); } .small svg text { font-size: 15px; }
.was { fill: var(--was); } .is { fill: var(--is); } .hit { fill: transparent; } .grid { stroke: var(--line); stroke-width: 1; }
.key { display: inline-block; width: .8em; height: .8em; border-radius: 2px; vertical-align: -.05em; margin: 0 .3em 0 0; }
.key.w { background: var(--was); } .key.i { background: var(--is); margin-left: .9em; }
details { margin-top: .6rem; } summary { cursor: pointer; color: var(--quiet); }
footer { margin-top: 3rem; color: var(--quiet); font-size: .87em; }
@media (max-width: 46rem) { .columns { grid-template-columns: minmax(0, 1fr); } }
@media print {
  :root { color-scheme: light; --ink: #000; --quiet: #444; --paper: #fff; --card: #fff; --line: #bbb; --was: #c4cbd4; --is: #1f57b0;
    --drifting: #8c1a11; --unknown: #6b4500; --warming: #444; --steady: #14623a; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  body { max-width: none; padding: 0; font-size: 10.5pt; } a { color: inherit; } details:not([open]) { display: none; }
  .small { grid-template-columns: repeat(3, 1fr); } h2 { break-after: avoid; }
}
`;
