/* How numbers of 16 bits are written: ROUNDING is 1 where a weight keeps beside it what its rounding
   lost, so that both together are its value, 2 where chance rounds to bf16, and else 0. */
#if ROUNDING == 1
#define WEIGHT_AT(i) (LOAD(weights[i]) + LOAD(nos_kept[i]))
#define KEEP(i, x) (nos_kept[i] = STORE((x) - LOAD(weights[i])))
#else
#define WEIGHT_AT(i) LOAD(weights[i])
#define KEEP(i, x) ((void)0)
#endif
#if ROUNDING == 2
/* 16 random bits of an entry: pcg3d of Jarzynski and Olano, Hash Functions for GPU Rendering,
   Journal of Computer Graphics Techniques 9 (2020), of its place, the step and its tensor. */
static inline uint32_t nos_noise(uint32_t x, uint32_t y, uint32_t z)
{
    x = x * 1664525u + 1013904223u;
    y = y * 1664525u + 1013904223u;
    z = z * 1664525u + 1013904223u;
    x += y * z;
    y += z * x;
    z += x * y;
    x ^= x >> 16;
    y ^= y >> 16;
    z ^= z >> 16;
    return (x + y * z) >> 16;
}

static inline uint16_t to_bf16_by(float x, uint32_t noise)
{
    uint32_t bits;
    memcpy(&bits, &x, 4);
    return x != x ? 0x7fc0 : (uint16_t)((bits + noise) >> 16);
}
#define NOISE(tensor) nos_noise((uint32_t)i + nos_x, nos_y, nos_z + (tensor) * 3266489909u)
#endif
#if ROUNDING == 2 && WEIGHT == 160
#define STORE_BY(x, tensor) to_bf16_by(x, NOISE(tensor))
#else
#define STORE_BY(x, tensor) STORE(x)
#endif
#if ROUNDING == 2 && STATE == 160
#define STORE_STATE_BY(x, tensor) to_bf16_by(x, NOISE(tensor))
#else
#define STORE_STATE_BY(x, tensor) STORE_STATE(x)
#endif
