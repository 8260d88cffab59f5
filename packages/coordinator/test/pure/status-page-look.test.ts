/** What a page may look like: colours that can be read, and a logo of its own. */
import { describe, expect, test } from 'vitest';
import { contrastOf } from '../../src/status-page/colours.ts';
import { filesOf } from '../../src/status-page/export.ts';
import { requirePresentable } from '../../src/status-page/presentable.ts';
import { siteOf } from '../../src/status-page/site.ts';
import { styleSheet } from '../../src/status-page/style.ts';
import { pageView } from '../../src/status-page/view.ts';
import { NOW, INCIDENT, PAGE, NOTHING, SITE } from '../support/public-page.ts';

describe('what a page looks like', () => {
  const PNG = Buffer.from('89504e470d0a1a0a0000000d', 'hex');
  const logo = `data:image/png;base64,${PNG.toString('base64')}`;

  test('is its own, with a logo that is one of its files', async () => {
    const colours = { light: { background: '#fff8e1', text: '#3e2723' } };
    const page = { ...PAGE, logo, colours, accent: '#ffeb3b' };
    expect(() => requirePresentable(page)).not.toThrow();
    const site = siteOf(pageView(page, { ...NOTHING, incidents: [INCIDENT] }, NOW), SITE);
    const files = await filesOf(site);
    expect(files.find(({ path }) => path === 'logo.png')).toEqual({
      ...{ path: 'logo.png', type: 'image/png', encoding: 'base64' },
      text: PNG.toString('base64'),
    });
    const index = files.find(({ path }) => path === 'index.html')?.text;
    expect(index).toContain('<img src="logo.png"');
    expect(index).toContain("img-src 'self';");
    const style = files.find(({ path }) => path === 'style.css')?.text ?? '';
    expect(style).toContain('--bg:#fff8e1;--fg:#3e2723');
    // Links in yellow could not be read on it.
    expect(style).toContain('--accent:#ffeb3b;--link:#3e2723');
    expect(styleSheet({})).toContain('--accent:#1a5fb4;--link:#1a5fb4;--bg:#ffffff;--fg:#1b1f24');
  });

  test.each(['#000000', '#777777', '#ffffff', '#3355aa', '#c62828', '#ffdd00'])(
    'can be read in all its words, on a ground of %s',
    (background) => {
      const text = contrastOf(background, '#000000') > 4.5 ? '#000000' : '#ffffff';
      const style = styleSheet({ colours: { light: { background, text } } });
      const [, light = ''] = /^:root\{(.*)\}/.exec(style) ?? [];
      const colours = new Map(
        light.split(';').map((one) => one.slice(2).split(':') as [string, string]),
      );
      for (const [name, colour] of colours) {
        if (!/^(?:fg|dim|link|on-)/.test(name)) continue;
        expect([name, contrastOf(colour, background) >= 4.5]).toEqual([name, true]);
      }
    },
  );

  test.each([
    [
      '/colours/dark',
      { colours: { dark: { background: '#777777', text: '#888888' } } },
      '4.5 to 1',
    ],
    ['/logo', { logo: logo.replace('png', 'jpeg') }, 'is not a jpg by its content'],
    ['/logo', { logo: `data:image/png;base64,${'A'.repeat(87_384)}AAAA` }, 'may have 65536'],
  ])('is refused where %s will not do', (pointer, changes, said) => {
    expect(() => requirePresentable({ ...PAGE, ...changes })).toThrow(
      expect.objectContaining({
        code: 'input.invalid',
        where: pointer,
        message: expect.stringContaining(said) as string,
      }),
    );
  });
});
