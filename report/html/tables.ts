import type { Report, Step } from '../../contract/report';
import { plus, total } from '../spans';
import { count, duration, grouped, inWords, measuredAndSkipped, spanInWords } from '../text';
import { pathOf } from '../timeline';
import { groups } from './drawing';
import { html, type Content, type Markup } from './markup';
import { changeAnchor, changeWord, checkAnchor, figure, mark, metMark, span, stepAnchor, time } from './words';

/** Name of a column, its share of the width in percent, and whether it holds figures. */
type Head = readonly [name: string, width: number, figures?: 'number'];

/** A table with its heading cells; where there is no row, the reason stands instead. */
export function table(caption: string, heads: readonly Head[], rows: readonly Markup[], none: string): Markup {
  if (rows.length === 0) return html`<p>None, because ${none}.</p>`;
  return html`<div class="scroll" role="region" aria-label="${caption}" tabindex="0">
    <table>
      <caption>
        ${caption}
      </caption>
      <colgroup>
        ${heads.map(([, width]) => html`<col style="width:${width}%" />`)}
      </colgroup>
      <thead>
        <tr>
          ${heads.map(([name, , figures]) => html`<th scope="col" ${figures ? html` class="number"` : null}>${name}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows}
      </tbody>
    </table>
  </div>`;
}

/** The time line as data: one row per bar. */
export function timelineTable(report: Report): Markup {
  const rows = groups(report).flatMap(({ phase, steps }) => [
    html`<tr class="group">
      <th colspan="6" scope="colgroup">${phase}</th>
    </tr>`,
    ...steps.map((step) => stepRow(report, step)),
  ]);
  return table(
    'Every bar of the drawing as a row; “at” counts from the fault (from its detection, where the fault is not known)',
    [
      ['Step', 31],
      ['State', 12],
      ['Began', 20],
      ['At', 12, 'number'],
      ['Took', 15, 'number'],
      ['Evidence', 10],
    ],
    rows,
    'no machine has run',
  );
}

function stepRow(report: Report, step: Step): Markup {
  const execution = report.executions.findIndex(({ machine }) => machine === step.machine);
  const tries = [
    step.attempts > 1 ? `${step.attempts} attempts` : null,
    step.rounds === undefined ? null : `asked ${count(step.rounds, 'time')}`,
    step.lane > 0 ? `beside others, lane ${step.lane}` : null,
  ].filter((text) => text !== null);
  const kinds = { task: '', wait: 'waits', machine: 'starts a machine' };
  const notes = [step.machine, kinds[step.kind], ...tries].filter(Boolean).join(' · ');
  const states: Record<Step['status'], Markup> = {
    done: mark('good', 'done'),
    failed: mark('bad', 'failed'),
    caught: mark('bad', 'failed, caught'),
    aborted: mark('unknown', 'aborted'),
    running: mark('quiet', 'still running'),
  };
  return html`<tr class="step" id="${stepAnchor(step.id)}">
    <th scope="row">
      ${step.name}<br /><small>${notes}</small>${step.error ? html`<br /><code>${step.error}</code>` : null}
    </th>
    <td>${states[step.status]}</td>
    <td class="when">${time(step.start)}</td>
    <td class="number">${duration(total(plus(report.incident.beforeRun, step.offset)))}</td>
    <td class="number">
      ${duration(total(step.duration))}${step.duration.skippedSeconds > 0 ? html`<br /><small>${measuredAndSkipped(step.duration)}</small>` : null}
    </td>
    <td>${figure(`event ${step.enteredEvent}`, `execution-${execution + 1}`)}</td>
  </tr>`;
}

export function objectives(report: Report): Markup {
  const { rto, rpo } = report.objectives;
  const row = (id: string, name: string, of: typeof rto) =>
    html`<tr id="${id}">
      <th scope="row">${name}</th>
      <td>${of.target === null ? 'unknown' : duration(of.target)}</td>
      <td>${of.actual ? span(of.actual) : 'no figure'}</td>
      <td>${metMark(of.met)}</td>
      <td>${of.definition}${of.because ? html` <strong>${of.because}.</strong>` : null}</td>
    </tr>`;
  const budgets = report.budgets.map((budget) => {
    const amount = (n: number) => (budget.unit === 'seconds' ? duration(n) : `${grouped(n)} ${budget.unit}`);
    return html`<tr>
      <th scope="row">${budget.name} (budget)</th>
      <td>${amount(budget.budget)}</td>
      <td>${budget.actual === null ? 'not counted' : amount(budget.actual)}</td>
      <td>${metMark(budget.met)}</td>
      <td>What this drill was allowed to cost.${budget.because ? html` <strong>${budget.because}.</strong>` : null}</td>
    </tr>`;
  });
  const phases = report.phases.map(
    ({ phase, duration: spent }) =>
      html`<tr>
        <th scope="row">${phase}</th>
        <td>${span(spent)}</td>
      </tr>`,
  );
  return html`${table(
      'Judged on measured and skipped seconds together',
      [
        ['Objective', 19],
        ['Target', 10],
        ['Actual', 21],
        ['Result', 11],
        ['What is counted', 39],
      ],
      [row('objective-rto', 'Recovery time (RTO)', rto), row('objective-rpo', 'Data loss (RPO)', rpo), ...budgets],
      'none was set',
    )}
    <h3>Recovery time by phase</h3>
    ${table(
      'Time in which at least one step of the phase was under way',
      [
        ['Phase', 30],
        ['Took in all', 70],
      ],
      phases,
      'no step has run',
    )}`;
}

export function observation(report: Report): Markup {
  const of = report.observation;
  if (!of)
    return html`<p id="observation">
      None, because nobody outside the system counted in this run. Downtime and rows are not inferred.
    </p>`;
  const { rows, requests } = of;
  return html`<div id="observation">
    <p>
      Counted by an observer outside the system, which sent requests and wrote rows throughout and kept its own ledger
      of acknowledged writes. The system under test never reads it.
    </p>
    <dl class="record">
      <dt>Fault</dt>
      <dd>${of.fault ? html`${of.fault.what}, ${time(of.fault.at)}` : 'none was brought about'}</dd>
      <dt>Downtime</dt>
      <dd>
        ${span(of.downtime)} in
        ${count(of.outages.length, 'outage')}${of.outages.map((outage) => html`<br />${time(outage.from)} to ${time(outage.to)}, ${spanInWords(outage.duration)}`)}
      </dd>
      <dt>Requests</dt>
      <dd>${grouped(requests.total)} sent, ${grouped(requests.failed)} failed</dd>
      <dt>Rows expected in the copy</dt>
      <dd>
        ${grouped(rows.expected)}, of which ${grouped(rows.present)} are present and ${grouped(rows.missing)} missing or
        different
      </dd>
      <dt>Rows that should not be there</dt>
      <dd>${grouped(rows.extra)}</dd>
      <dt>Rows lost</dt>
      <dd>
        ${grouped(rows.lost)}, acknowledged after the moment restored
        to${of.lossWindow ? html`; the last one ${spanInWords(of.lossWindow)} after it` : null}
      </dd>
    </dl>
  </div>`;
}

export function checks(report: Report): Markup {
  const states = {
    passed: mark('good', 'passed'),
    failed: mark('bad', 'failed'),
    'not-checkable': mark('unknown', 'not checkable'),
  };
  const rows = report.checks.map(
    (check, index) =>
      html`<tr id="${checkAnchor(index)}">
        <th scope="row">${check.name}</th>
        <td>${states[check.status]}</td>
        <td>${check.expected}</td>
        <td>${check.actual}</td>
        <td><code>${check.evidence}</code></td>
      </tr>`,
  );
  const health = report.health
    ? html`<p>
        The application from outside, after everything was put back:
        ${report.health.healthy ? mark('good', 'healthy') : mark('bad', 'not healthy')}: ${report.health.detail}.
      </p>`
    : html`<p>The application was not asked from outside after the run.</p>`;
  return html`<div id="checks">
    ${table(
      'What was expected and what was found',
      [
        ['Check', 22],
        ['Result', 13],
        ['Expected', 18],
        ['Actual', 18],
        ['Evidence', 29],
      ],
      rows,
      'the run ended before it came to its checks',
    )}${health}
  </div>`;
}

export function decisions(report: Report): Markup {
  const rows = report.decisions.map(
    (of) =>
      html`<tr>
        <th scope="row">${of.subject}<br /><small>${time(of.at)}</small></th>
        <td>${of.choice}</td>
        <td>${of.reason}</td>
        <td>
          ${
            of.alternatives.length === 0
              ? 'none, because there was no other'
              : html`<ul class="plain">
                  ${of.alternatives.map(({ choice, because }) => html`<li>${choice}: ${because}</li>`)}
                </ul>`
          }
        </td>
      </tr>`,
  );
  return table(
    'What the run chose by itself, and from what',
    [
      ['Decision', 19],
      ['Choice', 22],
      ['Reason', 25],
      ['Not taken', 34],
    ],
    rows,
    'the run had nothing to choose',
  );
}

export function changes(report: Report): Markup {
  const rows = report.changes.map((change) => {
    const good = change.state === 'undone' || change.state === 'confirmed';
    const state = mark(change.state === 'undo-failed' ? 'bad' : good ? 'good' : 'unknown', changeWord(change));
    return html`<tr id="${changeAnchor(change.sequence)}">
      <th scope="row">${change.sequence}. ${change.key}<br /><small>${change.kind}</small></th>
      <td>${details(change.before)}</td>
      <td>${details(change.target)}</td>
      <td>
        ${state}${change.pointOfNoReturn ? html`<br /><strong>point of no return</strong>` : null}${change.undoneAt ? html`<br /><small>${time(change.undoneAt)}</small>` : null}${change.error ? html`<br /><code>${change.error}</code>` : null}
      </td>
      <td class="when">${time(change.recordedAt)}</td>
    </tr>`;
  });
  const kept = report.kept.map(
    ({ what, until }) =>
      html`<tr>
        <th scope="row">${what}</th>
        <td>${until ? time(until) : 'no expiry known'}</td>
      </tr>`,
  );
  return html`<div id="changes">
      ${table(
        'In the order in which they were made; the state before was recorded first',
        [
          ['Change', 19],
          ['Before', 21],
          ['Changed to', 33],
          ['Now', 14],
          ['Recorded', 13],
        ],
        rows,
        'the run changed nothing',
      )}
    </div>
    <h3>Kept</h3>
    ${table(
      'What stays until its expiry and is then removed by the janitor',
      [
        ['What', 60],
        ['Until', 40],
      ],
      kept,
      'nothing was replaced',
    )}
    <h3>Not taken back</h3>
    ${
      report.undoFailed.length === 0
        ? html`<p>None, because every change that had to be taken back was.</p>`
        : html`<ul>
            ${report.undoFailed.map((key) => html`<li>${mark('bad', key)}</li>`)}
          </ul>`
    }`;
}

/** One line for each field of a value, so that a long target stays readable. */
function details(value: unknown): Content {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return html`<code>${inWords(value)}</code>`;
  const fields = Object.entries(value);
  if (fields.length === 0) return html`<code>none</code>`;
  return fields.map(
    ([name, field], index) => html`${index > 0 ? html`<br />` : null}<code>${name}: ${inWords(field, 1)}</code>`,
  );
}

export function standIns(report: Report): Markup {
  const rows = report.standIns.map(
    ({ name, instead, differs }) =>
      html`<tr>
        <th scope="row">${name}</th>
        <td>${instead}</td>
        <td>${differs}</td>
      </tr>`,
  );
  return table(
    'What stood in for the real thing, and how it differs',
    [
      ['Stand-in for', 25],
      ['Was', 35],
      ['Differs in', 40],
    ],
    rows,
    report.word === 'REAL' ? 'this was no drill' : 'this run used only real services',
  );
}

/** The fields that an auditor looks for, each present or “none, because”. */
export function record(report: Report): Markup {
  const fields: [string, Content][] = [
    [
      'Kind',
      report.word === 'DRILL'
        ? 'drill in a drill environment'
        : report.word === 'REAL'
          ? 'real run in production'
          : 'rehearsal, nothing was changed',
    ],
    ['Application', `${report.application.title} (${report.application.name})`],
    ['Fault', report.incident.fault ? time(report.incident.fault) : 'not known; counted from detection'],
    ['Detected', time(report.incident.detected)],
    ['Run began', time(report.started)],
    [
      'Run ended',
      html`${time(report.incident.ended)}, ${spanInWords(report.incident.duration)} after the
      ${report.incident.fault ? 'fault' : 'detection'}`,
    ],
    [
      'Started by',
      report.reason ? `${report.trigger}: ${report.reason}` : `${report.trigger}; reason: none, because none was given`,
    ],
    ['Status', [report.status, report.error, report.cause].filter(Boolean).join(': ')],
    ['Failed step', report.failedStep ?? 'none, because no step failed the run'],
    [
      'Restored from',
      report.restore
        ? html`${report.restore.kind},
          ${report.restore.moment === 'latest' ? 'everything before the fence' : time(report.restore.moment)}`
        : 'none, because nothing was restored',
    ],
    ['Fenced', report.restore?.fencedAt ? time(report.restore.fencedAt) : 'none, because no fence was confirmed'],
    ['Point of no return', report.pointOfNoReturnPassed ? 'passed' : 'not passed'],
    ['Participants', `none recorded beyond the trigger (${report.trigger}), because the run asked nobody`],
    ['Approvals', 'none, because no plan of this version waits for one'],
    ['Done by hand', 'none recorded, because everything in the time line was done by the machines named below'],
    [
      'Last drill of this kind',
      report.previous
        ? html`${report.previous.runId}, ${time(report.previous.endedAt)}`
        : 'none, because no earlier report was given',
    ],
    [
      'Service levels',
      report.serviceLevels ? inWords(report.serviceLevels) : 'none, because the description was not read',
    ],
  ];
  return html`<dl class="record">
    ${fields.map(
      ([name, content]) =>
        html`<dt>${name}</dt>
          <dd>${content}</dd>`,
    )}${report.executions.map(
      ({ machine, executionArn }, index) =>
        html`<dt id="execution-${index + 1}">Execution of ${machine}</dt>
          <dd><code>${executionArn}</code></dd>`,
    )}
  </dl>`;
}

export const failedAnchor = (report: Report): string | null => {
  const step = report.timeline.find((of) => pathOf(of) === report.failedStep && of.status !== 'done');
  return step ? stepAnchor(step.id) : null;
};
