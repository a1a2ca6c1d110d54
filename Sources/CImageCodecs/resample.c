// Separable resampling with the filters of Pillow's `Image.resize`. What makes the bytes equal:
// weights are computed and normalised in double precision, then rounded to 22 fractional bits;
// each pass sums in 32-bit integers, adds one half, shifts and clips to a byte; the order of the
// passes is Pillow's. Every output depends on its own taps alone, so a window needs no more work
// than its own size, and the order of the integer sum does not matter.
//
// A pass over an axis that keeps its size is the identity: both filters are 1 at 0 and 0 at the
// other integers.

#include "ic_resample.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// Fused multiply-add would change the last bit of a weight on machines that have it.
#pragma STDC FP_CONTRACT OFF

#define INLINED static inline __attribute__((always_inline))

enum { fraction_bits = 22 };

// MARK: Weights

// For each output position of one axis: the first input position and the weights from there.
typedef struct {
    int64_t count;     // output positions
    int64_t taps;      // room for weights a position
    int64_t *starts;   // [count]
    int64_t *lengths;  // [count], weights in use; zeros follow
    double *weights;   // [count, taps]
    int32_t *rounded;  // [count, taps], the weights in fixed point
} weight_table;

static double bilinear(double x) {
    x = fabs(x);
    return x < 1 ? 1 - x : 0;
}

// Keys' cubic convolution with a = -1/2. The order of the operations decides the last bit.
static double bicubic(double x) {
    const double a = -0.5;
    x = fabs(x);
    if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
    if (x < 2) return (((x - 5) * x + 8) * x - 4) * a;
    return 0;
}

static void free_table(weight_table *table) {
    free(table->starts);
    free(table->lengths);
    free(table->weights);
    free(table->rounded);
}

static void *allocate(int64_t rows, int64_t columns, size_t size) {
    if (columns > 0 && rows > (int64_t)(PTRDIFF_MAX / size) / columns) return NULL;
    return malloc((size_t)rows * (size_t)columns * size);
}

// The weights of output positions first ..< first + count, of `output` positions made from
// `input` ones; in reverse order if mirrored.
static bool make_table(
    int64_t input, int64_t output, int64_t first, int64_t count, bool mirrored, ic_filter filter,
    weight_table *table) {
    double scale = (double)input / (double)output;
    double stretch = scale < 1 ? 1 : scale;
    double inverse = 1 / stretch;
    double support = (filter == IC_FILTER_BICUBIC ? 2 : 1) * stretch;
    int64_t taps = 2 * (int64_t)ceil(support) + 1;
    if (taps > input) taps = input;
    *table = (weight_table){.count = count, .taps = taps};
    table->starts = allocate(count, 1, sizeof(int64_t));
    table->lengths = allocate(count, 1, sizeof(int64_t));
    table->weights = allocate(count, taps, sizeof(double));
    table->rounded = allocate(count, taps, sizeof(int32_t));
    if (!table->starts || !table->lengths || !table->weights || !table->rounded) {
        free_table(table);
        return false;
    }
    for (int64_t i = 0; i < count; i++) {
        int64_t position = mirrored ? count - 1 - i : i;
        double center = ((double)(first + i) + 0.5) * scale;
        int64_t low = (int64_t)(center - support + 0.5);
        int64_t high = (int64_t)(center + support + 0.5);
        if (low < 0) low = 0;
        if (high > input) high = input;
        double *weights = table->weights + position * taps;
        int32_t *rounded = table->rounded + position * taps;
        double sum = 0;
        for (int64_t t = 0; t < high - low; t++) {
            double x = ((double)(t + low) - center + 0.5) * inverse;
            weights[t] = filter == IC_FILTER_BICUBIC ? bicubic(x) : bilinear(x);
            sum += weights[t];
        }
        for (int64_t t = 0; t < taps; t++) {
            if (t >= high - low) {
                weights[t] = 0;
            } else if (sum != 0) {
                weights[t] /= sum;
            }
            double scaled = weights[t] * (1 << fraction_bits);
            rounded[t] = (int32_t)(scaled < 0 ? scaled - 0.5 : scaled + 0.5);
        }
        table->starts[position] = low;
        table->lengths[position] = high - low;
    }
    return true;
}

// MARK: Eight bits

typedef int32_t lanes __attribute__((vector_size(64)));
typedef uint8_t block_row __attribute__((vector_size(16)));

