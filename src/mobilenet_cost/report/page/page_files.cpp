#include "mobilenet_cost/report/page/page_files.h"

#include <array>
#include <cstdlib>
#include <vector>

#include <fmt/format.h>

#include "mobilenet_cost/base/build_info.h"
#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/base/paths.h"
#include "mobilenet_cost/base/plugin.h"
#include "mobilenet_cost/base/text_file.h"
#include "mobilenet_cost/model/model_config.h"
#include "mobilenet_cost/model/model_files.h"

namespace mobilenet_cost {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostBytes = 4U << 20U;

/// In configs/charts.
constexpr std::array kSpecs = {"heat_maps", "scatter", "accuracy", "roofline", "layers",
                               "network",   "ratio",   "blocks",   "samples"};

std::vector<fs::path> candidate_folders() {
    if (const char* chosen = std::getenv("MOBILENET_COST_REPORT_DIR"); chosen != nullptr && *chosen != '\0')
        return {fs::path(chosen)};
    const fs::path program = executable_folder();
    return {program / "report", (program / build_info().data_from_bin / "report").lexically_normal()};
}

}  // namespace

fs::path page_folder(const std::string& flag) {
    std::string tried;
    for (const fs::path& folder : candidate_folders()) {
        std::error_code ignored;
        if (fs::is_regular_file(folder / "vega.js", ignored)) return folder;
        tried += (tried.empty() ? "" : " or ") + folder.string();
    }
    const std::string_view left_out = why_left_out("charts");
    fail(flag, "expected a build with charts, found " + (left_out.empty()
                                                             ? not_compiled("no vega.js in " + tried)
                                                             : fmt::format("one without: {}", left_out)));
}

PageFiles page_files(const std::string& flag) {
    const fs::path folder = page_folder(flag);
    const fs::path charts = config_folder() / "charts";
    const auto text = [&](const char* name) { return read_text_file(folder / name, kMostBytes); };
    PageFiles files{.page = text("page.html"),
                    .style = text("page.css"),
                    .vega = text("vega.js"),
                    .charts = text("charts.js") + text("facts.js"),
                    .script = text("page.js"),
                    .licences = text("licences.txt"),
                    .themes = read_text_file(charts / "themes.json", kMostBytes),
                    .specs = {}};
    for (const char* name : kSpecs)
        files.specs.emplace_back(name, read_text_file(charts / fmt::format("{}.vg.json", name), kMostBytes));
    return files;
}

}  // namespace mobilenet_cost
