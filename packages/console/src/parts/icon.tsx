/** Line icons, 16 by 16. They stand beside words, and so say nothing themselves. */
const PATHS = {
  overview: 'M2 3h12M2 8h12M2 13h8',
  incident: 'M8 1.8 14.8 13.6H1.2zM8 6v3.6M8 11.6v.2',
  slo: 'M2 12a6 6 0 1 1 12 0M8 12l3-4.5',
  check: 'M8 1.8v2.4M8 11.8v2.4M1.8 8h2.4M11.8 8h2.4M8 5.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5z',
  regions:
    'M8 1.8a6.2 6.2 0 1 0 0 12.4A6.2 6.2 0 0 0 8 1.8zM1.8 8h12.4M8 1.8c4 4 4 8.4 0 12.4M8 1.8c-4 4-4 8.4 0 12.4',
  bell: 'M4 11V7a4 4 0 0 1 8 0v4l1.3 1.500H2.700zM6.7 14.200h2.6',
  maintenance:
    'M13.8 4.200a3.4 3.4 0 0 1-4.5 4.300L4.7 13a1.6 1.6 0 0 1-2.3-2.300l4.6-4.600a3.4 3.4 0 0 1 4.3-4.500L9.2 3.800l.3 2.3 2.2.3z',
  log: 'M8 1.8v4M8 5.8 4 10M8 5.800l4 4.200M4 10v4M12 10v4M2.5 14h3M10.5 14h3',
  settings: 'M2 4.500h7M12 4.500h2M2 11.500h2M7 11.500h7M10.5 3v3M5.5 10v3',
  leave: 'M6.5 2H3v12h3.500M7 8h7M11 5l3 3-3 3',
  menu: 'M2 4h12M2 8h12M2 12h12',
  search: 'M7 2.200a4.8 4.8 0 1 0 0 9.6 4.8 4.8 0 0 0 0-9.600zM10.5 10.500l3.5 3.5',
  plus: 'M8 2.500v11M2.5 8h11',
  seal: 'M8 1.500l5.5 2v4.500c0 3.3-2.4 5.5-5.5 6.5-3.1-1-5.5-3.2-5.5-6.500V3.500zM5.5 8l1.8 1.8 3.3-3.6',
  download: 'M8 2v8M5 7.5 8 10.500l3-3M2.5 13.500h11',
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg className="icon" width="16" height="16" viewBox="0 0 16 16" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}
