/** What is asked of the audit log: all of it exactly, where it is not empty. */
export interface AuditFilter {
  readonly actor: string;
  readonly action: string;
  readonly subject: string;
}

export function auditPath(filter: AuditFilter): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries<string>({ ...filter })) {
    if (value.trim() !== '') query.set(name, value.trim());
  }
  query.set('limit', '50');
  return `/v1/audit?${query.toString()}`;
}
