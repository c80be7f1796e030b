#include "report_pictures.h"

#include <filesystem>
#include <stdexcept>

#include <fmt/format.h>

#include "mobilenet_cost/base/error.h"
#include "mobilenet_cost/base/json_text.h"
#include "mobilenet_cost/base/printable.h"
#include "mobilenet_cost/report/page/page_files.h"

#include "say.h"

namespace mobilenet_cost::app {
namespace {

namespace fs = std::filesystem;

/// A page that opens at once, also on a phone.
constexpr std::size_t kMostPageBytes = 2000000;

/// Time-out for one picture, which takes a tenth of a second to draw.
constexpr double kMostSeconds = 60;

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
    try {
        return std::make_unique<ChildProcess>("node", std::vector<std::string>{script});
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

}  // namespace

void add_picture_options(Command& command, PictureOptions& options) {
    command.text("--html", "FILE", options.html, "one file for a browser, with charts and every figure");
    command.text("--svg", "FOLDER", options.svg, "the charts as pictures");
}

Pictures::Pictures(const PictureOptions& options) : folder_(options.svg) {
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
    drawer_->finish("", kMostSeconds);
}

}  // namespace mobilenet_cost::app
