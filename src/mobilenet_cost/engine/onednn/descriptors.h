#pragma once

#include <string>

#include <dnnl.hpp>

#include "mobilenet_cost/model/layer.h"

/// Turns our layers into oneDNN's descriptors and attributes: the only file that depends on which of its two
/// interfaces the program is compiled with, 2.x (in two steps, by way of an op descriptor) or 3.x.
namespace mobilenet_cost {

using dnnl::memory;
using Tag = memory::format_tag;

/// Prepares the calling thread for calls into oneDNN, and undoes that afterwards. Sets the number of OpenMP
/// threads: oneDNN splits the work by omp_get_max_threads() both when a primitive is made and when it runs,
/// and that is a setting of the calling thread. Denormals count as zero; OpenMP's threads inherit that when
/// they start.
class CallScope {
  public:
    explicit CallScope(int threads);
    ~CallScope();
    CallScope(const CallScope&) = delete;
    CallScope& operator=(const CallScope&) = delete;

  private:
    int threads_before_;
    unsigned control_before_ = 0;
};

[[nodiscard]] memory::desc activation_desc(const Shape& shape);  ///< NHWC

/// `as_stored`: the layout of LayerWeights; else left to the kernel.
[[nodiscard]] memory::desc filter_desc(const Layer& layer, const Conv& conv, bool as_stored);

void append_activation(dnnl::post_ops& ops, Activation activation);

/// Primitives take their scratch memory from the caller.
[[nodiscard]] dnnl::convolution_forward::primitive_desc conv_primitive(const dnnl::engine& engine,
                                                                       const Layer& layer, const Conv& conv,
                                                                       const dnnl::post_ops& ops);

/// The mean over the plane.
[[nodiscard]] dnnl::pooling_forward::primitive_desc pool_primitive(const dnnl::engine& engine,
                                                                   const Layer& layer);

[[nodiscard]] dnnl::binary::primitive_desc binary_primitive(const dnnl::engine& engine, const Layer& layer,
                                                            dnnl::algorithm algorithm,
                                                            const memory::desc& second);

/// That of oneDNN's kernels on this machine; empty: unknown.
[[nodiscard]] std::string instruction_set();

}  // namespace mobilenet_cost