enum {
    block = 16,  // rows and columns of a block of bytes
    half = 1 << (fraction_bits - 1),
};

INLINED block_row load_row(const uint8_t *bytes) {
    block_row row;
    memcpy(&row, bytes, sizeof row);
    return row;
}

// The vertical pass: for each of the table's positions, neighbouring columns go down the rows
// together. Row `first_row` of the picture is the first of `input`.
INLINED void combine_rows(
    const uint8_t *input, size_t stride, int64_t row_bytes, const weight_table *table,
    int64_t first_row, uint8_t *output) {
    for (int64_t y = 0; y < table->count; y++, output += row_bytes) {
        const int32_t *weights = table->rounded + y * table->taps;
        int64_t taps = table->lengths[y];
        const uint8_t *top = input + (size_t)(table->starts[y] - first_row) * stride;
        int64_t x = 0;
        for (; x + block <= row_bytes; x += block) {
            const uint8_t *source = top + x;
            lanes sum = (lanes){0} + half;
            for (int64_t t = 0; t < taps; t++, source += stride) {
                sum += __builtin_convertvector(load_row(source), lanes) * weights[t];
            }
            sum >>= fraction_bits;
            sum = __builtin_elementwise_max(sum, (lanes){0});
            sum = __builtin_elementwise_min(sum, (lanes){0} + 255);
            block_row result = __builtin_convertvector(sum, block_row);
            memcpy(output + x, &result, sizeof result);
        }
        for (; x < row_bytes; x++) {
            int32_t sum = half;
            for (int64_t t = 0; t < taps; t++) sum += top[t * (int64_t)stride + x] * weights[t];
            sum >>= fraction_bits;
            output[x] = (uint8_t)(sum < 0 ? 0 : sum > 255 ? 255 : sum);
        }
    }
}

// Four rounds of interleaving row i with row i + 8 turn rows into columns.
INLINED void transpose_block(const uint8_t *const *sources, uint8_t *const *targets) {
    block_row rows[block], next[block];
    for (int i = 0; i < block; i++) rows[i] = load_row(sources[i]);
    for (int round = 0; round < 4; round++) {
        for (int i = 0; i < 8; i++) {
            next[2 * i] = __builtin_shufflevector(
                rows[i], rows[i + 8], 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
            next[2 * i + 1] = __builtin_shufflevector(
                rows[i], rows[i + 8], 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15,
                31);
        }
        memcpy(rows, next, sizeof rows);
    }
    for (int i = 0; i < block; i++) memcpy(targets[i], &rows[i], sizeof rows[i]);
}

// 16 rows of `count` bytes to `count` rows of 16.
INLINED void rows_to_columns(const uint8_t *const *rows, int64_t count, uint8_t *columns) {
    for (int64_t x = 0; x < count; x += block) {
        if (count < block) {
            for (int64_t i = 0; i < count * block; i++) columns[i] = rows[i % block][i / block];
            return;
        }
        // The last block overlaps the one before it.
        int64_t start = x + block <= count ? x : count - block;
        const uint8_t *sources[block];
        uint8_t *targets[block];
        for (int i = 0; i < block; i++) {
            sources[i] = rows[i] + start;
            targets[i] = columns + (start + i) * block;
        }
        transpose_block(sources, targets);
    }
}

// `count` rows of 16 bytes to 16 rows of `count`, of which `wanted` are written.
INLINED void columns_to_rows(
    const uint8_t *columns, int64_t count, uint8_t *output, int64_t wanted) {
    if (count < block || wanted < block) {
        for (int64_t y = 0; y < wanted; y++) {
            for (int64_t x = 0; x < count; x++) *output++ = columns[x * block + y];
        }
        return;
    }
    for (int64_t x = 0; x < count; x += block) {
        int64_t start = x + block <= count ? x : count - block;
        const uint8_t *sources[block];
        uint8_t *targets[block];
        for (int i = 0; i < block; i++) {
            sources[i] = columns + (start + i) * block;
            targets[i] = output + i * count + start;
        }
        transpose_block(sources, targets);
    }
}

// The columns that the table's outputs are made from.
typedef struct {
    int64_t first;
    int64_t count;
} column_range;

static column_range used_columns(const weight_table *table) {
    int64_t last = table->count - 1;
    int64_t low = 0, high = last;
    if (table->starts[last] < table->starts[0]) {
        low = last;
        high = 0;
    }
    int64_t first = table->starts[low];
    return (column_range){first, table->starts[high] + table->lengths[high] - first};
}

// The horizontal pass: 16 rows at a time are turned into columns, combined as rows, and turned
// back. `work` holds 16 * channels bytes for each used column and each output position.
INLINED void combine_columns(
    const uint8_t *input, size_t stride, int64_t rows, const weight_table *table, int channels,
    uint8_t *work, uint8_t *output) {
    column_range used = used_columns(table);
    int64_t row_bytes = (int64_t)block * channels;
    int64_t output_stride = table->count * channels;
    uint8_t *combined = work + used.count * row_bytes;
    for (int64_t y = 0; y < rows; y += block) {
        const uint8_t *sources[block];
        for (int64_t i = 0; i < block; i++) {
            int64_t row = y + i < rows ? y + i : rows - 1;
            sources[i] = input + (size_t)row * stride + used.first * channels;
        }
        rows_to_columns(sources, used.count * channels, work);
        combine_rows(work, (size_t)row_bytes, row_bytes, table, used.first, combined);
        int64_t wanted = rows - y < block ? rows - y : block;
        columns_to_rows(combined, output_stride, output + y * output_stride, wanted);
    }
}

// The same two passes once more for processors with AVX2: without it, x86-64 has no vector
// multiplication of 32 bits.
#if defined(__x86_64__)
__attribute__((target("avx2"))) static void vertical_avx2(
    const uint8_t *input, size_t stride, int64_t row_bytes, const weight_table *table,
    int64_t first_row, uint8_t *output) {
    combine_rows(input, stride, row_bytes, table, first_row, output);
}

__attribute__((target("avx2"))) static void horizontal_avx2(
    const uint8_t *input, size_t stride, int64_t rows, const weight_table *table, int channels,
    uint8_t *work, uint8_t *output) {
    combine_columns(input, stride, rows, table, channels, work, output);
}
#endif

static void run_vertical(
    const uint8_t *input, size_t stride, int64_t row_bytes, const weight_table *table,
    int64_t first_row, uint8_t *output) {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2")) {
        vertical_avx2(input, stride, row_bytes, table, first_row, output);
        return;
    }
#endif
    combine_rows(input, stride, row_bytes, table, first_row, output);
}

