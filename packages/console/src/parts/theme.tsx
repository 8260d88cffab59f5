/** Light or dark: the system's choice, unless the reader has another. */
import { useState } from 'react';
import { Choice } from './basics.tsx';

type Theme = 'system' | 'light' | 'dark';
const KEY = 'theme';

function storedTheme(): Theme {
  const stored = window.localStorage.getItem(KEY);
  return stored === 'light' || stored === 'dark' ? stored : 'system';
}

export function applyTheme(theme: Theme = storedTheme()): void {
  if (theme === 'system') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = theme;
}

export function ThemeChoice() {
  const [theme, setTheme] = useState(storedTheme);
  const choose = (chosen: Theme): void => {
    window.localStorage.setItem(KEY, chosen);
    applyTheme(chosen);
    setTheme(chosen);
  };
  return (
    <Choice
      label="Colours"
      value={theme}
      options={[
        ['system', 'Auto'],
        ['light', 'Light'],
        ['dark', 'Dark'],
      ]}
      onChoose={choose}
    />
  );
}
