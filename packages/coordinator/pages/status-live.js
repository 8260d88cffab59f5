// The page as it is now, every half minute, while somebody looks. Without this it only has to be loaded anew.
const EVERY_MS = 30_000;

async function renew() {
  if (document.hidden) return;
  const response = await fetch(location.href, { cache: 'no-cache' });
  if (!response.ok) return;
  const parsed = new DOMParser().parseFromString(await response.text(), 'text/html');
  const [next, now] = [parsed.querySelector('main'), document.querySelector('main')];
  if (next !== null && now !== null && next.innerHTML !== now.innerHTML) {
    now.replaceWith(document.adoptNode(next));
  }
}

setInterval(() => renew().catch(() => undefined), EVERY_MS);
