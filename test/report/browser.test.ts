import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BrowserContext, Page } from 'playwright-core';
import * as z from 'zod';
import { renderHtml } from '../../report/html';
import { chromiumPath, openBrowser } from './chromium';
import { sampleReport } from './fixtures';

const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const axeResult = z.object({
  violations: z.array(z.object({ id: z.string(), nodes: z.array(z.object({ html: z.string() })) })),
});

// Jest counts what is skipped and says so; the reason goes with the name.
const describeWithBrowser = chromiumPath === null ? describe.skip : describe;

describeWithBrowser(
  `in a browser (${chromiumPath ?? 'SKIPPED: no Chromium here; install chromium or set CHROMIUM'})`,
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'lifeboat-report-'));
    const contexts: BrowserContext[] = [];

    async function open(
      kind: 'recovered' | 'failed',
      options: { colorScheme?: 'light' | 'dark' } = {},
    ): Promise<{ page: Page; refused: string[] }> {
      const file = join(folder, `${kind}.html`);
      writeFileSync(file, renderHtml(sampleReport(kind)));
      const context = await openBrowser(options);
      contexts.push(context);
      const page = await context.newPage();
      const refused: string[] = [];
      page.on('request', (request) => {
        if (request.url() !== `file://${file}`) refused.push(request.url());
      });
      page.on('pageerror', (error) => refused.push(error.message));
      page.on('console', (message) => refused.push(message.text()));
      await page.goto(`file://${file}`);
      return { page, refused };
    }

    afterEach(async () => {
      for (const context of contexts.splice(0)) await context.close();
    });

    test.each([
      ['recovered', 'light'],
      ['recovered', 'dark'],
      ['failed', 'light'],
      ['failed', 'dark'],
    ] as const)('%s, %s: axe finds nothing, nothing is fetched, nothing is refused', async (kind, colorScheme) => {
      const { page, refused } = await open(kind, { colorScheme });
      expect(refused).toEqual([]);
      // The page's own policy forbids scripts; axe comes in over the debugger, which that does not bind.
      await page.evaluate(axe);
      const { violations } = axeResult.parse(await page.evaluate('axe.run()'));
      expect(violations.map(({ id, nodes }) => [id, nodes[0]?.html])).toEqual([]);
    });

    test('a script that got in would not run', async () => {
      const file = join(folder, 'script.html');
      writeFileSync(
        file,
        renderHtml(sampleReport()).replace('</body>', '<script>document.title="ran"</script></body>'),
      );
      const context = await openBrowser();
      contexts.push(context);
      const page = await context.newPage();
      await page.goto(`file://${file}`);
      expect(await page.title()).not.toBe('ran');
    });

    test.each(['recovered', 'failed'] as const)(
      '%s: the first screen at 1280×800 answers the first questions',
      async (kind) => {
        const { page } = await open(kind);
        const wide = await page.evaluate('document.documentElement.scrollWidth');
        expect(wide).toBe(1280);
        for (const text of [
          'DRILL',
          'database-recovery',
          'drl-0031',
          'interview-drills-drill',
          'us-east-1',
          'Recovery time',
          'Data loss',
          'Downtime',
          'Rows lost',
          'Requests failed',
          'Started by',
        ]) {
          const box = await page.getByText(text, { exact: true }).first().boundingBox();
          expect([text, box !== null && box.y + box.height <= 800]).toEqual([text, true]);
        }
        const verdict = await page.locator('h1').boundingBox();
        expect(verdict?.y).toBeLessThan(200);
        expect(await page.locator('.bullets svg desc').allTextContents()).toHaveLength(3);
      },
    );

    test('printed on A4 nothing is hidden: the paper has the words of the page', async () => {
      const { page } = await open('recovered');
      const pdf = join(folder, 'report.pdf');
      await page.pdf({ path: pdf, preferCSSPageSize: true, printBackground: true });
      await page.emulateMedia({ media: 'print' });
      const clipped = await page.evaluate(
        "[...document.querySelectorAll('main *')].filter((e) => { const s = getComputedStyle(e); return s.display === 'none' || s.visibility === 'hidden'; }).map((e) => e.tagName).filter((t) => !['TITLE','DESC','COL','COLGROUP','DEFS','PATTERN'].includes(t.toUpperCase()))",
      );
      expect(clipped).toEqual([]);
      expect(readFileSync(pdf).length).toBeGreaterThan(20_000);
      const words = (text: string) => text.replace(/[\s\u00ad-]+/g, '');
      let paper: string;
      try {
        paper = words(execFileSync('pdftotext', ['-raw', pdf, '-'], { encoding: 'utf8' }));
      } catch {
        // poppler-utils is not everywhere; what is above holds without it.
        return;
      }
      const cells = z.array(z.string()).parse(await page.locator('th, dt, h1, h2, h3').allInnerTexts());
      for (const cell of cells) for (const word of cell.split(/\s+/)) expect(paper).toContain(words(word));
    });
  },
);
