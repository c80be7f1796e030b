#include "mobilenet_cost/report/page/page.h"

#include <cstdint>
#include <map>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/base/hash.h"
#include "mobilenet_cost/base/printable.h"
#include "mobilenet_cost/report/count/grid_report.h"
#include "mobilenet_cost/report/page/charts.h"
#include "mobilenet_cost/report/parts/measured_json.h"
#include "mobilenet_cost/report/sweep/document.h"

namespace mobilenet_cost {
namespace {

constexpr const char* kReportSchema = "mobilenet-cost.report.v1";

/// Of a picture in a paper, pixels.
constexpr int kPictureWidth = 760;

void replace_all(std::string& text, std::string_view from, std::string_view to) {
    for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
        text.replace(at, from.size(), to);
}

Json parsed(const std::string& text, const std::string& name) {
    Json json = Json::parse(text, nullptr, false);
    if (json.is_discarded()) fail(name, "expected JSON, found something else");
    return json;
}

Json specs_json(const PageFiles& files) {
    Json specs = Json::object();
    for (const auto& [name, text] : files.specs)
        specs[name] = parsed(text, name);
    return specs;
}

Json document_of(const PicturedRun& pictured) {
    const SweepRun& run = pictured.run;
    if (run.points.empty()) return Json::parse(sweep_report(run.cells, run.settings).json());
    return sweep_document(run, pictured.result, pictured.prediction);
}

/// The document as `sweep` writes it, value by value.
Json run_json(const PicturedRun& pictured) {
    Json top1 = Json::array();
    for (const auto& accuracy : pictured.top1)
        top1.push_back(or_null(accuracy));
    return object_of(
        {{"name", pictured.name}, {"document", document_of(pictured)}, {"top1", std::move(top1)}});
}

/// A page and a picture are looked at: what reorders or hides text in a terminal does so there, too.
Json shown(Json data) {
    for (Json& value : data) {
        if (value.is_structured()) value = shown(std::move(value));
        if (value.is_string() && !is_printable(value.get_ref<const std::string&>()))
            value = printable_lines(value.get_ref<const std::string&>());
    }
    return data;
}

Json data_json(const std::vector<PicturedRun>& runs) {
    Json data = {{"schema", kReportSchema}, {"runs", Json::array()}};
    for (const PicturedRun& pictured : runs)
        data["runs"].push_back(run_json(pictured));
    data.update(sweep_charts(runs));
    return shown(std::move(data));
}

/// Nothing in the page can know it beforehand: it depends on all of its data.
std::string nonce_of(const std::string& data) {
    return fmt::format("{:016x}", fnv1a(data));
}

/// {{name}} in the page becomes the text of that name, which is not looked into again.
std::string filled(const std::string& page, const std::map<std::string, std::string>& texts) {
    std::string result;
    std::size_t at = 0;
    while (true) {
        const std::size_t begin = page.find("{{", at);
        const std::size_t end = begin == std::string::npos ? begin : page.find("}}", begin);
        if (end == std::string::npos) return result + page.substr(at);
        const auto text = texts.find(page.substr(begin + 2, end - begin - 2));
        if (text == texts.end()) fail("page.html", "expected only places that are known, found another");
        result += page.substr(at, begin - at) + text->second;
        at = end + 2;
    }
}

std::string title_of(const std::vector<PicturedRun>& runs) {
    std::string title;
    for (const PicturedRun& pictured : runs)
        title += (title.empty() ? "" : " beside ") + pictured.name;
    return title;
}

/// Letters, digits and dashes of a text, at most 60: a part of a file's name.
std::string name_part(const std::string& text) {
    constexpr std::size_t kMost = 60;
    std::string part;
    for (const char c : text) {
        const bool kept = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
        if (kept) {
            part += c;
        } else if (!part.empty() && part.back() != '-') {
            part += '-';
        }
        if (part.size() == kMost) break;
    }
    return part;
}

/// "heat_maps", or where there are several of one kind "heat_maps-mobilenet_v1-on-native-1-thread".
std::vector<std::string> picture_names(const Json& charts) {
    std::map<std::string, int> kinds;
    for (const Json& chart : charts)
        ++kinds[chart["kind"].get<std::string>()];
    std::map<std::string, int> seen;
    std::vector<std::string> names;
    for (const Json& chart : charts) {
        auto name = chart["kind"].get<std::string>();
        if (kinds[name] > 1) name = fmt::format("{}-{}", name, name_part(chart["group"].get<std::string>()));
        const int count = ++seen[name];
        names.push_back(count == 1 ? name : fmt::format("{}-again-{}", name, count));
    }
    return names;
}

/// In a script of our own, "</script" occurs in no string; a library's may hold it.
std::string inline_script(std::string text) {
    replace_all(text, "</script", "<\\/script");
    return text;
}

}  // namespace

std::string script_safe(const std::string& json) {
    std::string safe = json;
    replace_all(safe, "<", "\\u003c");
    replace_all(safe, "&", "\\u0026");
    replace_all(safe, ">", "\\u003e");
    replace_all(safe, "\xe2\x80\xa8", "\\u2028");
    replace_all(safe, "\xe2\x80\xa9", "\\u2029");
    return safe;
}

std::string html_safe(const std::string& text) {
    std::string safe = text;
    replace_all(safe, "&", "&amp;");
    replace_all(safe, "<", "&lt;");
    replace_all(safe, ">", "&gt;");
    replace_all(safe, "\"", "&quot;");
    replace_all(safe, "'", "&#39;");
    return safe;
}

std::string sweep_page_data(const std::vector<PicturedRun>& runs) {
    return compact_json(data_json(runs));
}

std::string sweep_page(const std::vector<PicturedRun>& runs, const PageFiles& files) {
    const std::string data = sweep_page_data(runs);
    const Json definitions = {{"themes", parsed(files.themes, "themes")}, {"specs", specs_json(files)}};
    return filled(files.page, {{"nonce", nonce_of(data)},
                               {"title", html_safe(printable(title_of(runs)))},
                               {"style", files.style},
                               {"data", script_safe(data)},
                               {"definitions", script_safe(compact_json(definitions))},
                               {"vega", inline_script(files.vega)},
                               {"charts", inline_script(files.charts)},
                               {"script", inline_script(files.script)},
                               {"licences", html_safe(files.licences)}});
}

std::vector<ChartRequest> chart_requests(const std::vector<PicturedRun>& runs, const PageFiles& files) {
    const Json data = shown(sweep_charts(runs));
    const Json specs = specs_json(files);
    const Json theme = parsed(files.themes, "themes").at("light");
    const std::vector<std::string> names = picture_names(data["charts"]);
    std::vector<ChartRequest> requests;
    for (std::size_t i = 0; i < names.size(); ++i) {
        const Json& chart = data["charts"][i];
        Json tables = Json::object();
        for (const auto& table : chart["data"])
            tables[table.get<std::string>()] = data["tables"][table.get<std::string>()];
        const Json request = {{"chart", chart},
                              {"tables", tables},
                              {"spec", specs.at(chart["spec"].get<std::string>())},
                              {"theme", theme},
                              {"width", kPictureWidth}};
        std::string line = compact_json(request);
        line.pop_back();  // its newline
        requests.push_back({names[i], std::move(line)});
    }
    return requests;
}

}  // namespace mobilenet_cost