// False when memory is exhausted.
static bool run_horizontal(
    const uint8_t *input, size_t stride, int64_t rows, const weight_table *table, int channels,
    uint8_t *output) {
    uint8_t *work = allocate(used_columns(table).count + table->count, block * channels, 1);
    if (!work) return false;
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2")) {
        horizontal_avx2(input, stride, rows, table, channels, work, output);
        free(work);
        return true;
    }
#endif
    combine_columns(input, stride, rows, table, channels, work, output);
    free(work);
    return true;
}

// MARK: Sixteen bits

static uint16_t sample_16(const uint8_t *bytes) {
    return (uint16_t)(bytes[0] | bytes[1] << 8);
}

static void write_16(uint8_t *output, double sum) {
    // Half away from zero, then clipped.
    int64_t value = (int64_t)(sum >= 0 ? sum + 0.5 : sum - 0.5);
    value = value < 0 ? 0 : value > 65535 ? 65535 : value;
    output[0] = (uint8_t)value;
    output[1] = (uint8_t)(value >> 8);
}

static void horizontal_16(
    const uint8_t *input, size_t stride, int64_t rows, const weight_table *table,
    uint8_t *output) {
    for (int64_t y = 0; y < rows; y++, input += stride) {
        for (int64_t x = 0; x < table->count; x++, output += 2) {
            const double *weights = table->weights + x * table->taps;
            const uint8_t *source = input + 2 * table->starts[x];
            double sum = 0;
            for (int64_t t = 0; t < table->lengths[x]; t++) {
                sum += sample_16(source + 2 * t) * weights[t];
            }
            write_16(output, sum);
        }
    }
}

static void vertical_16(
    const uint8_t *input, size_t stride, int64_t row_bytes, const weight_table *table,
    int64_t first_row, uint8_t *output) {
    for (int64_t y = 0; y < table->count; y++) {
        const double *weights = table->weights + y * table->taps;
        const uint8_t *top = input + (size_t)(table->starts[y] - first_row) * stride;
        for (int64_t x = 0; x < row_bytes; x += 2, output += 2) {
            double sum = 0;
            for (int64_t t = 0; t < table->lengths[y]; t++) {
                sum += sample_16(top + (size_t)t * stride + x) * weights[t];
            }
            write_16(output, sum);
        }
    }
}

