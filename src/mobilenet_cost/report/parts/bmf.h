#pragma once

#include <string>

#include "mobilenet_cost/base/json_text.h"
#include "mobilenet_cost/base/stats.h"

namespace mobilenet_cost {

// Bencher Metric Format: {name: {measure: {"value", "lower_value", "upper_value"}}}
// (bencher.dev/docs/reference/bencher-metric-format).

inline constexpr const char* kLatency = "latency";  ///< a measure that every project has: nanoseconds

/// A bound that is not known is left out; so is a value that is not a number.
void add_metric(Json& document, const std::string& name, const char* measure, const Estimate& estimate);

/// Of seconds, as `latency`.
void add_latency(Json& document, const std::string& name, const Estimate& seconds);

}  // namespace mobilenet_cost
