export { severityOf, type Severity } from './severity.ts';
