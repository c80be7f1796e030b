#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "mobilenet_cost/gate/child_process.h"
#include "mobilenet_cost/model/model_config.h"
#include "mobilenet_cost/report/page/page.h"

#include "atomic_file.h"
#include "command.h"
#include "sweep_output.h"

namespace mobilenet_cost::app {

/// Paths of --html and --svg; empty: not asked for.
struct PictureOptions {
    std::string html;
    std::string svg;
    std::optional<ChosenCell> cell;

    [[nodiscard]] bool any() const { return !html.empty() || !svg.empty(); }
};

void add_picture_options(Command& command, PictureOptions& options);

/// Standard output holds one result: the tables, unless a file or a folder was asked for instead, or another
/// result goes there. Throws Error where two were asked for there.
void share_stdout(const Command& command, const PictureOptions& pictures, SweepOutputOptions& outputs);

/// Throws Error if the chosen cell is none of these.
void require_cell(const std::vector<SweepCell>& cells, const PictureOptions& options);

/// A run with what only pictures show. Without its configs it has no drawing of the network and no blocks.
[[nodiscard]] PicturedRun pictured(PicturedRun shown, const std::vector<ModelConfig>& configs,
                                   const PictureOptions& options);

/// The page and the pictures of runs. What they need is looked for, and the page's file is opened,
/// before the runs are read.
class Pictures {
  public:
    /// Throws Error for a path that cannot be written, or for a program that is not installed.
    explicit Pictures(const PictureOptions& options);

    /// Throws std::runtime_error if a file could not be written whole.
    void write(const std::vector<PicturedRun>& runs);

  private:
    void write_page(const std::vector<PicturedRun>& runs);
    void write_svgs(const std::vector<PicturedRun>& runs);

    std::string html_;
    std::optional<PageFiles> files_;
    std::unique_ptr<AtomicFile> page_;
    std::string folder_;                    ///< for the pictures; empty: none were asked for
    std::unique_ptr<ChildProcess> drawer_;  ///< node
};

}  // namespace mobilenet_cost::app
