/** The product's mark: an object and the agent that circles it. */
export function Mark({ size = 28 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden focusable="false">
      <rect width="32" height="32" rx="9" fill="#0b5d4d" />
      <circle cx="16" cy="16" r="7.5" fill="none" stroke="#d3e9e2" strokeWidth="2.5" />
      <circle cx="22.6" cy="12" r="3.6" fill="#f2b134" stroke="#0b5d4d" strokeWidth="1.6" />
    </svg>
  );
}
