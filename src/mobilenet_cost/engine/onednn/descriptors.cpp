#include "mobilenet_cost/engine/onednn/descriptors.h"

#include <utility>

#include <omp.h>
#if defined(__SSE2__)
#include <immintrin.h>
#endif

namespace mobilenet_cost {

CallScope::CallScope(int threads) : threads_before_(omp_get_max_threads()) {
    if (threads != threads_before_) omp_set_num_threads(threads);
#if defined(__SSE2__)
    constexpr unsigned kFlushToZero = 0x8000;
    constexpr unsigned kDenormalsAreZero = 0x0040;
    control_before_ = _mm_getcsr();
    _mm_setcsr(control_before_ | kFlushToZero | kDenormalsAreZero);
#endif
}

CallScope::~CallScope() {
    if (omp_get_max_threads() != threads_before_) omp_set_num_threads(threads_before_);
#if defined(__SSE2__)
    _mm_setcsr(control_before_);
#endif
}

memory::desc activation_desc(const Shape& shape) {
    return {{shape.n, shape.c, shape.h, shape.w}, memory::data_type::f32, Tag::nhwc};
}

namespace {

void append(dnnl::post_ops& ops, dnnl::algorithm algorithm, float alpha, float beta) {
#if DNNL_VERSION_MAJOR < 3
    ops.append_eltwise(1, algorithm, alpha, beta);
#else
    ops.append_eltwise(algorithm, alpha, beta);
#endif
}

/// With scratch memory of the caller.
dnnl::primitive_attr attributes(const dnnl::post_ops& ops) {
    dnnl::primitive_attr attr;
    attr.set_post_ops(ops);
    attr.set_scratchpad_mode(dnnl::scratchpad_mode::user);
    return attr;
}

dnnl::primitive_attr attributes(Activation activation) {
    dnnl::post_ops ops;
    append_activation(ops, activation);
    return attributes(ops);
}

/// The descriptor of a primitive, from the arguments that describe its operation.
template <typename Primitive, typename... Operation>
typename Primitive::primitive_desc primitive(const dnnl::engine& engine, const dnnl::primitive_attr& attr,
                                             const Operation&... operation) {
#if DNNL_VERSION_MAJOR < 3
    return {typename Primitive::desc(operation...), attr, engine};
#else
    return {engine, operation..., attr};
#endif
}

}  // namespace

void append_activation(dnnl::post_ops& ops, Activation activation) {
    using dnnl::algorithm;
    switch (activation) {
        case Activation::none:
            break;
        case Activation::relu:
            append(ops, algorithm::eltwise_relu, 0, 0);
            break;
        case Activation::relu6:
            append(ops, algorithm::eltwise_clip, 0, 6);
            break;
        case Activation::hard_swish:  // x clip(x / 6 + 1/2, 0, 1): 2.x knows no other and ignores the numbers
            append(ops, algorithm::eltwise_hardswish, 1.0F / 6, 0.5F);
            break;
        case Activation::hard_sigmoid:  // clip(x / 6 + 1/2, 0, 1): 2.6 has no primitive of its own for it
            append(ops, algorithm::eltwise_linear, 1.0F / 6, 0.5F);
            append(ops, algorithm::eltwise_clip, 0, 1);
            break;
        case Activation::swish:  // x sigmoid(alpha x)
            append(ops, algorithm::eltwise_swish, 1, 0);
            break;
        case Activation::sigmoid:
            append(ops, algorithm::eltwise_logistic, 0, 0);
            break;
        case Activation::leaky_relu:
        case Activation::prelu:
        case Activation::gelu:
            break;  // layers of their own
    }
}

memory::desc filter_desc(const Layer& layer, const Conv& conv, bool as_stored) {
    const memory::dim in = layer.input.c / conv.groups;
    const memory::dim out = layer.output.c / conv.groups;
    const memory::dim kh = conv.kernel.h;
    const memory::dim kw = conv.kernel.w;
    if (conv.groups == 1)
        return {{out, in, kh, kw}, memory::data_type::f32, as_stored ? Tag::hwio : Tag::any};
    return {{conv.groups, out, in, kh, kw}, memory::data_type::f32, as_stored ? Tag::hwigo : Tag::any};
}

dnnl::convolution_forward::primitive_desc conv_primitive(const dnnl::engine& engine, const Layer& layer,
                                                         const Conv& conv, const dnnl::post_ops& ops) {
    const memory::desc bias({layer.output.c}, memory::data_type::f32, Tag::x);
    const Padding& pad = conv.padding;
    const memory::dims strides = {conv.stride.h, conv.stride.w};
    const memory::dims between = {conv.dilation.h - 1, conv.dilation.w - 1};  // values left out
    const memory::dims before = {pad.top, pad.left};
    const memory::dims behind = {pad.bottom, pad.right};
    return primitive<dnnl::convolution_forward>(
        engine, attributes(ops), dnnl::prop_kind::forward_inference, dnnl::algorithm::convolution_direct,
        activation_desc(layer.input), filter_desc(layer, conv, false), bias, activation_desc(layer.output),
        strides, between, before, behind);
}

dnnl::pooling_forward::primitive_desc pool_primitive(const dnnl::engine& engine, const Layer& layer) {
    const memory::dims strides = {1, 1};
    const memory::dims plane = {layer.input.h, layer.input.w};
    const memory::dims none = {0, 0};
    const auto describe = [&](const auto&... window) {
        return primitive<dnnl::pooling_forward>(
            engine, attributes(layer.activation), dnnl::prop_kind::forward_inference,
            dnnl::algorithm::pooling_avg_exclude_padding, activation_desc(layer.input),
            activation_desc(layer.output), strides, plane, window...);
    };
#if DNNL_VERSION_MAJOR < 3
    return describe(none, none);
#else
    return describe(none, none, none);  // a dilation first
#endif
}

dnnl::binary::primitive_desc binary_primitive(const dnnl::engine& engine, const Layer& layer,
                                              dnnl::algorithm algorithm, const memory::desc& second) {
    return primitive<dnnl::binary>(engine, attributes(layer.activation), algorithm,
                                   activation_desc(layer.input), second, activation_desc(layer.output));
}

std::string instruction_set() {
    using dnnl::cpu_isa;
    constexpr std::pair<cpu_isa, const char*> kNames[] = {
        {cpu_isa::sse41, "SSE4.1"},
        {cpu_isa::avx, "AVX"},
        {cpu_isa::avx2, "AVX2"},
        {cpu_isa::avx2_vnni, "AVX2 VNNI"},
        {cpu_isa::avx512_core, "AVX-512"},
        {cpu_isa::avx512_core_vnni, "AVX-512 VNNI"},
        {cpu_isa::avx512_core_bf16, "AVX-512 BF16"},
        {cpu_isa::avx512_core_amx, "AMX"},
#if DNNL_VERSION_MAJOR >= 3
        {cpu_isa::avx2_vnni_2, "AVX2 VNNI 2"},
        {cpu_isa::avx512_core_fp16, "AVX-512 FP16"},
        {cpu_isa::avx512_core_amx_fp16, "AMX FP16"},
#endif
    };
    for (const auto& [isa, name] : kNames)
        if (isa == dnnl::get_effective_cpu_isa()) return name;
    return "";
}

}  // namespace mobilenet_cost
