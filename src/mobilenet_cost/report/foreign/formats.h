#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mobilenet_cost/sweep/result.h"

namespace mobilenet_cost {

/// A format that another tool reads.
struct ForeignFormat {
    std::string_view name;       ///< of the option: "gbench" is --out-gbench
    std::string_view extension;  ///< that files of it usually have
    std::string_view reader;     ///< who reads it
    std::string (*write)(const SweepRun& run, const SweepResult& result);
};

[[nodiscard]] std::span<const ForeignFormat> foreign_formats();

/// A name for each point, "mobilenet_v1/alpha=0.5/res=160/net=separable/engine=native/threads=1", with the
/// given character between key and value. A point that is entered again gets "/again=2": readers take equal
/// names for one thing.
[[nodiscard]] std::vector<std::string> point_names(const SweepRun& run, char separator);

}  // namespace mobilenet_cost
