/** The report's style sheet: light and dark, no font and no image from elsewhere. */

/** Colours of lines are told apart with any colour vision (after Okabe and Ito 2008), darkened or lightened for contrast. */
export const STYLE = `
:root{color-scheme:light dark;--back:#fbfbfa;--card:#fff;--ink:#1d2126;--pale:#5b646e;--rule:#dfe3e6;--good:34,113,177;--bad:196,78,20;
--c0:#0a6fb5;--c1:#c4500f;--c2:#08805c;--c3:#a3458a;--c4:#7a6a00;--c5:#4d5a68}
@media(prefers-color-scheme:dark){:root{--back:#14171a;--card:#1c2024;--ink:#e6e9ec;--pale:#9aa5af;--rule:#343b42;--good:86,163,225;--bad:238,132,70;
--c0:#5bb0ee;--c1:#f0935a;--c2:#3fc79b;--c3:#dd8fc8;--c4:#d8c75a;--c5:#a9b6c3}}
*{box-sizing:border-box}
body{margin:0;background:var(--back);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
main{max-width:1120px;margin:0 auto;padding:32px 20px 64px}
h1{font-size:1.7rem;line-height:1.2;margin:0 0 4px}h2{font-size:1.2rem;margin:40px 0 12px}h3{font-size:1rem;margin:20px 0 8px}
p{margin:0 0 12px;max-width:72ch}.pale{color:var(--pale)}
.figures{display:flex;flex-wrap:wrap;gap:12px;margin:20px 0 0;padding:0;list-style:none}
.figures li{background:var(--card);border:1px solid var(--rule);border-radius:8px;padding:10px 16px;min-width:132px}
.figures b{display:block;font-size:1.45rem;line-height:1.25;font-variant-numeric:tabular-nums}
.grid2{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,430px),1fr));gap:16px}
figure{margin:0}.chart{background:var(--card);border:1px solid var(--rule);border-radius:8px;padding:12px 14px}
figcaption{font-weight:600;font-size:.95rem}
.chart svg{display:block;width:100%;height:auto}.chart text{fill:var(--pale);font-size:12px;font-variant-numeric:tabular-nums}
.grid{stroke:var(--rule)}.mark{stroke:var(--pale);stroke-dasharray:2 4}
.line{fill:none;stroke:currentColor;stroke-width:2.2;stroke-linejoin:round}.dashed{stroke-dasharray:6 4}.faint{opacity:.3;stroke-width:1.2}
.point{fill:transparent}.point:hover{fill:currentColor}
.c0{color:var(--c0)}.c1{color:var(--c1)}.c2{color:var(--c2)}.c3{color:var(--c3)}.c4{color:var(--c4)}.c5{color:var(--c5)}
.legend{display:flex;flex-wrap:wrap;gap:4px 18px;list-style:none;margin:6px 0 0;padding:0;font-size:.88rem}
.legend li{display:flex;align-items:center;gap:7px}.chart svg.key{width:28px;height:10px}
.scroll{overflow-x:auto}table{border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:.92rem}
th,td{padding:5px 10px;text-align:right;border-bottom:1px solid var(--rule)}th:first-child{text-align:left}th{font-weight:600}
td.words{text-align:left}
.confusion td{min-width:40px;text-align:center;border:2px solid var(--card)}.confusion td,.confusion th{padding:5px 7px}.confusion{background:var(--card)}
.confusion th{border-bottom:0;font-weight:400;white-space:nowrap}.confusion .turned{vertical-align:bottom}
.confusion .turned span{display:inline-block;max-width:9em;overflow:hidden;text-overflow:ellipsis}
.right{background:rgba(var(--good),calc(var(--share)*.62))}.wrong{background:rgba(var(--bad),calc(var(--share)*.8))}.confusion .total{color:var(--pale)}
.pictures{display:grid;grid-template-columns:repeat(auto-fill,minmax(132px,1fr));gap:12px;list-style:none;margin:0;padding:0}
.pictures li{background:var(--card);border:1px solid var(--rule);border-radius:8px;padding:8px;font-size:.86rem;line-height:1.35;overflow-wrap:anywhere}
.pictures img{display:block;width:100%;aspect-ratio:1;border-radius:4px;margin-bottom:6px;object-fit:cover}.pixels{image-rendering:pixelated}
.pictures .miss{border-color:rgb(var(--bad))}.pictures .miss b{color:rgb(var(--bad))}
dl{display:grid;grid-template-columns:max-content 1fr;gap:4px 18px;margin:0;font-size:.92rem}dt{color:var(--pale)}dd{margin:0;overflow-wrap:anywhere}
details{margin-top:12px}pre{overflow-x:auto;background:var(--card);border:1px solid var(--rule);border-radius:8px;padding:12px;font-size:.82rem}
@media print{body{background:#fff}.chart,.pictures li{break-inside:avoid}}
`
  .trim()
  .replaceAll('\n', '');
