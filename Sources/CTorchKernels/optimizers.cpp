// evaclip::adamw_, evaclip::lamb_ and evaclip::lion_: one step of an optimizer over flat buffers;
// evaclip::lamb_moments_ and evaclip::lamb_weights_: LAMB's in two halves.
//
// Parameters, gradients and moments are vectors of one layout. `segments` tells the tensors in
// them, a start and an end each, laid flat; `rates` and `decays` have a number for each. What lies
// between segments stays as it is.
//
// On the CPU in fp32 a step is one pass over memory; LAMB's is two over some tensors at a time,
// since its trust ratio needs the norms of whole tensors. Sums are taken in fp64 by stretches of
// one length, so no number depends on how many threads there are. On every other device, and in
// other formats, a step is ATen's operations on lists of views.
#include <ATen/ops/_foreach_add.h>
#include <ATen/ops/_foreach_addcmul.h>
#include <ATen/ops/_foreach_div.h>
#include <ATen/ops/_foreach_lerp.h>
#include <ATen/ops/_foreach_mul.h>
#include <ATen/ops/_foreach_norm.h>
#include <ATen/ops/_foreach_sign.h>
#include <ATen/ops/_foreach_sqrt.h>
#include <ATen/ops/_foreach_sub.h>
#include <ATen/ops/_fused_adamw.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros.h>
#include <torch/library.h>

#include <cmath>
#include <map>
#include <utility>
#include <vector>

#include "parallel.h"
#include "updates.h"

