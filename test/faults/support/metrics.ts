/** `/metrics` of a coordinator that shows it without a token (`TM_METRICS_PUBLIC`). */
export async function metricsOf(url: string): Promise<(name: string) => number> {
  const response = await fetch(`${url}/metrics`);
  if (!response.ok) throw new Error(`${url}/metrics answers ${response.status}`);
  const lines = (await response.text()).split('\n').filter((line) => !line.startsWith('#'));
  /** The sum over all series of that name. */
  return (name) => {
    const values = lines
      .filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`))
      .map((line) => Number(line.slice(line.lastIndexOf(' ') + 1)));
    if (values.length === 0) throw new Error(`no series ${name} in ${url}/metrics`);
    return values.reduce((sum, value) => sum + value, 0);
  };
}
