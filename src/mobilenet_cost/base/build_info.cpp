#include "mobilenet_cost/base/build_info.h"

#include <algorithm>
#include <iterator>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

// GCC says by macro, Clang by feature, which sanitizer is on. UndefinedBehaviorSanitizer alone has no macro
// in GCC, hence the look at the flags in build_info().
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define MOBILENET_COST_SANITIZED true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define MOBILENET_COST_SANITIZED true
#endif
#endif
#ifndef MOBILENET_COST_SANITIZED
#define MOBILENET_COST_SANITIZED false
#endif

namespace mobilenet_cost {

namespace {

constexpr std::string_view kFlags = MOBILENET_COST_FLAGS;
constexpr bool kSanitized = MOBILENET_COST_SANITIZED || kFlags.find("-fsanitize=") != std::string_view::npos;

#ifdef __OPTIMIZE__
constexpr bool kOptimised = true;
#else
constexpr bool kOptimised = false;
#endif

constexpr BuildInfo kBuildInfo = {
    .version = MOBILENET_COST_VERSION,
    .compiler = MOBILENET_COST_COMPILER,
    .build_type = MOBILENET_COST_BUILD_TYPE,
    .flags = kFlags,
    .commit =
#include <commit.inc>
        ,
    .optimised = kOptimised,
    .sanitized = kSanitized,
    .plugins_from_bin = MOBILENET_COST_PLUGINS_FROM_BIN,
    .data_from_bin = MOBILENET_COST_DATA_FROM_BIN,
    .build_command = MOBILENET_COST_BUILD_COMMAND,
};

struct Part {
    std::string_view name;
    std::string_view left_out;  ///< why; empty: it is not
};

constexpr Part kParts[] = {
#include <parts.inc>  // by CMake
};

}  // namespace

const BuildInfo& build_info() {
    return kBuildInfo;
}

std::string_view why_left_out(std::string_view part) {
    const auto* const found =
        std::find_if(std::begin(kParts), std::end(kParts), [&](const Part& row) { return row.name == part; });
    return found == std::end(kParts) ? std::string_view() : found->left_out;
}

std::string build_warning(const BuildInfo& build) {
    std::vector<std::string_view> why;
    if (!build.optimised) why.emplace_back("without optimisation");
    if (build.sanitized) why.emplace_back("with a sanitizer");
    if (why.empty()) return {};
    return fmt::format(
        "this program was built {} (build type {}): ITS TIMES MEAN NOTHING. Build the release preset.",
        fmt::join(why, " and "), build.build_type.empty() ? "unknown" : build.build_type);
}

}  // namespace mobilenet_cost
