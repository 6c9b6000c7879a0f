import type { Report } from '../../contract/report';
import { comparedWithPrevious } from '../objectives';
import { total } from '../spans';
import { duration, grouped, measuredAndSkipped } from '../text';
import { levelOf, verdictWords, type VerdictLevel } from '../verdict';
import { bullet, type Bullet } from './bullet';
import { html, type Content, type Markup } from './markup';
import { figure, metMark, time } from './words';

const shapes: Readonly<Record<VerdictLevel, Markup>> = {
  passed: html`<circle class="shape-passed" cx="24" cy="24" r="21" /><path class="shape-ink" d="M14 25l7 7l13-15" />`,
  missed: html`<path class="shape-missed" d="M24 3l22 40H2z" /><path class="shape-ink" d="M24 18v12M24 36v.5" />`,
  unproved: html`<path class="shape-unproved" d="M24 2l22 22l-22 22L2 24z" /><path
      class="shape-ink"
      d="M18.5 19c0-7 11-7 11 0c0 4-5.500 4-5.500 9M24 34v.5"
    />`,
  failed: html`<path class="shape-failed" d="M15 3h18l12 12v18l-12 12H15L3 33V15z" /><path
      class="shape-ink"
      d="M16 16l16 16M32 16L16 32"
    />`,
  refused: html`<rect class="shape-refused" x="3" y="3" width="42" height="42" rx="4" /><path
      class="shape-ink"
      d="M13 24h22"
    />`,
};

/** What has to be seen without scrolling: where, verdict, objectives, losses, who let it happen. */
export function firstScreen(report: Report): Markup {
  const level = levelOf(report);
  return html`<header>
    <div class="where">
      <span class="word ${report.word === 'REAL' ? 'real' : 'drill'}">${report.word}</span
      ><span><b>${report.plan ?? 'no plan'}</b></span
      ><span>run <b>${report.runId}</b></span
      ><span>environment <b>${report.environment}</b></span
      ><span>account <b>${report.account.alias}</b> (…${report.account.id.slice(-4)})</span
      ><span>region <b>${report.account.region}</b></span
      ><span>${time(report.started)}</span>
    </div>
    <div class="verdict">
      <svg viewBox="0 0 48 48" role="img" aria-labelledby="verdict-t">
        <title id="verdict-t">${verdictWords[level]}</title>
        ${shapes[level]}
      </svg>
      <div>
        <p class="level ${level}">${verdictWords[level]}</p>
        <h1>${report.verdict}</h1>
      </div>
    </div>
  </header>`;
}

export function figures(report: Report): Markup {
  if (report.mode === 'rehearse') return predicted(report);
  const { rto, rpo } = report.objectives;
  const downtimeBudget = report.budgets.find((budget) => budget.name === 'downtime');
  const downtime = report.observation?.downtime ?? null;
  const rows: { bullet: Bullet; to: string; met: boolean | null; because: string | undefined }[] = [
    {
      bullet: {
        id: 'b-rto',
        name: 'Recovery time',
        target: rto.target,
        targetName: 'objective',
        actual: rto.actual,
        previous: rto.previous ?? null,
      },
      to: 'objective-rto',
      met: rto.met,
      because: rto.because,
    },
    {
      bullet: {
        id: 'b-rpo',
        name: 'Data loss',
        target: rpo.target,
        targetName: 'objective',
        actual: rpo.actual,
        previous: rpo.previous ?? null,
      },
      to: 'objective-rpo',
      met: rpo.met,
      because: rpo.because,
    },
    {
      bullet: {
        id: 'b-down',
        name: 'Downtime',
        target: downtimeBudget?.budget ?? null,
        targetName: 'budget',
        actual: downtime,
        previous: report.previous?.downtimeSeconds ?? null,
      },
      to: 'observation',
      met: downtimeBudget?.met ?? null,
      because: downtimeBudget ? downtimeBudget.because : downtime ? 'no budget was set' : 'no observer counted it',
    },
  ];
  return html`<section aria-label="Objectives and actual figures">
    <div class="bullets">
      ${rows.map(({ bullet: of, to, met, because }) => {
        const compared = comparedWithPrevious(of.actual, of.previous ?? undefined);
        return html`<div class="name">${of.name}</div>
          ${bullet(of)}
          <div class="text">
            ${figure(html`<strong>${of.actual ? duration(total(of.actual)) : 'no figure'}</strong>`, to)}${metMark(met)}<span
              >${of.target === null ? `no ${of.targetName}` : `${of.targetName} ${duration(of.target)}`}</span
            ><small
              >${[
                of.actual && of.actual.skippedSeconds > 0 ? measuredAndSkipped(of.actual) : null,
                of.previous === null ? null : `last drill ${duration(of.previous)}${compared ? ` (${compared})` : ''}`,
                because,
              ]
                .filter((text) => text !== null && text !== undefined)
                .join(' · ')}</small
            >
          </div>`;
      })}
    </div>
    <dl class="facts">
      ${fact('Rows lost', rowsLost(report))}${fact('Requests failed', requestsFailed(report))}${fact('Checks', checks(report))}${fact('Changes', changes(report))}${fact('Started by', html`${report.trigger}<small>approval: ${approvalWords(report)}</small>`)}
    </dl>
    <p class="soft legend">
      Bars: solid was measured, dotted was skipped by the sandbox and counts as well; the upright tick is the objective,
      the diamond the last drill.
    </p>
  </section>`;
}

