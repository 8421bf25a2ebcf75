/** The page's style sheet: light and dark, no font and no image from elsewhere. Plots bring their own. */

export const PAGE_STYLE = `
:root{color-scheme:light dark;--back:#fbfbfa;--card:#fff;--ink:#1d2126;--pale:#5b646e;--rule:#dfe3e6;--bad:#c44e14}
@media(prefers-color-scheme:dark){:root{--back:#14171a;--card:#1c2024;--ink:#e6e9ec;--pale:#9aa5af;--rule:#343b42;--bad:#ee8446}}
*{box-sizing:border-box}
body{margin:0;background:var(--back);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
main{max-width:1120px;margin:0 auto;padding:32px 20px 64px}
h1{font-size:1.7rem;line-height:1.2;margin:0 0 4px}h2{font-size:1.2rem;margin:40px 0 12px}h3{font-size:1rem;margin:20px 0 8px}
p{margin:0 0 12px;max-width:72ch}.pale{color:var(--pale)}
.figures{display:flex;flex-wrap:wrap;gap:12px;margin:20px 0 0;padding:0;list-style:none}
.figures li{background:var(--card);border:1px solid var(--rule);border-radius:8px;padding:10px 16px;min-width:132px}
.figures b{display:block;font-size:1.45rem;line-height:1.25;font-variant-numeric:tabular-nums}
.grid2{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,430px),1fr));gap:16px}
figure{margin:0;min-width:0}.plot svg{width:auto;border:1px solid var(--rule);border-radius:8px}
.scroll{overflow-x:auto}table{border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:.92rem}
th,td{padding:5px 10px;text-align:right;border-bottom:1px solid var(--rule)}th:first-child{text-align:left}th{font-weight:600}
.words{text-align:left}
.pictures{display:grid;grid-template-columns:repeat(auto-fill,minmax(132px,1fr));gap:12px;list-style:none;margin:0;padding:0}
.pictures li{background:var(--card);border:1px solid var(--rule);border-radius:8px;padding:8px;font-size:.86rem;line-height:1.35;overflow-wrap:anywhere}
.pictures img{display:block;width:100%;aspect-ratio:1;border-radius:4px;margin-bottom:6px;object-fit:cover}.pixels{image-rendering:pixelated}
.passages{list-style:none;margin:0;padding:0;font-size:.92rem}.passages li{padding:8px 0;border-bottom:1px solid var(--rule);overflow-wrap:anywhere}.passages q+q{margin-left:.6em}.passages .miss b{color:var(--bad)}
.pictures .miss{border-color:var(--bad)}.pictures .miss b{color:var(--bad)}
dl{display:grid;grid-template-columns:max-content 1fr;gap:4px 18px;margin:0;font-size:.92rem}dt{color:var(--pale)}dd{margin:0;overflow-wrap:anywhere}
details{margin-top:12px}pre{overflow-x:auto;background:var(--card);border:1px solid var(--rule);border-radius:8px;padding:12px;font-size:.82rem}
@media print{body{background:#fff}.plot,.pictures li{break-inside:avoid}}
`
  .trim()
  .replaceAll('\n', '');
