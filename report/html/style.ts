/** The one style sheet. Calm paper, one accent, figures of equal width; a dark scheme on screen; print hides nothing. */
export const style = `
:root{color-scheme:light dark;--paper:#fbfaf7;--card:#ffffff;--ink:#1b2530;--soft:#536170;--line:#dcdfdd;--faint:#eef0ee;--accent:#0b5a6b;--bar:#23697a;--skip:#a9c9cf;--good:#1c6b3c;--bad:#a3201c;--unknown:#7a5300;--zone:#e3ebe9;--beyond:#f3e3dc}
@media (prefers-color-scheme:dark){:root{--paper:#14191e;--card:#1a2127;--ink:#e6eaed;--soft:#a3b0bb;--line:#333d46;--faint:#222a31;--accent:#7fcbdb;--bar:#68b4c5;--skip:#35616c;--good:#7fd19b;--bad:#ff9d95;--unknown:#eac477;--zone:#26343a;--beyond:#3d2c29}}
*{box-sizing:border-box}
html{font:15px/1.5 "Inter","Source Sans 3","Segoe UI",system-ui,-apple-system,"Helvetica Neue",Arial,sans-serif;background:var(--paper);color:var(--ink);font-variant-numeric:tabular-nums;-webkit-text-size-adjust:100%}
body{margin:0}
header,main,footer{max-width:1180px;margin:0 auto;padding:0 32px}
a{color:var(--accent);text-decoration-thickness:1px;text-underline-offset:3px}
a.figure{color:inherit;text-decoration-color:var(--line)}
a:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
:target{scroll-margin-top:16px;background:var(--faint)}
h1{font-size:25px;line-height:1.25;font-weight:640;letter-spacing:-.012em;margin:0;text-wrap:balance}
h2{font-size:18px;font-weight:640;letter-spacing:-.005em;margin:44px 0 10px;padding-top:14px;border-top:1px solid var(--line)}
h3{font-size:14px;font-weight:640;margin:20px 0 6px}
p{margin:0 0 8px;max-width:78ch}
small,.soft{color:var(--soft);font-size:13px}
code{font:12.5px/1.5 ui-monospace,"SFMono-Regular","Cascadia Mono",Menlo,Consolas,monospace;overflow-wrap:anywhere}
.where{display:flex;flex-wrap:wrap;gap:2px 18px;align-items:baseline;padding:18px 0 12px;color:var(--soft);font-size:13.5px}
.where b{color:var(--ink);font-weight:600}
.word{font-weight:700;letter-spacing:.12em;font-size:13px;color:var(--ink);border:2px solid var(--ink);border-radius:3px;padding:1px 9px}
.word.real{background:var(--ink);color:var(--paper)}
.verdict{display:grid;grid-template-columns:auto 1fr;gap:4px 16px;align-items:center;padding:14px 0 20px;border-top:1px solid var(--line)}
.verdict svg{width:46px;height:46px;display:block}
.verdict .level{font-size:13px;font-weight:700;letter-spacing:.1em;margin:0}
.level.passed{color:var(--good)}.level.missed,.level.unproved{color:var(--unknown)}.level.failed,.level.refused{color:var(--bad)}
.shape-passed{fill:var(--good)}.shape-missed,.shape-unproved{fill:var(--unknown)}.shape-failed,.shape-refused{fill:var(--bad)}
.shape-ink{fill:none;stroke:var(--card);stroke-width:4;stroke-linecap:round;stroke-linejoin:round}
.bullets{display:grid;grid-template-columns:132px 350px 1fr;gap:12px 20px;align-items:center;margin:0;background:var(--card);border:1px solid var(--line);border-radius:8px;padding:16px 20px}
.bullets .name{font-weight:600}
.bullets svg{display:block;width:100%;height:30px}
.bullets .text{display:flex;flex-wrap:wrap;gap:0 14px;align-items:baseline}
.bullets .text strong{font-size:17px;font-weight:640}
.zone{fill:var(--zone)}.beyond{fill:var(--beyond)}.measured{fill:var(--bar)}.skipped{fill:url(#dots)}.dotbase{fill:var(--skip)}.dot{fill:var(--bar)}
.target-tick{fill:var(--ink)}.previous-tick{fill:none;stroke:var(--ink);stroke-width:1.5}
.facts{display:grid;grid-template-columns:repeat(5,1fr);background:var(--card);border:1px solid var(--line);border-radius:8px;margin:12px 0 0}
.facts div{padding:9px 16px}.facts div+div{border-left:1px solid var(--line)}
.facts dt{color:var(--soft);font-size:13px}.facts dd{margin:0;font-weight:600;font-size:16px}.facts dd small{font-weight:400;display:block}
.mark{font-weight:600}.mark .shape{display:inline-block;width:1.25em;font-weight:700}
.good{color:var(--good)}.bad{color:var(--bad)}.unknown{color:var(--unknown)}.quiet{color:var(--soft)}
.legend{display:flex;flex-wrap:wrap;gap:4px 22px;margin:6px 0 10px;padding:0;list-style:none;font-size:13px;color:var(--soft)}
.soft.legend{max-width:none}.legend li{display:flex;gap:7px;align-items:center}.legend svg{width:26px;height:12px;flex:none}
.drawing{margin:0;background:var(--card);border:1px solid var(--line);border-radius:8px;padding:10px 16px 12px}
.drawing svg{display:block;width:100%;height:auto;break-inside:avoid}
.drawing text{font-size:13px;fill:var(--ink);font-family:inherit}.drawing .quiet-text{fill:var(--soft)}.drawing .phase-text{font-weight:640}
.grid{stroke:var(--line);stroke-width:1}.rto{stroke:var(--bad);stroke-width:2;stroke-dasharray:7 4}.begin{stroke:var(--ink);stroke-width:1}
.lane{stroke:var(--soft);stroke-width:1.5;fill:none}
.bar-task{fill:var(--bar)}.bar-wait{fill:url(#hatch)}.bar-machine{fill:none;stroke:var(--soft);stroke-width:1}.bar-skipped{fill:url(#dots)}.bar-outline{fill:none;stroke:var(--bar);stroke-width:1}
.hatch-base{fill:var(--card)}.hatch-line{stroke:var(--bar);stroke-width:2.4}
.cross{stroke:var(--bad);stroke-width:2.4;stroke-linecap:round}
.scroll{overflow-x:auto}.scroll+p{margin-top:12px}
table{border-collapse:collapse;width:100%;table-layout:fixed;font-size:13.5px;line-height:1.42;background:var(--card)}
caption{text-align:left;color:var(--soft);font-size:13px;padding:0 0 8px}
th,td{text-align:left;vertical-align:top;padding:7px 12px 7px 0;border-bottom:1px solid var(--line);overflow-wrap:break-word}
table{background:none;min-width:760px}
thead th{color:var(--soft);font-weight:600;font-size:12.5px;white-space:nowrap;overflow-wrap:normal}
tbody th{font-weight:600}tbody th small,tbody th code{font-weight:400}
td.number,th.number{text-align:right}
td.number+td,th.number+th{padding-left:8px}
tr.group th{padding-top:16px;color:var(--soft);font-weight:640;font-size:13px;border-bottom-color:var(--soft)}
dl.record{display:grid;grid-template-columns:200px 1fr;gap:0;margin:0;font-size:14px}
dl.record dt{font-weight:600;padding:6px 12px 6px 0;border-bottom:1px solid var(--line)}dl.record dd{margin:0;padding:6px 0;border-bottom:1px solid var(--line);overflow-wrap:anywhere}
ul.plain{margin:0;padding-left:18px}
footer{padding-top:22px;padding-bottom:40px;margin-top:44px;border-top:1px solid var(--line);color:var(--soft);font-size:13px}
nav ul{display:flex;flex-wrap:wrap;gap:2px 18px;list-style:none;margin:14px 0 0;padding:0;font-size:13.5px}
@media screen and (max-width:900px){header,main,footer{padding:0 16px}.facts{grid-template-columns:1fr 1fr}.facts div:nth-child(odd){border-left:0}.bullets{grid-template-columns:1fr;gap:4px}dl.record{grid-template-columns:1fr}}
@page{size:A4;margin:14mm 13mm 16mm}
@media print{:root{color-scheme:light;--paper:#fff;--card:#fff;--ink:#1b2530;--soft:#4b5865;--line:#cfd4d2;--faint:#eef0ee;--accent:#0b5a6b;--bar:#23697a;--skip:#a9c9cf;--good:#1c6b3c;--bad:#a3201c;--unknown:#7a5300;--zone:#e3ebe9;--beyond:#f3e3dc}
*{-webkit-print-color-adjust:exact;print-color-adjust:exact}
html{font-size:12.5px}header,main,footer{max-width:none;padding-left:0;padding-right:0}
.bullets{grid-template-columns:92px 210px 1fr;gap:8px 14px;padding:10px 12px}
.scroll{overflow:visible}h2,h3{break-after:avoid}tr,.facts div,.drawing svg,dl.record dt,dl.record dd{break-inside:avoid}thead{display:table-header-group}
table{font-size:11px}td,th{padding:4px 8px 4px 0}table{min-width:0}thead th{font-size:10.5px}caption,thead,tr.group{break-after:avoid}th code{font-size:10px}nav{display:block}.legend{font-size:11px}.facts div{padding:7px 9px}.facts dd{font-size:13px}.facts small,small,.soft{font-size:11px}a{text-decoration-color:var(--line)}.drawing svg.axis{break-after:avoid}
h1{font-size:20px}h2{margin-top:26px}.drawing{padding:6px 8px}.drawing text{font-size:15px}
}
`.trim();
