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

    bool operator==(const NamedDims&) const = default;
};

/// What a user says about a file of others.
struct ImportRequest {
    Resolution resolution = {};          ///< of an input that leaves it open; none: Resolution()
    std::vector<NamedDims> inputs = {};  ///< instead of what the file says of them
};

/// "x=1x3x48x192": every one is at least 1. Throws Error at `place`.
[[nodiscard]] NamedDims parse_named_dims(const std::string& text, const std::string& place);
[[nodiscard]] std::vector<NamedDims> parse_inputs(const std::vector<std::string>& texts,
                                                  const std::string& place);

/// What parse_named_dims() reads.
[[nodiscard]] std::string named_dims_text(const NamedDims& named);

}  // namespace mobilenet_cost
