/* The bits of a double, and back. Shifts are those of unsigned numbers, which are defined for every
   pattern. */
static inline uint64_t nos_bits(double x) {
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static inline double nos_from_bits(uint64_t bits) {
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* |x| with the sign of y. */
static inline double nos_signed(double x, double y) {
    return nos_from_bits((nos_bits(x) & 0x7fffffffffffffffu) | (nos_bits(y) & 0x8000000000000000u));
}
