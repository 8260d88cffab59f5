/** Every alert that the system can raise has a runbook, and its commands are real. */
import { RUNBOOK_NAMES } from '@trustmonitor/coordinator';
import type { Command } from 'commander';
import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { programOf } from '../src/cli.ts';
import type { Context } from '../src/context.ts';

const FOLDER = new URL('../../../docs/runbooks/', import.meta.url);
const FILES = readdirSync(FOLDER).toSorted();
const pageOf = (file: string) => readFileSync(new URL(file, FOLDER), 'utf8');

const SECTIONS = [
  'What it is',
  'Likely causes',
  'First three steps',
  'How to resolve',
  'Roll back or fix forward',
  'Whom to call',
];

/** Only the shape of the commands is asked for: none of them runs. */
const program = programOf({ settings: { version: '0' } } as unknown as Context);

/** What is wrong with a command line; null for nothing. */
function faultOf(line: string): string | null {
  let command: Command = program;
  const words = (line.match(/"[^"]*"|\S+/g) ?? []).slice(1);
  for (const word of words) {
    const next = command.commands.find((one) => one.name() === word);
    if (next === undefined) break;
    command = next;
  }
  if (command === program) return `there is no command ${words[0] ?? ''}`;
  const known = [...command.options, ...(command.parent?.options ?? [])].flatMap((option) => [
    option.long,
    option.short,
  ]);
  const unknown = words.find((word) => word.startsWith('-') && !known.includes(word));
  return unknown === undefined ? null : `${command.name()} has no option ${unknown}`;
}

test('there is one for each alert', () => {
  expect(FILES).toEqual(expect.arrayContaining(RUNBOOK_NAMES.map((name) => `${name}.md`)));
  expect(RUNBOOK_NAMES.length).toBeGreaterThan(10);
});

describe.each(FILES)('%s', (file) => {
  const page = pageOf(file);
  const sections = new Map(
    page
      .split(/^## /m)
      .slice(1)
      .map((section) => [section.split('\n', 1)[0], section.slice(section.indexOf('\n')).trim()]),
  );

  test('answers every question', () => {
    expect(page.startsWith(`# \`${file.replace(/\.md$/, '')}\`: `)).toBe(true);
    expect([...sections.keys()]).toEqual(SECTIONS);
    for (const [name, text] of sections) expect([name, text.length > 20]).toEqual([name, true]);
  });

  test('has three steps with commands that there are', () => {
    const steps = (sections.get('First three steps') ?? '').split(/^\d\. /m).slice(1);
    expect(steps).toHaveLength(3);
    const blocks = steps.map((step) => /```sh\n([\s\S]*?)```/.exec(step)?.[1]?.trim() ?? '');
    for (const block of blocks) expect(block).not.toBe('');
    const inline = [...page.matchAll(/`(trustmonitor [^`\n]+)`/g)].map(([, line]) => line ?? '');
    const lines = [
      ...blocks.flatMap((block) => block.split('\n').map((line) => line.trim())),
      ...inline,
    ];
    const faults = lines
      .filter((line) => line.startsWith('trustmonitor '))
      .map((line) => [line, faultOf(line)]);
    expect(faults.filter(([, fault]) => fault !== null)).toEqual([]);
  });
});

test('a command that there is not is noticed', () => {
  expect(faultOf('trustmonitor frobnicate all')).toBe('there is no command frobnicate');
  expect(faultOf('trustmonitor channels test ops --loud')).toBe('test has no option --loud');
  expect(faultOf('trustmonitor incidents ack latest --note "a --b"')).toBeNull();
});