namespace {

using at::Tensor;
using Numbers = at::ArrayRef<double>;
using Segments = at::IntArrayRef;
using List = std::vector<Tensor>;

// What one thread takes at a time: short enough to stay in a core's cache.
constexpr int64_t stretch_length = 1 << 15;
// LAMB's second pass finds what the first left in the cache that cores share.
constexpr int64_t batch_length = 1 << 20;

void check(std::initializer_list<Tensor> buffers, Segments segments, Numbers rates,
           Numbers decays) {
    const auto &first = *buffers.begin();
    for (const auto &buffer : buffers) {
        TORCH_CHECK(buffer.dim() == 1 && buffer.is_contiguous(),
                    "an optimizer's buffer is not a vector");
        TORCH_CHECK(buffer.device() == first.device() &&
                        buffer.scalar_type() == first.scalar_type() &&
                        buffer.numel() == first.numel(),
                    "an optimizer's buffers differ: ", buffer.toString(), " of ", buffer.numel(),
                    " on ", buffer.device(), " beside ", first.toString(), " of ", first.numel(),
                    " on ", first.device());
    }
    TORCH_CHECK(segments.size() % 2 == 0 && rates.size() == segments.size() / 2 &&
                    decays.size() == rates.size(),
                "an optimizer's tables differ in length");
    int64_t end = 0;
    for (size_t i = 0; i < segments.size(); ++i) {
        TORCH_CHECK(segments[i] >= end && segments[i] <= first.numel(),
                    "an optimizer's segments are out of order or beyond the buffer");
        end = segments[i];
    }
}

bool has_kernel(const Tensor &parameters) {
    return parameters.is_cpu() && parameters.scalar_type() == at::kFloat;
}

// A stretch with the number of the segment that it is of.
struct Piece {
    size_t segment;
    ck::Stretch stretch;
};

// The segments `first` to before `last`, cut into pieces.
std::vector<Piece> pieces(const Tensor &parameters, const Tensor &gradients, const Tensor &first,
                          const Tensor *second, Segments segments, size_t begin, size_t end) {
    float *w = parameters.data_ptr<float>();
    const float *g = gradients.const_data_ptr<float>();
    float *m = first.data_ptr<float>();
    float *v = second ? second->data_ptr<float>() : nullptr;
    std::vector<Piece> result;
    for (size_t segment = begin; segment < end; ++segment) {
        const int64_t stop = segments[2 * segment + 1];
        for (int64_t at = segments[2 * segment]; at < stop; at += stretch_length) {
            result.push_back({segment,
                              {w + at, g + at, m + at, v ? v + at : nullptr,
                               std::min(stretch_length, stop - at)}});
        }
    }
    return result;
}

List views(const Tensor &buffer, Segments segments) {
    List result;
    for (size_t i = 0; i < segments.size(); i += 2) {
        result.push_back(buffer.narrow(0, segments[i], segments[i + 1] - segments[i]));
    }
    return result;
}

std::vector<at::Scalar> scalars(Numbers numbers) { return {numbers.begin(), numbers.end()}; }

struct Corrections {
    double first, second;
    Corrections(double beta1, double beta2, int64_t step)
        : first(1 - std::pow(beta1, step)), second(1 - std::pow(beta2, step)) {}
};

// AdamW

void adamw_views(const Tensor &parameters, const Tensor &gradients, const Tensor &first,
                 const Tensor &second, Segments segments, Numbers rates, Numbers decays,
                 double beta1, double beta2, double epsilon, int64_t step) {
    struct Lists {
        List weights, gradients, first, second, steps;
    };
    std::map<std::pair<double, double>, Lists> groups;
    const auto count = at::full({}, double(step), parameters.options().dtype(at::kFloat));
    const auto w = views(parameters, segments), g = views(gradients, segments);
    const auto m = views(first, segments), v = views(second, segments);
    for (size_t i = 0; i < w.size(); ++i) {
        auto &group = groups[{rates[i], decays[i]}];
        group.weights.push_back(w[i]);
        group.gradients.push_back(g[i]);
        group.first.push_back(m[i]);
        group.second.push_back(v[i]);
        group.steps.push_back(count);
    }
    for (auto &[key, group] : groups) {
        at::_fused_adamw_(group.weights, group.gradients, group.first, group.second, {},
                          group.steps, key.first, beta1, beta2, key.second, epsilon, false, false);
    }
}

void adamw(const Tensor &parameters, const Tensor &gradients, const Tensor &first,
           const Tensor &second, Segments segments, Numbers rates, Numbers decays, double beta1,
           double beta2, double epsilon, int64_t step) {
    check({parameters, gradients, first, second}, segments, rates, decays);
    if (!has_kernel(parameters)) {
        adamw_views(parameters, gradients, first, second, segments, rates, decays, beta1, beta2,
                    epsilon, step);
        return;
    }
    const Corrections corrections(beta1, beta2, step);
    const auto all =
        pieces(parameters, gradients, first, &second, segments, 0, rates.size());
    ck::parallel(all.size(), [&](int64_t i) {
        const auto &piece = all[i];
        const double rate = rates[piece.segment];
        ck::adamw({float(1 - beta1), float(beta2), float(1 - beta2), float(epsilon),
                   float(1 / std::sqrt(corrections.second)),
                   float(1 - rate * decays[piece.segment]), float(rate / corrections.first)},
                  piece.stretch);
    });
}

// LAMB

// What the moments say the weights are to move by, before rates and trust ratios.
List lamb_updates(const List &w, const List &m, const List &v, Numbers decays, double epsilon,
                  const Corrections &corrections) {
    auto denominators = at::_foreach_sqrt(v);
    at::_foreach_mul_(denominators, 1 / std::sqrt(corrections.second));
    at::_foreach_add_(denominators, epsilon);
    auto updates = at::_foreach_mul(m, 1 / corrections.first);
    at::_foreach_div_(updates, denominators);
    List decayed, decayed_updates;
    std::vector<double> factors;
    for (size_t i = 0; i < w.size(); ++i) {
        if (decays[i] == 0) continue;
        decayed.push_back(w[i]);
        decayed_updates.push_back(updates[i]);
        factors.push_back(decays[i]);
    }
    if (!decayed.empty()) {
        at::_foreach_add_(decayed_updates, at::_foreach_mul(decayed, scalars(factors)));
    }
    return updates;
}

void lamb_views(const Tensor &parameters, const Tensor &gradients, const Tensor &first,
                const Tensor &second, Segments segments, Numbers rates, Numbers decays,
                double beta1, double beta2, double epsilon, const Corrections &corrections) {
    const auto w = views(parameters, segments), g = views(gradients, segments);
    const auto m = views(first, segments), v = views(second, segments);
    at::_foreach_lerp_(m, g, 1 - beta1);
    at::_foreach_mul_(v, beta2);
    at::_foreach_addcmul_(v, g, g, 1 - beta2);
    auto updates = lamb_updates(w, m, v, decays, epsilon, corrections);
    List decayed, decayed_updates;
    for (size_t i = 0; i < w.size(); ++i) {
        if (decays[i] == 0) continue;
        decayed.push_back(w[i]);
        decayed_updates.push_back(updates[i]);
    }
    if (!decayed.empty()) {
        const auto weights = at::stack(at::_foreach_norm(decayed));
        const auto norms = at::stack(at::_foreach_norm(decayed_updates));
        const auto ratios =
            at::where(weights.mul(norms).eq(0), at::ones_like(norms), weights.div(norms));
        at::_foreach_mul_(decayed_updates, ratios.unbind());
    }
    at::_foreach_mul_(updates, scalars(rates));
    at::_foreach_sub_(w, updates);
}

ck::LAMBStep lamb_step(double beta1, double beta2, double epsilon, const Corrections &corrections,
                       double decay) {
    return {float(1 - beta1), float(beta2), float(1 - beta2), float(epsilon),
            float(1 / corrections.first), float(1 / std::sqrt(corrections.second)), float(decay)};
}

void lamb(const Tensor &parameters, const Tensor &gradients, const Tensor &first,
          const Tensor &second, Segments segments, Numbers rates, Numbers decays, double beta1,
          double beta2, double epsilon, int64_t step) {
    check({parameters, gradients, first, second}, segments, rates, decays);
    const Corrections corrections(beta1, beta2, step);
    if (!has_kernel(parameters)) {
        lamb_views(parameters, gradients, first, second, segments, rates, decays, beta1, beta2,
                   epsilon, corrections);
        return;
    }
    const auto settings = [&](size_t segment) {
        return lamb_step(beta1, beta2, epsilon, corrections, decays[segment]);
    };
    for (size_t begin = 0, end; begin < rates.size(); begin = end) {
        int64_t length = 0;
        for (end = begin; end < rates.size(); ++end) {
            length += segments[2 * end + 1] - segments[2 * end];
            if (end > begin && length > batch_length) break;
        }
        const auto all = pieces(parameters, gradients, first, &second, segments, begin, end);
        std::vector<ck::LAMBSums> sums(all.size());
        ck::parallel(all.size(), [&](int64_t i) {
            sums[i] = ck::lamb_moments(settings(all[i].segment), all[i].stretch);
        });
        std::vector<ck::LAMBSums> totals(end - begin);
        for (size_t i = 0; i < all.size(); ++i) {
            auto &total = totals[all[i].segment - begin];
            total.weights += sums[i].weights;
            total.updates += sums[i].updates;
        }
        ck::parallel(all.size(), [&](int64_t i) {
            const size_t segment = all[i].segment;
            const auto &total = totals[segment - begin];
            const bool is_scaled =
                decays[segment] != 0 && total.weights != 0 && total.updates != 0;
            const double ratio = is_scaled ? std::sqrt(total.weights / total.updates) : 1;
            ck::lamb_weights(settings(segment), float(rates[segment] * ratio), all[i].stretch);
        });
    }
}

// LAMB where tensors are divided among ranks: the sums of squares are between its two halves.

// Moves the moments; gives the sums of the squares of weights and of updates, `[2, segments]`.
Tensor lamb_moments(const Tensor &parameters, const Tensor &gradients, const Tensor &first,
                    const Tensor &second, Segments segments, Numbers decays, double beta1,
                    double beta2, double epsilon, int64_t step) {
    check({parameters, gradients, first, second}, segments, decays, decays);
    const Corrections corrections(beta1, beta2, step);
    const auto count = static_cast<int64_t>(decays.size());
    if (!has_kernel(parameters)) {
        if (count == 0) return at::zeros({2, 0}, parameters.options());
        const auto w = views(parameters, segments), g = views(gradients, segments);
        const auto m = views(first, segments), v = views(second, segments);
        at::_foreach_lerp_(m, g, 1 - beta1);
        at::_foreach_mul_(v, beta2);
        at::_foreach_addcmul_(v, g, g, 1 - beta2);
        const auto u = lamb_updates(w, m, v, decays, epsilon, corrections);
        return at::stack({at::stack(at::_foreach_norm(w)), at::stack(at::_foreach_norm(u))})
            .square();
    }
    const auto all = pieces(parameters, gradients, first, &second, segments, 0, decays.size());
    std::vector<ck::LAMBSums> sums(all.size());
    ck::parallel(all.size(), [&](int64_t i) {
        sums[i] = ck::lamb_moments(
            lamb_step(beta1, beta2, epsilon, corrections, decays[all[i].segment]), all[i].stretch);
    });
    std::vector<double> totals(2 * count);
    for (size_t i = 0; i < all.size(); ++i) {
        totals[all[i].segment] += sums[i].weights;
        totals[count + all[i].segment] += sums[i].updates;
    }
    auto result = at::empty({2, count}, parameters.options());
    std::copy(totals.begin(), totals.end(), result.data_ptr<float>());
    return result;
}

// Moves the weights by moments that have moved, with the sums of all ranks.
void lamb_weights(const Tensor &parameters, const Tensor &first, const Tensor &second,
                  const Tensor &sums, Segments segments, Numbers rates, Numbers decays,
                  double beta1, double beta2, double epsilon, int64_t step) {
    check({parameters, first, second}, segments, rates, decays);
    const auto count = static_cast<int64_t>(rates.size());
    TORCH_CHECK(sums.dim() == 2 && sums.size(0) == 2 && sums.size(1) == count,
                "LAMB's sums are of another number of tensors");
    const Corrections corrections(beta1, beta2, step);
    if (count == 0) return;
    if (!has_kernel(parameters)) {
        const auto w = views(parameters, segments);
        auto u = lamb_updates(w, views(first, segments), views(second, segments), decays, epsilon,
                              corrections);
        const auto weights = sums[0], updates = sums[1];
        auto ratios = at::where(weights.mul(updates).eq(0), at::ones_like(updates),
                                weights.div(updates).sqrt());
        std::vector<Tensor> scales = ratios.unbind();
        for (int64_t i = 0; i < count; ++i) {
            if (decays[i] == 0) scales[i] = at::ones_like(scales[i]);
        }
        at::_foreach_mul_(u, scales);
        at::_foreach_mul_(u, scalars(rates));
        at::_foreach_sub_(w, u);
        return;
    }
    const auto host = sums.to(at::kCPU, at::kFloat).contiguous();
    const float *squares = host.const_data_ptr<float>();
    // The kernel reads no gradients here.
    const auto all = pieces(parameters, first, first, &second, segments, 0, rates.size());
    ck::parallel(all.size(), [&](int64_t i) {
        const size_t segment = all[i].segment;
        const double weights = squares[segment], updates = squares[count + segment];
        const bool is_scaled = decays[segment] != 0 && weights != 0 && updates != 0;
        const double ratio = is_scaled ? std::sqrt(weights / updates) : 1;
        ck::lamb_weights(lamb_step(beta1, beta2, epsilon, corrections, decays[segment]),
                         float(rates[segment] * ratio), all[i].stretch);
    });
}

// Lion

void lion_views(const Tensor &parameters, const Tensor &gradients, const Tensor &first,
                Segments segments, Numbers rates, Numbers decays, double beta1, double beta2) {
    const auto w = views(parameters, segments), g = views(gradients, segments);
    const auto m = views(first, segments);
    auto directions = at::_foreach_mul(m, beta1);
    at::_foreach_add_(directions, g, 1 - beta1);
    at::_foreach_sign_(directions);
    std::vector<at::Scalar> kept;
    for (size_t i = 0; i < rates.size(); ++i) kept.emplace_back(1 - rates[i] * decays[i]);
    at::_foreach_mul_(w, kept);
    at::_foreach_mul_(directions, scalars(rates));
    at::_foreach_sub_(w, directions);
    at::_foreach_lerp_(m, g, 1 - beta2);
}

void lion(const Tensor &parameters, const Tensor &gradients, const Tensor &first,
          Segments segments, Numbers rates, Numbers decays, double beta1, double beta2) {
    check({parameters, gradients, first}, segments, rates, decays);
    if (!has_kernel(parameters)) {
        lion_views(parameters, gradients, first, segments, rates, decays, beta1, beta2);
        return;
    }
    const auto all = pieces(parameters, gradients, first, nullptr, segments, 0, rates.size());
    ck::parallel(all.size(), [&](int64_t i) {
        const double rate = rates[all[i].segment];
        ck::lion({float(beta1), float(1 - beta1), float(1 - beta2),
                  float(1 - rate * decays[all[i].segment]), float(rate)},
                 all[i].stretch);
    });
}

}  // namespace

