/* Memory from start to stop, and whether a step writes there. */
struct span { int64_t start, stop; int written; };

static int by_start(const void *x, const void *y)
{
    const int64_t a = ((const struct span *)x)->start, b = ((const struct span *)y)->start;
    return (a > b) - (a < b);
}

/* Returns whether what is written of some tensor is part of another, or of its own gradient. */
static int overlap(int64_t count, const int64_t *table)
{
    struct span *spans = malloc((count * PARTS + 1) * sizeof *spans);
    if (spans == NULL)
        return 1;
    int64_t used = 0;
    for (int64_t k = 0; k < count; k++) {
        const int64_t *tensor = table + k * LONG, size = tensor[0];
        for (int part = 0; part < PARTS && size > 0; part++) {
            const int64_t start = tensor[places[part].place];
            spans[used++] = (struct span){start, start + size * places[part].bytes, places[part].written};
        }
    }
    qsort(spans, used, sizeof *spans, by_start);
    int64_t stop = 0, written = 0; /* where the spans so far end, and those that are written */
    int found = 0;
    for (int64_t k = 0; k < used && !found; k++) {
        const struct span own = spans[k];
        found = own.start < (own.written ? stop : written);
        stop = own.stop > stop ? own.stop : stop;
        written = own.written && own.stop > written ? own.stop : written;
    }
    free(spans);
    return found;
}
