#if LANES > 1
/* Moves a part of a tensor: whole vectors, and what is left behind them in copies. */
static void move_part(const int64_t *tensor, const double *numbers, const wide *found,
                      int64_t start, int64_t stop)
{
    const int64_t rest = (stop - start) % LANES, whole = stop - rest;
    move(tensor, numbers, found, start, whole);
    if (rest == 0)
        return;
    int64_t row[LONG];
    real copies[PARTS][LANES] = {{0}};
    memcpy(row, tensor, sizeof row);
    for (int part = 0; part < PARTS; part++) {
        memcpy(copies[part], (const real *)tensor[places[part].place] + whole, rest * sizeof(real));
        row[places[part].place] = (int64_t)(intptr_t)copies[part];
    }
    move(row, numbers, found, 0, LANES);
    for (int part = 0; part < PARTS; part++)
        if (places[part].written)
            memcpy((real *)tensor[places[part].place] + whole, copies[part], rest * sizeof(real));
}
#else
#define move_part move
#endif
