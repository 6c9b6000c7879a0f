import type { Report } from '../../contract/report';
import { duration, inWords } from '../text';
import { html, type Content, type Markup } from './markup';
import { table } from './tables';

type Rehearsed = NonNullable<Report['rehearsal']>;
type Planned = Rehearsed['changes'][number];

const undoWords: Readonly<Record<Planned['undo'], string>> = {
  yes: 'yes, taken back by settling or undo',
  kept: 'stays; what it replaces is kept',
  no: 'no: writes accepted after it would be lost',
};

/** The section of a rehearsal, for the front of the page; none for any other run. */
export function rehearsal(report: Report): [string, string, Content][] {
  const { rehearsal: found } = report;
  if (found === undefined) return [];
  return [['rehearsal', 'What a live run would change', whatItWouldChange(found)]];
}

/** What cannot be taken back comes first, then the rest in the order in which it would be made. */
export function inOrderOfConcern<T extends Pick<Planned, 'undo'>>(changes: readonly T[]): T[] {
  return [...changes.filter(({ undo }) => undo === 'no'), ...changes.filter(({ undo }) => undo !== 'no')];
}

function whatItWouldChange({ changes, prediction, digest }: Rehearsed): Markup {
  const rows = inOrderOfConcern(changes).map(
    (change) =>
      html`<tr>
        <th scope="row">${change.step}<br /><small>${change.kind}${notes(change)}</small></th>
        <td>${before(change)}</td>
        <td>${inWords(change.after)}</td>
        <td>${undoWords[change.undo]}</td>
      </tr>`,
  );
  return html`<p>
      Nothing was changed. Predicted: ${duration(prediction.durationSeconds)} in all, the application down for
      ${duration(prediction.downtimeSeconds)},
      ${prediction.lossSeconds === null ? 'the loss is not known' : `writes of at most ${duration(prediction.lossSeconds)} lost`}
      (${prediction.because}).
    </p>
    ${table(
      'Changes that a live run would make: first what cannot be taken back',
      [
        ['Change', 26],
        ['State before', 28],
        ['State after', 30],
        ['Undo', 16],
      ],
      rows,
      'a live run would change nothing',
    )}
    <p class="soft">Digest of these changes: <code>${digest}</code></p>`;
}

function notes({ upon, insteadOf }: Planned): string {
  if (insteadOf !== null) return `, only where ${insteadOf} turns out to be impossible`;
  return upon === null ? '' : `, upon ${upon}`;
}

const before = ({ before: state, upon }: Planned): string =>
  state === null ? (upon === null ? 'not read, the checks say why' : `as ${upon} leaves it`) : inWords(state);
