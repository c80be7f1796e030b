#include "mobilenet_cost/engine/onednn_descriptors.h"

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

void append_activation(dnnl::post_ops& ops, Activation activation) {
    using dnnl::algorithm;
    switch (activation) {
        case Activation::none:
            break;
        case Activation::relu:
            ops.append_eltwise(1, algorithm::eltwise_relu, 0, 0);
            break;
        case Activation::relu6:
            ops.append_eltwise(1, algorithm::eltwise_clip, 0, 6);
            break;
        case Activation::hard_swish:
            ops.append_eltwise(1, algorithm::eltwise_hardswish, 0, 0);
            break;
        case Activation::hard_sigmoid:  // clip(x / 6 + 1/2, 0, 1): 2.6 has no primitive of its own for it
            ops.append_eltwise(1, algorithm::eltwise_linear, 1.0F / 6, 0.5F);
            ops.append_eltwise(1, algorithm::eltwise_clip, 0, 1);
            break;
    }
}

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

memory::desc filter_desc(const Layer& layer, const Conv& conv, bool as_stored) {
    const memory::dim in = layer.input.c / conv.groups;
    const memory::dim out = layer.output.c / conv.groups;
    const memory::dim k = conv.kernel;
    if (conv.groups == 1) return {{out, in, k, k}, memory::data_type::f32, as_stored ? Tag::hwio : Tag::any};
    return {{conv.groups, out, in, k, k}, memory::data_type::f32, as_stored ? Tag::hwigo : Tag::any};
}

dnnl::convolution_forward::primitive_desc conv_primitive(const dnnl::engine& engine, const Layer& layer,
                                                         const Conv& conv, const dnnl::post_ops& ops) {
    const memory::desc bias({layer.output.c}, memory::data_type::f32, Tag::x);
    const Padding& pad = conv.padding;
    const dnnl::convolution_forward::desc desc(
        dnnl::prop_kind::forward_inference, dnnl::algorithm::convolution_direct, activation_desc(layer.input),
        filter_desc(layer, conv, false), bias, activation_desc(layer.output), {conv.stride, conv.stride},
        {pad.top, pad.left}, {pad.bottom, pad.right});
    return {desc, attributes(ops), engine};
}

}  // namespace mobilenet_cost