// MARK: Both passes

// The input rows that the table's outputs are made from.
static void row_range(const weight_table *table, int64_t *first, int64_t *count) {
    *first = table->starts[0];
    int64_t last = table->count - 1;
    *count = table->starts[last] + table->lengths[last] - *first;
}

static bool resample(
    ic_picture input, ic_target target, ic_filter filter, bool sixteen, uint8_t *output) {
    if (target.window_width < 1 || target.window_height < 1) return true;
    int64_t pixel = sixteen ? 2 : input.channels;
    weight_table across, down;
    if (!make_table(
            input.width, target.width, target.window_x, target.window_width, target.mirrored,
            filter, &across)) {
        return false;
    }
    if (!make_table(
            input.height, target.height, target.window_y, target.window_height, false, filter,
            &down)) {
        free_table(&across);
        return false;
    }
    // Since version 13, Pillow starts with the rows where this saves work. Before, columns always
    // came first; where the orders differ, so do the results, by a level here and there.
    int64_t shrinking = input.height - target.height;
    bool rows_first = shrinking > 0 && shrinking > 2 * (input.width - target.width);
    int64_t first, rows;
    row_range(&down, &first, &rows);
    uint8_t *between = rows_first ? allocate(target.window_height, input.width * pixel, 1)
                                  : allocate(rows, target.window_width * pixel, 1);
    bool done = between != NULL;
    if (done && rows_first) {
        size_t stride = (size_t)(input.width * pixel);
        if (sixteen) {
            vertical_16(input.pixels, input.stride, (int64_t)stride, &down, 0, between);
            horizontal_16(between, stride, target.window_height, &across, output);
        } else {
            run_vertical(input.pixels, input.stride, (int64_t)stride, &down, 0, between);
            done = run_horizontal(
                between, stride, target.window_height, &across, input.channels, output);
        }
    } else if (done) {
        const uint8_t *top = input.pixels + (size_t)first * input.stride;
        size_t stride = (size_t)(target.window_width * pixel);
        if (sixteen) {
            horizontal_16(top, input.stride, rows, &across, between);
            vertical_16(between, stride, (int64_t)stride, &down, first, output);
        } else {
            done = run_horizontal(
                top, input.stride, rows, &across, input.channels, between);
            if (done) run_vertical(between, stride, (int64_t)stride, &down, first, output);
        }
    }
    free(between);
    free_table(&across);
    free_table(&down);
    return done;
}

bool ic_resample_8(ic_picture input, ic_target target, ic_filter filter, uint8_t *output) {
    return resample(input, target, filter, false, output);
}

bool ic_resample_16(ic_picture input, ic_target target, ic_filter filter, uint8_t *output) {
    return resample(input, target, filter, true, output);
}

// MARK: Nearest neighbour

// Input positions of output positions first ..< first + count. Pillow adds up the step instead
// of multiplying, and so does this, for the same rounding.
static int64_t *nearest_positions(
    int64_t input, int64_t output, int64_t first, int64_t count) {
    int64_t *positions = allocate(count, 1, sizeof(int64_t));
    if (!positions) return NULL;
    double step = (double)input / (double)output;
    double position = step * 0.5;
    for (int64_t i = 0; i < first + count; i++, position += step) {
        if (i < first) continue;
        int64_t nearest = (int64_t)position;
        positions[i - first] = nearest < input ? nearest : input - 1;
    }
    return positions;
}

bool ic_resample_nearest(ic_picture input, ic_target target, uint8_t *output) {
    int64_t *columns = nearest_positions(
        input.width, target.width, target.window_x, target.window_width);
    int64_t *rows = nearest_positions(
        input.height, target.height, target.window_y, target.window_height);
    bool done = columns && rows;
    for (int64_t y = 0; done && y < target.window_height; y++) {
        const uint8_t *source = input.pixels + (size_t)rows[y] * input.stride;
        for (int64_t x = 0; x < target.window_width; x++) {
            int64_t column = columns[target.mirrored ? target.window_width - 1 - x : x];
            memcpy(output, source + column * input.channels, (size_t)input.channels);
            output += input.channels;
        }
    }
    free(columns);
    free(rows);
    return done;
}