TORCH_LIBRARY_FRAGMENT(evaclip, library) {
    library.def(
        "adamw_(Tensor(a!) parameters, Tensor gradients, Tensor(b!) first_moments, "
        "Tensor(c!) second_moments, int[] segments, float[] rates, float[] decays, float beta1, "
        "float beta2, float epsilon, int step) -> ()");
    library.def(
        "lamb_(Tensor(a!) parameters, Tensor gradients, Tensor(b!) first_moments, "
        "Tensor(c!) second_moments, int[] segments, float[] rates, float[] decays, float beta1, "
        "float beta2, float epsilon, int step) -> ()");
    library.def(
        "lamb_moments_(Tensor parameters, Tensor gradients, Tensor(a!) first_moments, "
        "Tensor(b!) second_moments, int[] segments, float[] decays, float beta1, float beta2, "
        "float epsilon, int step) -> Tensor");
    library.def(
        "lamb_weights_(Tensor(a!) parameters, Tensor first_moments, Tensor second_moments, "
        "Tensor sums, int[] segments, float[] rates, float[] decays, float beta1, float beta2, "
        "float epsilon, int step) -> ()");
    library.def(
        "lion_(Tensor(a!) parameters, Tensor gradients, Tensor(b!) first_moments, "
        "int[] segments, float[] rates, float[] decays, float beta1, float beta2) -> ()");
    library.impl("adamw_",
                 torch::dispatch(c10::DispatchKey::CompositeExplicitAutograd, adamw));
    library.impl("lamb_", torch::dispatch(c10::DispatchKey::CompositeExplicitAutograd, lamb));
    library.impl("lamb_moments_",
                 torch::dispatch(c10::DispatchKey::CompositeExplicitAutograd, lamb_moments));
    library.impl("lamb_weights_",
                 torch::dispatch(c10::DispatchKey::CompositeExplicitAutograd, lamb_weights));
    library.impl("lion_", torch::dispatch(c10::DispatchKey::CompositeExplicitAutograd, lion));
}
