// Elements of host memory into a tensor's memory: another format, another order, any alignment.
#include <c10/util/BFloat16.h>
#include <c10/util/Half.h>

#include <algorithm>
#include <cstring>
#include <type_traits>

#include "CTorchMemory.h"

namespace {

// Side of the tiles in which a matrix is transposed: a tile of doubles fits the first cache.
constexpr int64_t tile = 32;

template <typename Source, typename Target>
void convert(const char *source, Target *target, int64_t count) {
    if constexpr (std::is_same_v<Source, Target>) {
        std::memcpy(target, source, count * sizeof(Source));
    } else {
        for (int64_t i = 0; i < count; ++i) {
            Source value;  // Files align nothing.
            std::memcpy(&value, source + i * sizeof(Source), sizeof(Source));
            target[i] = static_cast<Target>(value);
        }
    }
}

template <typename Source, typename Target> void copy(const ct_block &block) {
    const auto *source = static_cast<const char *>(block.source);
    auto *target = static_cast<Target *>(block.target);
    const auto row = [&](int64_t r) { return source + r * block.source_stride * sizeof(Source); };
    if (!block.transposed) {
        for (int64_t r = 0; r < block.rows; ++r) {
            convert<Source>(row(r), target + r * block.target_stride, block.columns);
        }
        return;
    }
    Target lines[tile][tile];
    for (int64_t r = 0; r < block.rows; r += tile) {
        const auto rows = std::min(tile, block.rows - r);
        for (int64_t c = 0; c < block.columns; c += tile) {
            const auto columns = std::min(tile, block.columns - c);
            for (int64_t i = 0; i < rows; ++i) {
                convert<Source>(row(r + i) + c * sizeof(Source), lines[i], columns);
            }
            for (int64_t j = 0; j < columns; ++j) {
                auto *line = target + (c + j) * block.target_stride + r;
                for (int64_t i = 0; i < rows; ++i) line[i] = lines[i][j];
            }
        }
    }
}

template <typename Source> bool copy_from(const ct_block &block) {
    switch (block.target_type) {
    case CT_ELEMENT_FLOAT32: return copy<Source, float>(block), true;
    case CT_ELEMENT_BFLOAT16: return copy<Source, c10::BFloat16>(block), true;
    case CT_ELEMENT_FLOAT16: return copy<Source, c10::Half>(block), true;
    case CT_ELEMENT_FLOAT64: return false;
    }
    return false;
}

}  // namespace

bool ct_copy_block(const ct_block *block) {
    switch (block->source_type) {
    case CT_ELEMENT_FLOAT32: return copy_from<float>(*block);
    case CT_ELEMENT_BFLOAT16: return copy_from<c10::BFloat16>(*block);
    case CT_ELEMENT_FLOAT16: return copy_from<c10::Half>(*block);
    case CT_ELEMENT_FLOAT64: return copy_from<double>(*block);
    }
    return false;
}
