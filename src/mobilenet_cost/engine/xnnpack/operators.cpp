#include "mobilenet_cost/engine/xnnpack/operators.h"

#include <utility>

namespace mobilenet_cost {

namespace {

std::size_t size(std::int64_t count) {
    return static_cast<std::size_t>(count);
}

std::uint32_t narrow(std::int64_t count) {
    return static_cast<std::uint32_t>(count);
}

std::array<std::size_t, 4> dimensions(const Shape& shape) {
    return {size(shape.n), size(shape.h), size(shape.w), size(shape.c)};
}

/// The operator that `create` makes. Memory that it asks for now is of weights, and later of scratch: tables
/// of pointers into the input.
template <typename Create>
Operator created(const OperatorSite& site, const Create& create) {
    xnn_operator_t made = nullptr;
    site.memory->use = BlockUse::weights;
    const xnn_status status = create(&made);
    site.memory->use = BlockUse::scratch;
    check_status(status);
    return {made, xnn_delete_operator};
}

}  // namespace

void check_status(xnn_status status) {
    if (status != xnn_status_success) throw OperatorError(status_text(status));
}

std::string status_text(xnn_status status) {
    constexpr std::pair<xnn_status, const char*> kTexts[] = {
        {xnn_status_success, "success"},
        {xnn_status_uninitialized, "it is not initialized"},
        {xnn_status_invalid_parameter, "invalid parameter"},
        {xnn_status_invalid_state, "invalid state"},
        {xnn_status_unsupported_parameter, "unsupported parameter"},
        {xnn_status_unsupported_hardware, "unsupported hardware"},
        {xnn_status_out_of_memory, "out of memory"},
    };
    for (const auto& [known, text] : kTexts)
        if (known == status) return text;
    return "status " + std::to_string(static_cast<int>(status));  // the later interface has more
}

namespace {

/// XNNPACK does not tell which kernel it chose; this is its rule (convolution-nhwc.c).
std::string conv_kernel(const Layer& layer, const Conv& conv, bool has_depthwise) {
    const bool plain = conv.kernel == 1 && conv.stride == 1 && conv.padding == Padding{};
    std::string kernel = plain ? "gemm" : "igemm";
    if (layer.input.c == conv.groups && layer.output.c == conv.groups) {
        if (plain) {
            kernel = "vmulcaddc";
        } else if (has_depthwise) {
            kernel = "dwconv";
        }
    }
    return "convolution2d_nhwc " + kernel;
}

/// `caches`: two parameters of the later interface.
template <typename... Caches>
Operator create_convolution(const OperatorSite& site, const Layer& layer, const Conv& conv,
                            const LayerWeights& weights, const Range& range, Caches... caches) {
    const Shape& in = layer.input;
    const Shape& out = layer.output;
    const Padding& pad = conv.padding;
    return created(site, [&](xnn_operator_t* result) {
        return xnn_create_convolution2d_nhwc_f32(
            narrow(pad.top), narrow(pad.right), narrow(pad.bottom), narrow(pad.left), narrow(conv.kernel.h),
            narrow(conv.kernel.w), narrow(conv.stride.h), narrow(conv.stride.w), narrow(conv.dilation.h),
            narrow(conv.dilation.w), narrow(conv.groups), size(in.c / conv.groups), size(out.c / conv.groups),
            size(in.c), size(out.c), weights.filter.data(), weights.bias.data(), range.low, range.high, 0,
            caches..., result);
    });
}

}  // namespace

#if MOBILENET_COST_XNNPACK_RESHAPES

namespace {

/// Memory that an operator asks for while it runs; null for none.
std::shared_ptr<void> make_workspace(std::size_t bytes, std::size_t alignment) {
    if (bytes == 0) return nullptr;
    const xnn_allocator& allocator = counting_allocator();
    void* const memory = allocator.aligned_allocate(allocator.context, alignment, bytes);
    if (memory == nullptr) throw OperatorError(status_text(xnn_status_out_of_memory));
    return {memory, [&](void* freed) { allocator.aligned_deallocate(allocator.context, freed); }};
}

Operator make_unary(const OperatorSite& site, xnn_unary_operator kind, const xnn_unary_params& params,
                    const Shape& shape, const Operands& operands) {
    const std::size_t channels = size(shape.c);
    const Operator made = created(site, [&](xnn_operator_t* result) {
        return xnn_create_unary_elementwise_nc(kind, xnn_datatype_fp32, xnn_datatype_fp32, &params, nullptr,
                                               nullptr, 0, result);
    });
    check_status(xnn_reshape_unary_elementwise_nc(made.get(), size(shape.n * shape.h * shape.w), channels,
                                                  channels, channels, site.pool));
    check_status(xnn_setup_unary_elementwise_nc(made.get(), operands.a, operands.out));
    return made;
}

/// Adds an operator that limits what those before have computed, unless there is no limit.
void limit(const OperatorSite& site, const Range& range, const Shape& shape, float* values,
           MadeOperators& made) {
    if (range == Range{}) return;
    xnn_unary_params params = {};
    params.clamp = {.min = range.low, .max = range.high};
    made.operators.push_back(make_unary(site, xnn_unary_clamp, params, shape, {.a = values, .out = values}));
    made.kernel += " + unary_elementwise_nc clamp";
}

}  // namespace

MadeOperators make_convolution(const OperatorSite& site, const Layer& layer, const Conv& conv,
                               const LayerWeights& weights, const Range& range, const Operands& operands) {
    const Shape& in = layer.input;
    const Operator made = create_convolution(site, layer, conv, weights, range, nullptr, nullptr);
    std::size_t bytes = 0, alignment = 1;
    check_status(xnn_reshape_convolution2d_nhwc_f32(made.get(), size(in.n), size(in.h), size(in.w), &bytes,
                                                    &alignment, nullptr, nullptr, site.pool));
    const std::shared_ptr<void> workspace = make_workspace(bytes, alignment);
    check_status(xnn_setup_convolution2d_nhwc_f32(made.get(), workspace.get(), operands.a, operands.out));
    const Operator with_workspace(made.get(), [made, workspace](xnn_operator_t) {});
    return {{with_workspace}, conv_kernel(layer, conv, true)};
}

MadeOperators make_pooling(const OperatorSite& site, const Shape& input, const Range& range,
                           const Operands& operands) {
    const Operator made = created(site, [&](xnn_operator_t* result) {
        return xnn_create_reduce_nd(xnn_reduce_mean, xnn_datatype_fp32, nullptr, nullptr, 0, result);
    });
    constexpr std::array<std::int64_t, 2> kPlane = {1, 2};
    const std::array<std::size_t, 4> shape = dimensions(input);
    // Sums of f32 lie in the output. With a workspace they would be converted from there, by no function.
    check_status(xnn_reshape_reduce_nd(made.get(), kPlane.size(), kPlane.data(), shape.size(), shape.data(),
                                       nullptr, nullptr, site.pool));
    check_status(xnn_setup_reduce_nd(made.get(), nullptr, operands.a, operands.out));
    MadeOperators result{{made}, "reduce_nd mean"};
    limit(site, range, {input.n, 1, 1, input.c}, operands.out, result);
    return result;
}

MadeOperators make_binary(const OperatorSite& site, Binary kind, const std::array<Shape, 2>& inputs,
                          const Range& range, const Operands& operands) {
    const xnn_binary_operator type = kind == Binary::sum ? xnn_binary_add : xnn_binary_multiply;
    const Operator made = created(site, [&](xnn_operator_t* result) {
        return xnn_create_binary_elementwise_nd(type, xnn_datatype_fp32, nullptr, nullptr, nullptr, 0,
                                                result);
    });
    const std::array<std::size_t, 4> a = dimensions(inputs[0]);
    const std::array<std::size_t, 4> b = dimensions(inputs[1]);
    check_status(
        xnn_reshape_binary_elementwise_nd(made.get(), a.size(), a.data(), b.size(), b.data(), site.pool));
    check_status(xnn_setup_binary_elementwise_nd(made.get(), operands.a, operands.b, operands.out));
    const std::string name = kind == Binary::sum ? "add" : "multiply";
    MadeOperators result{{made}, "binary_elementwise_nd " + name};
    limit(site, range, inputs[0], operands.out, result);
    return result;
}

MadeOperators make_hard_swish(const OperatorSite& site, const Shape& shape, const Operands& operands) {
    return {{make_unary(site, xnn_unary_hardswish, {}, shape, operands)}, "unary_elementwise_nc hardswish"};
}

MadeOperators make_sigmoid(const OperatorSite& site, const Shape& shape, const Operands& operands) {
    return {{make_unary(site, xnn_unary_sigmoid, {}, shape, operands)}, "unary_elementwise_nc sigmoid"};
}

#else

MadeOperators make_convolution(const OperatorSite& site, const Layer& layer, const Conv& conv,
                               const LayerWeights& weights, const Range& range, const Operands& operands) {
    const Shape& in = layer.input;
    const Operator made = create_convolution(site, layer, conv, weights, range);
    check_status(xnn_setup_convolution2d_nhwc_f32(made.get(), size(in.n), size(in.h), size(in.w), operands.a,
                                                  operands.out, site.pool));
    // A depthwise filter of another size falls back to a matrix product per channel.
    const bool has_depthwise = conv.kernel == 2 || conv.kernel == 3 || conv.kernel == 5;
    return {{made}, conv_kernel(layer, conv, has_depthwise)};
}

MadeOperators make_pooling(const OperatorSite& site, const Shape& input, const Range& range,
                           const Operands& operands) {
    const std::size_t channels = size(input.c);
    const Operator made = created(site, [&](xnn_operator_t* result) {
        return xnn_create_global_average_pooling_nwc_f32(channels, channels, channels, range.low, range.high,
                                                         0, result);
    });
    check_status(xnn_setup_global_average_pooling_nwc_f32(made.get(), size(input.n), size(input.h * input.w),
                                                          operands.a, operands.out, site.pool));
    return {{made}, "global_average_pooling_nwc"};
}

MadeOperators make_binary(const OperatorSite& site, Binary kind, const std::array<Shape, 2>& inputs,
                          const Range& range, const Operands& operands) {
    const bool sum = kind == Binary::sum;
    const Operator made = created(site, [&](xnn_operator_t* result) {
        const auto create = sum ? xnn_create_add_nd_f32 : xnn_create_multiply_nd_f32;
        return create(range.low, range.high, 0, result);
    });
    const std::array<std::size_t, 4> a = dimensions(inputs[0]);
    const std::array<std::size_t, 4> b = dimensions(inputs[1]);
    const auto set_up = sum ? xnn_setup_add_nd_f32 : xnn_setup_multiply_nd_f32;
    check_status(set_up(made.get(), a.size(), a.data(), b.size(), b.data(), operands.a, operands.b,
                        operands.out, site.pool));
    return {{made}, sum ? "add_nd" : "multiply_nd"};
}

namespace {

template <typename Create, typename SetUp>
Operator make_unary(const OperatorSite& site, Create create, SetUp set_up, const Shape& shape,
                    const Operands& operands) {
    const std::size_t channels = size(shape.c);
    const Operator made = created(
        site, [&](xnn_operator_t* result) { return create(channels, channels, channels, 0, result); });
    check_status(set_up(made.get(), size(shape.n * shape.h * shape.w), operands.a, operands.out, site.pool));
    return made;
}

}  // namespace

MadeOperators make_hard_swish(const OperatorSite& site, const Shape& shape, const Operands& operands) {
    return {{make_unary(site, xnn_create_hardswish_nc_f32, xnn_setup_hardswish_nc_f32, shape, operands)},
            "hardswish_nc"};
}

MadeOperators make_sigmoid(const OperatorSite& site, const Shape& shape, const Operands& operands) {
    return {{make_unary(site, xnn_create_sigmoid_nc_f32, xnn_setup_sigmoid_nc_f32, shape, operands)},
            "sigmoid_nc"};
}

#endif

}  // namespace mobilenet_cost
