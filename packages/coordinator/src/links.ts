/** Where links in messages lead. */
export interface LinkSettings {
  /** What links in messages start with. */
  readonly apiUrl: string;
  /** URL of a trace, with `{traceId}` in it; null: no such links. */
  readonly traceUrlTemplate: string | null;
  /** URL of a dashboard, with `{monitor}` in it; null: no such links. */
  readonly dashboardUrlTemplate: string | null;
}

/** What a template of TM_DASHBOARD_URL_TEMPLATE must have in it. */
export const MONITOR_PLACE = '{monitor}';

/** Null without a template. */
export function dashboardUrlOf(monitor: string, template: string | null): string | null {
  return template === null ? null : template.replaceAll(MONITOR_PLACE, encodeURIComponent(monitor));
}

export function linksOf({
  publicUrl: apiUrl,
  traceUrlTemplate,
  dashboardUrlTemplate,
}: Omit<LinkSettings, 'apiUrl'> & { readonly publicUrl: string }): LinkSettings {
  return { apiUrl, traceUrlTemplate, dashboardUrlTemplate };
}
