#pragma once

#include <filesystem>
#include <string>

#include "mobilenet_cost/report/page/page.h"

namespace mobilenet_cost {

/// Where what a page is made of lies: as MOBILENET_COST_REPORT_DIR says, beside the program in the build
/// folder, or where it is installed. Throws Error, with the flag as its place, when this build has none.
[[nodiscard]] std::filesystem::path page_folder(const std::string& flag);

/// All of it, and the definitions of the charts from configs/charts. Throws Error likewise.
[[nodiscard]] PageFiles page_files(const std::string& flag);

}  // namespace mobilenet_cost
