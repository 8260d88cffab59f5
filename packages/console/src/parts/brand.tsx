export function Brand() {
  return (
    <span className="brand">
      <svg width="22" height="22" viewBox="0 0 32 32" aria-hidden="true">
        <rect width="32" height="32" rx="8" className="ground" />
        <path d="M8 17.5 13.5 23 24 10.5" className="tick" />
        <circle cx="8" cy="9" r="2.2" />
        <circle cx="16" cy="9" r="2.2" />
      </svg>
      TrustMonitor
    </span>
  );
}
