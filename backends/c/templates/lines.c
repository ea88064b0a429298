/* A tensor is matrices, and a chunk some rows of one of them or several matrices, so that the sum of a row is
   that of one chunk. Sums of columns are joined of the pieces of a matrix. */
struct grid { int64_t n_rows, n_cols, matrices, height, pieces, together; };

static struct grid grid_of(const int64_t *tensor)
{
    struct grid grid = {tensor[ROWS], tensor[COLS], tensor[MATRICES], 64, 1, 1};
    const int64_t fit = CHUNK / (grid.n_cols > 0 ? grid.n_cols : 1);
    grid.height = fit > grid.height ? fit : grid.height;
    if (grid.n_rows > grid.height)
        grid.pieces = (grid.n_rows + grid.height - 1) / grid.height;
    else if (grid.n_rows > 0)
        grid.together = grid.height / grid.n_rows;
    return grid;
}

static int64_t chunks(const int64_t *tensor)
{
    const struct grid grid = grid_of(tensor);
    return (grid.matrices + grid.together - 1) / grid.together * grid.pieces;
}

/* Where the numbers of rows begin of those that are found of a tensor, where those of columns, and how many. */
static wide *rows_of(wide *lines, struct grid grid, int row) { return lines + row * grid.matrices * grid.n_rows; }
static wide *columns_of(wide *lines, struct grid grid, int column)
{
    return rows_of(lines, grid, FOUND_ROWS) + column * grid.matrices * grid.pieces * grid.n_cols;
}
static int64_t length(const int64_t *tensor)
{
    const struct grid grid = grid_of(tensor);
    return grid.matrices * (FOUND_ROWS * grid.n_rows + FOUND_COLUMNS * grid.pieces * grid.n_cols);
}
