#include "report_pictures.h"

#include <algorithm>
#include <filesystem>
#include <stdexcept>

#include <fmt/format.h>

#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/base/json_text.h"
#include "mobilenet_cost/base/printable.h"
#include "mobilenet_cost/base/thread_limits.h"
#include "mobilenet_cost/base/units.h"
#include "mobilenet_cost/count/convention.h"
#include "mobilenet_cost/report/page/page_files.h"

#include "say.h"

namespace mobilenet_cost::app {
namespace {

namespace fs = std::filesystem;

/// A page that opens at once, also on a phone.
constexpr std::size_t kMostPageBytes = 2000000;

/// Time-outs: for one picture, which takes a tenth of a second to draw, and for the start, which takes two.
constexpr double kMostSeconds = 60;
constexpr double kMostStartSeconds = 15;

/// Its own and those that it makes. Without them Node.js waits for ever.
constexpr int kDrawerThreads = 6;

void make_folder(const std::string& path) {
    std::error_code error;
    if (fs::is_directory(path, error)) return;
    if (fs::exists(path, error))
        fail("--svg", fmt::format("expected a folder, found {}, a file", abridged(path)));
    fs::create_directories(path, error);
    if (error)
        fail("--svg", fmt::format("expected a folder that can be made, found {}: {}", abridged(path),
                                  error.message()));
}

std::unique_ptr<ChildProcess> start_drawer() {
    const std::string script = (page_folder("--svg") / "draw.js").string();
    const std::string refusal = thread_refusal(kDrawerThreads);
    if (!refusal.empty())
        fail("--svg", fmt::format("expected threads for Node.js, found that only {}", refusal));
    try {
        auto drawer = std::make_unique<ChildProcess>("node", std::vector<std::string>{script});
        (void)drawer->exchange("{}", kMostStartSeconds);  // any answer tells that it runs
        return drawer;
    } catch (const ChildFailure& failure) {
        fail("--svg", fmt::format("expected Node.js to draw with (package nodejs), found that node {}",
                                  failure.what()));
    }
}

std::string draw(ChildProcess& drawer, const ChartRequest& chart) {
    std::string line;
    try {
        line = drawer.exchange(chart.request, kMostSeconds);
    } catch (const ChildFailure& failure) {
        throw std::runtime_error(fmt::format("drawing {}: node {}", chart.name, failure.what()));
    }
    const auto answer = Json::parse(line, nullptr, false);
    if (answer.is_object() && answer.contains("svg")) return answer["svg"].get<std::string>() + "\n";
    throw std::runtime_error(fmt::format("drawing {}: {}", chart.name, in_quotes(line)));
}

ChosenCell read_cell(const std::string& text, const std::string& flag) {
    const std::size_t slash = text.find('/');
    if (slash == std::string::npos)
        fail(flag, fmt::format("expected ALPHA/RES, such as 0.5/160, found {}", in_quotes(text)));
    return {.alpha = read_quantity(text.substr(0, slash), flag, {}),
            .resolution = parse_resolution(text.substr(slash + 1), flag)};
}

std::string cell_words(double alpha, const Resolution& resolution) {
    return fmt::format("{}/{}", shortest(alpha), resolution);
}

/// One for each cell; none where a config is missing.
std::vector<Analysis> analyses_of(const SweepRun& run, const std::vector<ModelConfig>& configs) {
    std::vector<Analysis> analyses;
    for (const SweepCell& cell : run.cells) {
        const auto config = std::find_if(configs.begin(), configs.end(),
                                         [&](const ModelConfig& one) { return one.name == cell.model; });
        if (config == configs.end()) return {};
        analyses.push_back(
            analyze(*config, cell.variant, run.settings.data_type, find_convention(run.settings.convention)));
    }
    return analyses;
}

}  // namespace

void add_picture_options(Command& command, PictureOptions& options) {
    command.text("--html", "FILE", options.html, "one file for a browser, with charts and every figure");
    command.text("--svg", "FOLDER", options.svg, "the charts as pictures");
    command.value("--cell", "ALPHA/RES", options.cell, read_cell, "shown first in them [the largest]");
}

void share_stdout(const Command& command, const PictureOptions& pictures, SweepOutputOptions& outputs) {
    if (pictures.cell && !pictures.any()) fail("--cell", "needs --html or --svg");
    const auto given = [&](const char* flag) { return command.parser().get_option(flag)->count() > 0; };
    const bool asked = given("--output") || given("--format");
    std::vector<std::string> there;  // the flags whose result goes to standard output
    const std::vector<std::string>& paths = outputs.output.paths;
    if (asked && (paths.empty() || std::find(paths.begin(), paths.end(), "-") != paths.end()))
        there.emplace_back(given("--output") ? "--output" : "--format");
    if (pictures.html == "-") there.emplace_back("--html");
    for (std::size_t i = 0; i < outputs.foreign.size(); ++i) {
        if (outputs.foreign[i] == "-") there.push_back(fmt::format("--out-{}", foreign_formats()[i].name));
    }
    if (there.size() > 1)
        fail(there[1],
             fmt::format("expected a file, found standard output, where the result of {} goes", there[0]));
    outputs.document = asked || (there.empty() && !pictures.any());
}

void require_cell(const std::vector<SweepCell>& cells, const PictureOptions& options) {
    if (!options.cell) return;
    const auto& [alpha, resolution] = *options.cell;
    std::vector<std::string> known;
    for (const SweepCell& cell : cells) {
        if (cell.variant.alpha == alpha && cell.variant.resolution == resolution) return;
        known.push_back(cell_words(cell.variant.alpha, cell.variant.resolution));
    }
    fail_unknown("--cell", "cell", cell_words(alpha, resolution), known);
}

PicturedRun pictured(PicturedRun shown, const std::vector<ModelConfig>& configs,
                     const PictureOptions& options) {
    const SweepRun& run = shown.run;
    require_cell(run.cells, options);
    shown.chosen = options.cell;
    shown.analyses = analyses_of(run, configs);
    shown.top1 = published_top1(run.cells, run.models, run.settings.data_type);
    shown.published = published_networks(find_convention(run.settings.convention), run.settings.data_type);
    return shown;
}

Pictures::Pictures(const PictureOptions& options) : html_(options.html), folder_(options.svg) {
    if (!options.any()) return;
    files_ = page_files(options.html.empty() ? "--svg" : "--html");
    if (!options.html.empty()) page_ = std::make_unique<AtomicFile>(options.html, "--html");
    if (folder_.empty()) return;
    drawer_ = start_drawer();
    make_folder(folder_);
}

void Pictures::write(const std::vector<PicturedRun>& runs) {
    if (page_) write_page(runs);
    if (drawer_) write_svgs(runs);
}

void Pictures::write_page(const std::vector<PicturedRun>& runs) {
    const std::string page = sweep_page(runs, *files_);
    page_->put(page);
    if (html_ != "-") say("page: {} (open it in a browser)", html_);
    if (page.size() > kMostPageBytes)
        say("note: the page has {:.1f} MB; fewer cells, engines or threads make it "
            "smaller",
            static_cast<double>(page.size()) / 1e6);
}

/// All are drawn before the first is written.
void Pictures::write_svgs(const std::vector<PicturedRun>& runs) {
    std::vector<std::pair<std::unique_ptr<AtomicFile>, std::string>> files;
    for (const ChartRequest& chart : chart_requests(runs, *files_)) {
        const std::string path = (fs::path(folder_) / (chart.name + ".svg")).string();
        files.emplace_back(std::make_unique<AtomicFile>(path, "--svg"), draw(*drawer_, chart));
    }
    for (auto& [file, svg] : files)
        file->put(svg);
    say("pictures: {} in {}", files.size(), folder_);
    drawer_->finish("", kMostSeconds);
}

}  // namespace mobilenet_cost::app
