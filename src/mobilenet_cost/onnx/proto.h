#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <onnx/onnx_pb.h>

#include "mobilenet_cost/model/layer.h"

namespace mobilenet_cost {

// Internal: how values are written into ONNX's protobuf messages.

using Dims = std::vector<std::int64_t>;

[[nodiscard]] Dims nchw(const Shape& shape);

/// All begins, then all ends.
[[nodiscard]] Dims pads_of(const Padding& pad);

[[nodiscard]] Dims dims_of(const Sides& sides);

void set_value_info(onnx::ValueInfoProto& info, const std::string& name, const Dims& dims);

void add_ints(onnx::NodeProto& node, const char* name, const Dims& values);
void add_int(onnx::NodeProto& node, const char* name, std::int64_t value);
void add_float(onnx::NodeProto& node, const char* name, float value);
void add_text(onnx::NodeProto& node, const char* name, const char* value);

/// (KH, KW, Ci/groups, Co) -> (Co, Ci/groups, KH, KW), `dims` being the latter.
[[nodiscard]] std::vector<float> transposed(const std::vector<float>& filter, const Dims& dims);

/// (a, b, ...) -> (b, a, ...), `dims` being the first.
[[nodiscard]] std::vector<float> swapped(const std::vector<float>& values, const Dims& dims);

}  // namespace mobilenet_cost
