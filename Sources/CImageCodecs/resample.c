// Separable resampling with the filters of Pillow's `Image.resize`. What makes the bytes equal:
// weights are computed and normalised in double precision, then rounded to 22 fractional bits;
// each pass sums in 32-bit integers, adds one half, shifts and clips to a byte; the horizontal
// pass comes first. Every output depends on its own taps alone, so a window needs no more work
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

typedef int32_t lanes4 __attribute__((vector_size(16)));
typedef uint8_t byte4 __attribute__((vector_size(4)));
typedef int32_t lanes16 __attribute__((vector_size(64)));
typedef uint8_t byte16 __attribute__((vector_size(16)));

enum { half = 1 << (fraction_bits - 1) };

INLINED lanes4 load4(const uint8_t *bytes) {
    byte4 value;
    memcpy(&value, bytes, sizeof value);
    return __builtin_convertvector(value, lanes4);
}

INLINED uint8_t clip(int32_t sum) {
    int32_t value = sum >> fraction_bits;
    return (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
}

// The weights of a horizontal pass repeated for each channel, so that they line up with the
// interleaved bytes. A step is as many pixels as fill whole vectors of four lanes: four of
// three channels in three vectors, otherwise one vector.
typedef struct {
    int64_t count;
    int64_t steps;
    int64_t *starts;   // [count], in bytes; the steps from there stay inside the row
    int32_t *weights;  // [count, steps, vectors a step, 4]
} lane_table;

static void free_lanes(lane_table *lanes) {
    free(lanes->starts);
    free(lanes->weights);
}

static int64_t pixels_per_step(int channels) { return channels == 3 ? 4 : 4 / channels; }

// False when memory is exhausted. Zero steps when the row is too short for whole steps.
static bool make_lanes(
    const weight_table *table, int64_t width, int channels, lane_table *lanes) {
    int64_t step = pixels_per_step(channels);
    int64_t steps = (table->taps + step - 1) / step;
    *lanes = (lane_table){.count = table->count};
    if (steps * step > width) return true;
    int64_t row = steps * step * channels;
    lanes->steps = steps;
    lanes->starts = allocate(table->count, 1, sizeof(int64_t));
    lanes->weights = allocate(table->count, row, sizeof(int32_t));
    if (!lanes->starts || !lanes->weights) {
        free_lanes(lanes);
        return false;
    }
    memset(lanes->weights, 0, (size_t)(table->count * row) * sizeof(int32_t));
    for (int64_t i = 0; i < table->count; i++) {
        int64_t start = table->starts[i];
        int64_t shift = start + steps * step - width;
        if (shift < 0) shift = 0;
        lanes->starts[i] = (start - shift) * channels;
        for (int64_t t = 0; t < table->taps && t + shift < steps * step; t++) {
            int32_t *lane = lanes->weights + i * row + (t + shift) * channels;
            for (int c = 0; c < channels; c++) lane[c] = table->rounded[i * table->taps + t];
        }
    }
    return true;
}

// Sums the lanes that belong to the same channel and writes one pixel.
INLINED void write_pixel(lanes4 a, lanes4 b, lanes4 c, int channels, uint8_t *output) {
    lanes4 sum = a;
    if (channels == 1) {
        sum += __builtin_shufflevector(sum, sum, 2, 3, 0, 1);
        sum += __builtin_shufflevector(sum, sum, 1, 0, 3, 2);
    } else if (channels == 2) {
        sum += __builtin_shufflevector(sum, sum, 2, 3, 0, 1);
    } else if (channels == 3) {
        sum += __builtin_shufflevector(a, b, 3, 4, 5, 3);
        sum += __builtin_shufflevector(b, c, 2, 3, 4, 2);
        sum += __builtin_shufflevector(c, c, 1, 2, 3, 1);
    }
    sum = (sum + half) >> fraction_bits;
    sum = __builtin_elementwise_max(sum, (lanes4){0});
    sum = __builtin_elementwise_min(sum, (lanes4){0} + 255);
    byte4 pixel = __builtin_convertvector(sum, byte4);
    memcpy(output, &pixel, (size_t)channels);
}

// `rows` rows together, so that a weight is loaded once for all of them.
INLINED void horizontal_rows(
    const uint8_t *input, size_t stride, const lane_table *lanes, int channels, int rows,
    uint8_t *output, size_t output_stride) {
    const int32_t *weights = lanes->weights;
    for (int64_t x = 0; x < lanes->count; x++) {
        const uint8_t *source = input + lanes->starts[x];
        lanes4 a[4] = {{0}}, b[4] = {{0}}, c[4] = {{0}};
        for (int64_t s = 0; s < lanes->steps; s++) {
            lanes4 wa, wb, wc;
            memcpy(&wa, weights, sizeof wa);
            if (channels == 3) {
                memcpy(&wb, weights + 4, sizeof wb);
                memcpy(&wc, weights + 8, sizeof wc);
            }
#pragma clang loop unroll(full)
            for (int r = 0; r < rows; r++) {
                const uint8_t *bytes = source + (size_t)r * stride;
                a[r] += load4(bytes) * wa;
                if (channels == 3) {
                    b[r] += load4(bytes + 4) * wb;
                    c[r] += load4(bytes + 8) * wc;
                }
            }
            weights += channels == 3 ? 12 : 4;
            source += channels == 3 ? 12 : 4;
        }
#pragma clang loop unroll(full)
        for (int r = 0; r < rows; r++) {
            write_pixel(
                a[r], b[r], c[r], channels, output + (size_t)r * output_stride + x * channels);
        }
    }
}

INLINED void horizontal_channels(
    const uint8_t *input, size_t stride, int64_t rows, const lane_table *lanes, int channels,
    uint8_t *output) {
    size_t output_stride = (size_t)lanes->count * (size_t)channels;
    int64_t y = 0;
    for (; y + 4 <= rows; y += 4) {
        horizontal_rows(
            input + (size_t)y * stride, stride, lanes, channels, 4,
            output + (size_t)y * output_stride, output_stride);
    }
    for (; y < rows; y++) {
        horizontal_rows(
            input + (size_t)y * stride, stride, lanes, channels, 1,
            output + (size_t)y * output_stride, output_stride);
    }
}

// The pass for a row that is narrower than the taps of whole vectors.
static void horizontal_narrow(
    const uint8_t *input, size_t stride, int64_t rows, const weight_table *table, int channels,
    uint8_t *output) {
    for (int64_t y = 0; y < rows; y++, input += stride) {
        for (int64_t x = 0; x < table->count; x++) {
            const int32_t *weights = table->rounded + x * table->taps;
            int64_t taps = table->lengths[x];
            for (int c = 0; c < channels; c++) {
                int32_t sum = half;
                for (int64_t t = 0; t < taps; t++) {
                    sum += input[(table->starts[x] + t) * channels + c] * weights[t];
                }
                *output++ = clip(sum);
            }
        }
    }
}

// `row_bytes` neighbouring columns at a time go down the rows together.
INLINED void vertical_rows(
    const uint8_t *input, size_t stride, int64_t row_bytes, const weight_table *table,
    int64_t first_row, uint8_t *output) {
    for (int64_t y = 0; y < table->count; y++, output += row_bytes) {
        const int32_t *weights = table->rounded + y * table->taps;
        int64_t taps = table->lengths[y];
        const uint8_t *top = input + (size_t)(table->starts[y] - first_row) * stride;
        int64_t x = 0;
        for (; x + 16 <= row_bytes; x += 16) {
            const uint8_t *source = top + x;
            lanes16 sum = (lanes16){0} + half;
            for (int64_t t = 0; t < taps; t++, source += stride) {
                byte16 bytes;
                memcpy(&bytes, source, sizeof bytes);
                sum += __builtin_convertvector(bytes, lanes16) * weights[t];
            }
            sum >>= fraction_bits;
            sum = __builtin_elementwise_max(sum, (lanes16){0});
            sum = __builtin_elementwise_min(sum, (lanes16){0} + 255);
            byte16 result = __builtin_convertvector(sum, byte16);
            memcpy(output + x, &result, sizeof result);
        }
        for (; x < row_bytes; x++) {
            int32_t sum = half;
            for (int64_t t = 0; t < taps; t++) sum += top[t * (int64_t)stride + x] * weights[t];
            output[x] = clip(sum);
        }
    }
}

INLINED void horizontal_any(
    const uint8_t *input, size_t stride, int64_t rows, const lane_table *lanes, int channels,
    uint8_t *output) {
    switch (channels) {
        case 1: horizontal_channels(input, stride, rows, lanes, 1, output); break;
        case 2: horizontal_channels(input, stride, rows, lanes, 2, output); break;
        case 3: horizontal_channels(input, stride, rows, lanes, 3, output); break;
        default: horizontal_channels(input, stride, rows, lanes, 4, output); break;
    }
}

// The same code once more for processors with AVX2: without it, x86-64 has no 32-bit vector
// multiplication.
#if defined(__x86_64__)
__attribute__((target("avx2"))) static void horizontal_avx2(
    const uint8_t *input, size_t stride, int64_t rows, const lane_table *lanes, int channels,
    uint8_t *output) {
    horizontal_any(input, stride, rows, lanes, channels, output);
}

__attribute__((target("avx2"))) static void vertical_avx2(
    const uint8_t *input, size_t stride, int64_t row_bytes, const weight_table *table,
    int64_t first_row, uint8_t *output) {
    vertical_rows(input, stride, row_bytes, table, first_row, output);
}
#endif

static void horizontal_portable(
    const uint8_t *input, size_t stride, int64_t rows, const lane_table *lanes, int channels,
    uint8_t *output) {
    horizontal_any(input, stride, rows, lanes, channels, output);
}

static void vertical_portable(
    const uint8_t *input, size_t stride, int64_t row_bytes, const weight_table *table,
    int64_t first_row, uint8_t *output) {
    vertical_rows(input, stride, row_bytes, table, first_row, output);
}

// The horizontal pass; false when memory is exhausted.
static bool run_horizontal(
    const uint8_t *input, size_t stride, int64_t width, int64_t rows, const weight_table *table,
    int channels, uint8_t *output) {
    lane_table lanes;
    if (!make_lanes(table, width, channels, &lanes)) return false;
    if (lanes.steps == 0) {
        horizontal_narrow(input, stride, rows, table, channels, output);
        return true;
    }
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2")) {
        horizontal_avx2(input, stride, rows, &lanes, channels, output);
        free_lanes(&lanes);
        return true;
    }
#endif
    horizontal_portable(input, stride, rows, &lanes, channels, output);
    free_lanes(&lanes);
    return true;
}

