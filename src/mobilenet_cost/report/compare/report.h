#pragma once

#include <string>
#include <vector>

#include "mobilenet_cost/compare/compare.h"
#include "mobilenet_cost/report/parts/table.h"

namespace mobilenet_cost {

enum class CompareView { summary, all };

/// The verdicts, and unless it is a summary what differs, times and ratios side by side.
[[nodiscard]] std::vector<Section> compare_sections(const CompareResult& result,
                                                    CompareView view = CompareView::all);

/// One row for each difference, time and ratio.
[[nodiscard]] Table compare_table(const CompareResult& result);

/// "mobilenet_v1 alpha 0.5 at 160 px", with the settings that are not the usual ones.
[[nodiscard]] std::string id_title(const CellId& id);

/// "native, 1 thread, standard"; "-": it was not run.
[[nodiscard]] std::string id_run(const CellId& id);

/// One sentence on each thing that makes the exit status other than 0.
[[nodiscard]] std::vector<std::string> compare_messages(const CompareResult& result);

}  // namespace mobilenet_cost
