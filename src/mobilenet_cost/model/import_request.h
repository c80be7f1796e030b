#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "mobilenet_cost/model/resolution.h"

namespace mobilenet_cost {

/// Sizes of an input of a file of others, by its name.
struct NamedDims {
    std::string name;
    std::vector<std::int64_t> dims;
};

/// What a user says about a file of others.
struct ImportRequest {
    Resolution resolution = {};          ///< of an input that leaves it open; none: Resolution()
    std::vector<NamedDims> inputs = {};  ///< instead of what the file says of them
};

/// "x=1x3x48x192": every one is at least 1. Throws Error at `place`.
[[nodiscard]] NamedDims parse_named_dims(const std::string& text, const std::string& place);

}  // namespace mobilenet_cost