static void run_vertical(
    const uint8_t *input, size_t stride, int64_t row_bytes, const weight_table *table,
    int64_t first_row, uint8_t *output) {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2")) {
        vertical_avx2(input, stride, row_bytes, table, first_row, output);
        return;
    }
#endif
    vertical_portable(input, stride, row_bytes, table, first_row, output);
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
    // Very tall pictures are made shorter first: less memory between the passes.
    bool tall = input.height > 100 * input.width && target.height < input.height;
    int64_t first, rows;
    row_range(&down, &first, &rows);
    uint8_t *between = tall ? allocate(target.window_height, input.width * pixel, 1)
                            : allocate(rows, target.window_width * pixel, 1);
    bool done = between != NULL;
    if (done && tall) {
        size_t stride = (size_t)(input.width * pixel);
        if (sixteen) {
            vertical_16(input.pixels, input.stride, (int64_t)stride, &down, 0, between);
            horizontal_16(between, stride, target.window_height, &across, output);
        } else {
            run_vertical(input.pixels, input.stride, (int64_t)stride, &down, 0, between);
            done = run_horizontal(
                between, stride, input.width, target.window_height, &across, input.channels,
                output);
        }
    } else if (done) {
        const uint8_t *top = input.pixels + (size_t)first * input.stride;
        size_t stride = (size_t)(target.window_width * pixel);
        if (sixteen) {
            horizontal_16(top, input.stride, rows, &across, between);
            vertical_16(between, stride, (int64_t)stride, &down, first, output);
        } else {
            done = run_horizontal(
                top, input.stride, input.width, rows, &across, input.channels, between);
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
