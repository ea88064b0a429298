/* NaN stays NaN in all of them. Two choices in place of one with "or", which would keep loops from vectors. */
static inline real nos_max(real x, real y)
{
    const real larger = x > y ? x : y;
    return x != x ? x : larger;
}
static inline real nos_min(real x, real y)
{
    const real smaller = x < y ? x : y;
    return x != x ? x : smaller;
}
/* Of a number y that is no NaN: one comparison less. */
static inline real nos_above(real x, real y) { return x < y ? y : x; }
static inline real nos_below(real x, real y) { return x > y ? y : x; }
static inline real nos_clamp(real x, real bound) { return nos_fabs(x) > bound ? nos_copysign(bound, x) : x; }
static inline real nos_saturate(real x) { return nos_clamp(x, LARGEST); }
static inline real nos_limit(real x, real bound) { return nos_clamp(x, bound) + (x - x); }
static inline real nos_positive(real x) { return x < TINY ? TINY : x; }
static inline real nos_sign(real x) { return x != x ? x : (real)((x > 0) - (x < 0)); }
static inline real nos_ratio(real x, real y) { return y == 0 ? 0 : x / y; }
static inline real nos_drop(real x, real uniform, real rate, real rest) { return uniform < rate ? 0 : x / rest; }
static inline wide nos_count(int64_t size) { return size > 1 ? size : 1; }
static inline wide wide_max(wide x, wide y) { return x > y || x != x ? x : y; }
#define nos_and(x, y) ((x) != 0 & (y) != 0)
#define nos_or(x, y) ((x) != 0 | (y) != 0)
#define nos_not(x) ((x) == 0)
#define nos_where(x, y, z) ((x) != 0 ? (y) : (z))
/* By what is the same for all entries: as bits, since gcc 12 makes no vectors of such a choice. */
#define nos_either(x, y, z) nos_masked((x) != 0, y, z)
static inline real nos_masked(int first, real x, real y)
{
    word of_x, of_y;
    memcpy(&of_x, &x, sizeof x);
    memcpy(&of_y, &y, sizeof y);
    const word mask = -(word)first, chosen = (of_x & mask) | (of_y & ~mask);
    memcpy(&x, &chosen, sizeof x);
    return x;
}
static inline real nos_lerp(real x, real y, real weight)
{
    /* From the nearer end, so that both ends are exact. */
    const real near = weight < R(0.5) ? x : y, share = weight < R(0.5) ? weight : weight - 1;
    return near + share * (y - x);
}
static inline real nos_mod(real x, real y)
{
    const real rest = nos_fmod(x, y == 0 ? 1 : y);
    return y == 0 ? x : rest != 0 && (rest < 0) != (y < 0) ? rest + y : rest;
}