/** Of a rehearsal nothing was measured: what the plan predicts instead. */
function predicted(report: Report): Markup {
  const { prediction, changes: planned = [] } = report.rehearsal ?? {};
  const loss = prediction === undefined ? 'not known' : lossWords(prediction.lossSeconds);
  const seconds = (of: number | undefined) => (of === undefined ? 'not known' : duration(of));
  const never = planned.filter(({ undo }) => undo === 'no').length;
  return html`<section aria-label="What a live run would cost">
    <dl class="facts">
      ${fact('Would change', html`${planned.length}<small>${never} not undoable</small>`)}${fact('Down', html`${seconds(prediction?.downtimeSeconds)}<small>predicted</small>`)}${fact('Would lose', html`${loss}<small>predicted</small>`)}${fact('Would take', html`${seconds(prediction?.durationSeconds)}<small>predicted</small>`)}${fact('Checks', checks(report))}${fact('Started by', report.trigger)}
    </dl>
  </section>`;
}

function approvalWords({ approvals }: Report): string {
  const last = approvals?.at(-1);
  if (last === undefined) return 'none, no person was asked';
  const who =
    last.decision === 'timed-out'
      ? `nobody decided (${last.onTimeout})`
      : `${last.decision ?? 'open'} by ${last.by ?? 'nobody'}`;
  return `${who}${last.at === undefined ? '' : ` at ${last.at}`}${last.reason === undefined ? '' : `: ${last.reason}`}`;
}

const lossWords = (seconds: number | null): string => (seconds === null ? 'not known' : `at most ${duration(seconds)}`);

const fact = (name: string, content: Content): Markup =>
  html`<div>
    <dt>${name}</dt>
    <dd>${content}</dd>
  </div>`;

function rowsLost({ observation }: Report): Content {
  if (!observation) return html`not counted<small>no observer outside the system</small>`;
  const { lost, expected, missing, extra } = observation.rows;
  return html`${figure(`${grouped(lost)} of ${grouped(expected + lost)}`, 'observation')}<small
      >${missing} missing, ${extra} extra</small
    >`;
}

function requestsFailed({ observation }: Report): Content {
  if (!observation) return html`not counted<small>no observer outside the system</small>`;
  const { failed, total: all } = observation.requests;
  const percent = all === 0 ? '' : `${((100 * failed) / all).toFixed(1)} % of all sent`;
  return html`${figure(`${grouped(failed)} of ${grouped(all)}`, 'observation')}<small>${percent}</small>`;
}

function checks(report: Report): Content {
  const of = (status: string) => report.checks.filter((check) => check.status === status).length;
  if (report.checks.length === 0)
    return html`${figure('none made', 'checks')}<small>the run did not come that far</small>`;
  return html`${figure(`${of('passed')} of ${report.checks.length} passed`, 'checks')}<small
      >${of('failed')} failed, ${of('not-checkable')} not checkable</small
    >`;
}

function changes(report: Report): Content {
  const undone = report.changes.filter((change) => change.state === 'undone').length;
  return html`${figure(`${report.changes.length} made`, 'changes')}<small
      >${undone} taken back, ${report.kept.length} kept</small
    >`;
}
