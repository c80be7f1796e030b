#pragma once

#include <string>
#include <utility>
#include <vector>

#include "mobilenet_cost/report/page/pictured_run.h"

namespace mobilenet_cost {

/// What a page is made of: see page_files().
struct PageFiles {
    std::string page;      ///< HTML with places for the others
    std::string style;     ///< CSS
    std::string vega;      ///< the chart library
    std::string charts;    ///< from a chart's data to Vega's specification, and figures as people read them
    std::string script;    ///< of the page
    std::string licences;  ///< of the chart library
    std::string themes;    ///< JSON: Vega's configuration, "light" and "dark"
    std::vector<std::pair<std::string, std::string>> specs;  ///< name of a chart's definition, and its JSON
};

/// One file with everything in it: no other is asked for, and nothing in a run can become a part of the page.
/// Two runs stand side by side. Throws Error for definitions that are not JSON.
[[nodiscard]] std::string sweep_page(const std::vector<PicturedRun>& runs, const PageFiles& files);

/// The page's data: schema mobilenet-cost.report.v1 (docs/report.md). One line.
[[nodiscard]] std::string sweep_page_data(const std::vector<PicturedRun>& runs);

/// A chart by itself, as a line of JSON for the program that draws it.
struct ChartRequest {
    std::string name;     ///< of the picture, fit for a file: "heat_maps"
    std::string request;  ///< {"chart", "tables", "spec", "theme", "width"}
};
[[nodiscard]] std::vector<ChartRequest> chart_requests(const std::vector<PicturedRun>& runs,
                                                       const PageFiles& files);

/// JSON that may stand in a script element: no text in it can end the element or begin another.
[[nodiscard]] std::string script_safe(const std::string& json);

/// Text that may stand in HTML, also in an attribute.
[[nodiscard]] std::string html_safe(const std::string& text);

}  // namespace mobilenet_cost
