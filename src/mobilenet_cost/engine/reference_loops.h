#pragma once

#include <algorithm>
#include <cstdint>

#include "mobilenet_cost/model/activation.h"
#include "mobilenet_cost/model/network.h"
#include "mobilenet_cost/model/weights.h"

namespace mobilenet_cost {

// Internal: the loops of `reference`, see reference.cpp.

/// The place of a pixel.
inline std::int64_t offset(const Shape& shape, std::int64_t n, std::int64_t h, std::int64_t w) {
    return ((n * shape.h + h) * shape.w + w) * shape.c;
}

/// Calls `visit(n, h, w, pixel)` with each pixel (C) of a tensor.
template <typename Visit>
void for_each_pixel(const Shape& shape, float* values, const Visit& visit) {
    for (std::int64_t n = 0; n < shape.n; ++n) {
        for (std::int64_t h = 0; h < shape.h; ++h) {
            for (std::int64_t w = 0; w < shape.w; ++w)
                visit(n, h, w, values + offset(shape, n, h, w));
        }
    }
}

void run_window_pool(const Layer& layer, const WindowPool& pool, const float* in, float* out);

/// Channels of a pixel from one tensor to another: from `from_channel` of a tensor of `shape` to
/// `to_channel`.
void copy_channels(const Shape& shape, const float* in, std::int64_t from_channel, const Shape& to_shape,
                   float* out, std::int64_t to_channel, std::int64_t count);

void run_resize(const Layer& layer, const Resize& resize, const float* in, float* out);
void run_shuffle(const Layer& layer, std::int64_t groups, const float* in, float* out);
void run_by_channel(const Layer& layer, const ByChannel& by_channel, const LayerWeights& weights,
                    const float* in, float* out);
void run_activation(const Layer& layer, const Activate& own, const float* in, float* out);
void run_function(const Layer& layer, const Operation& op, const float* in, float* out);
void run_pad(const Layer& layer, const Pad& pad, const float* in, float* out);
void run_softmax(const Layer& layer, const float* in, float* out);
/// `matrix`: (n, rows, columns).
void run_matmul(const Layer& layer, const MatMul& matmul, const float* in, const float* matrix, float* out);
void run_transposed_conv(const Layer& layer, const TransposedConv& conv, const LayerWeights& weights,
                         const float* in, float* out);

}  // namespace mobilenet_cost
