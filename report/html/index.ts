import type { Report } from '../../contract/report';
import { drawing, legend, patterns } from './drawing';
import { figures, firstScreen } from './first-screen';
import { html, Markup, type Content } from './markup';
import { rehearsal } from './rehearsal';
import { style } from './style';
import {
  changes,
  checks,
  decisions,
  failedAnchor,
  objectives,
  observation,
  record,
  standIns,
  timelineTable,
} from './tables';
import { duration } from '../text';
import { total } from '../spans';
import { figure, time } from './words';

/** Nothing may run and nothing may be fetched; the style sheet stands in the file. */
const policy = "default-src 'none'; script-src 'none'; style-src 'unsafe-inline'; img-src data:";

/**
 * Renders a report as one HTML file: no script, nothing fetched, readable from `file://`, printable on A4, the same bytes
 * for the same report. Whatever comes from people or machines is escaped.
 */
export function renderHtml(report: Report): string {
  const failed = failedAnchor(report);
  const sections: [string, string, Content][] = [
    ...rehearsal(report),
    [
      'timeline',
      'Time line',
      html`${legend}${drawing(report)}
        <h3 id="timeline-table">The same as a table</h3>
        ${timelineTable(report)}`,
    ],
    ['objectives', 'Objectives and budgets', objectives(report)],
    ['seen', 'Seen from outside', observation(report)],
    ['checks-section', 'Checks', checks(report)],
    ['decisions', 'Decisions', decisions(report)],
    ['changes-section', 'Changes', changes(report)],
    ['stand-ins', 'Stand-ins', standIns(report)],
    ['record', 'For the record', record(report)],
  ];
  const failure = report.failedStep
    ? html`<p>
        Cause:
        ${report.cause ? html`<code>${report.cause}</code>` : 'not told'}${failed ? html` (evidence: ${figure(report.failedStep, failed)})` : null}
      </p>`
    : null;
  const page = html`<!DOCTYPE html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${new Markup(policy)}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${report.word} ${report.plan ?? 'run'} ${report.runId}: ${report.verdict}</title>
        <style>
          ${new Markup(style)}
        </style>
      </head>
      <body>
        ${patterns} ${firstScreen(report)}
        <main>
          ${failure}${figures(report)}
          <nav aria-label="Sections">
            <ul>
              ${sections.map(([id, title]) => html`<li><a href="#${id}">${title}</a></li>`)}
            </ul>
          </nav>
          ${sections.map(
            ([id, title, content]) =>
              html`<section aria-labelledby="${id}">
                <h2 id="${id}">${title}</h2>
                ${content}
              </section> `,
          )}
        </main>
        <footer>
          <p>
            ${report.word} · ${report.environment} · account ${report.account.alias} (${report.account.id}),
            ${report.account.region} · run ${report.runId} · ended ${time(report.incident.ended)},
            ${duration(total(report.incident.duration))} after the ${report.incident.fault ? 'fault' : 'detection'}. The
            same data as JSON lies beside this file as report.json, version ${report.version}.
          </p>
        </footer>
      </body>
    </html> `;
  return page.text;
}
