#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "mobilenet_cost/engine/engine.h"
#include "mobilenet_cost/measure/layer_profile.h"

namespace mobilenet_cost {

/// Neighbouring layers whose times are added up.
struct LayerRange {
    std::size_t first = 0;
    std::size_t count = 1;
};

/// Runs passes with clock readings between the layers. Of each round it keeps every range's median over the
/// passes, and the sum over all passes. The session must live as long.
class LayerRecorder {
  public:
    LayerRecorder(Session& session, std::size_t layers, std::vector<LayerRange> ranges);

    void run(std::int64_t passes);
    void recording(bool counts);  ///< see MeasuredCell

    [[nodiscard]] std::int64_t passes() const { return passes_; }
    void set_times(std::size_t range, double confidence, LayerTime& time) const;

  private:
    struct Times {
        std::vector<double> round;    // seconds, of each pass
        std::vector<double> medians;  // of each round
        double sum = 0;
    };

    Session& session_;
    std::vector<std::int64_t> pass_;  // nanoseconds, one entry per layer
    std::vector<LayerRange> ranges_;
    std::vector<Times> times_;  // of each range
    std::int64_t passes_ = 0;
    bool counts_ = false;
};

/// The cell that the recorder's passes are.
[[nodiscard]] MeasuredCell recorded_cell(const std::shared_ptr<LayerRecorder>& recorder,
                                         std::optional<int> pin_cpu, std::function<void()> before_pass);

}  // namespace mobilenet_cost
