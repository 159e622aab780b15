const RINGS = [90, 160, 240, 330, 430];
const BODIES = [
  { ring: 90, angle: 210, size: 7, signal: false },
  { ring: 160, angle: 244, size: 10, signal: true },
  { ring: 240, angle: 196, size: 9, signal: false },
  { ring: 240, angle: 257, size: 5, signal: false },
  { ring: 330, angle: 262, size: 6, signal: false },
  { ring: 330, angle: 190, size: 5, signal: false },
];

/** Rings with bodies on them: the mark, drawn large. */
export function Orbits() {
  return (
    <svg viewBox="-440 -440 460 460" preserveAspectRatio="xMaxYMax slice" aria-hidden focusable="false">
      {RINGS.map((radius) => (
        <circle key={radius} r={radius} fill="none" stroke="#ffffff" strokeOpacity="0.14" strokeWidth="1.25" />
      ))}
      <circle r="44" fill="none" stroke="#d3e9e2" strokeOpacity="0.9" strokeWidth="9" />
      {BODIES.map(({ ring, angle, size, signal }) => (
        <circle
          key={`${String(ring)}-${String(angle)}`}
          cx={ring * Math.cos((angle * Math.PI) / 180)}
          cy={ring * Math.sin((angle * Math.PI) / 180)}
          r={size}
          fill={signal ? "#f2b134" : "#7ccdb6"}
        />
      ))}
    </svg>
  );
}
